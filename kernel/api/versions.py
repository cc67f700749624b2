"""The version of an answer: an ETag for every reading, 304 for a reader who has it, and the version that a change needs."""

import hashlib
from typing import TypeVar

from django.http import HttpResponse
from django.utils.cache import patch_vary_headers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.models.base import Entity

R = TypeVar("R", bound=HttpResponse)


def etag(row: Entity) -> str:
    """The version of a row as a strong ETag."""
    return f'"{row.generation}"'


def fits(given: str, row: Entity) -> bool:
    """Whether an If-Match names the row's version; what a reading adds behind the dot is the answer's own."""
    return given.strip() == "*" or given.strip().strip('"').split(".")[0] == str(row.generation)


def with_version(request: Request, response: Response) -> Response | HttpResponse:
    """The answer to a reading with its ETag, or 304 for a reader who has this very answer.

    The tag is the row's generation and a digest of the answer: figures that move without the row (what is free,
    the price of the hour) and the language are part of what a reader has.
    """
    response.render()
    if "Cache-Control" not in response:
        response["Cache-Control"] = "private, no-cache"
        patch_vary_headers(response, ("Authorization",))
    digest = hashlib.sha256(response.content).hexdigest()[:16]
    generation = response.get("ETag", "").strip('"')
    response["ETag"] = f'"{generation}.{digest}"' if generation else f'"{digest}"'
    return unless_known(request.headers.get("If-None-Match", ""), response)


def unless_known(asked: str, response: R) -> R | HttpResponse:
    """The answer with its ETag, or 304 for a reader who has it, as If-None-Match says."""
    if not asked or not {tag.strip().removeprefix("W/") for tag in asked.split(",")} & {
        response["ETag"],
        "*",
    }:
        return response
    unchanged = HttpResponse(status=304)
    for name in ("ETag", "Vary", "Cache-Control", "Content-Language"):
        if name in response:
            unchanged[name] = response[name]
    del unchanged["Content-Type"]
    return unchanged
