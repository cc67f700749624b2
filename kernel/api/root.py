"""The front door: links to what is here, who the caller is, the page of error codes, and what every code is called."""

from functools import cache
from typing import Any

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.actor import Role
from kernel.api.views import HouseView
from kernel.errors import CODES
from kernel.permissions import reaches_of
from kernel.systems import System, runs_here
from kernel.text import Vocabulary


class RootOut(serializers.Serializer[Any]):
    """What this node is, and where things are."""

    node = serializers.CharField()
    role = serializers.CharField()
    version = serializers.CharField()
    systems = serializers.ListField(child=serializers.CharField())
    links = serializers.DictField(child=serializers.CharField())


@cache
def readable() -> list[str]:
    """The names of the addresses of the API that can be read without naming an object."""
    found: list[str] = []
    waiting: list[tuple[str, URLPattern | URLResolver]] = [("", each) for each in get_resolver().url_patterns]
    while waiting:
        prefix, each = waiting.pop()
        path = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            waiting += [(path, inner) for inner in each.url_patterns]
        elif each.name and path.startswith("api/v1") and "<" not in path:
            found += [each.name] if hasattr(getattr(each.callback, "view_class", None), "get") else []
    return sorted(found)


class RootView(HouseView):
    """`/api/v1`: the entry from which every list can be found."""

    operations = {"GET": "kernel.read_root"}

    @extend_schema(responses=RootOut)
    def get(self, request: Request) -> Response:
        """Say what this node is and link to its lists and documents."""
        links = {name: request.build_absolute_uri(reverse(name)) for name in readable()}
        return Response(
            {
                "node": settings.NODE_CODE,
                "role": settings.NODE_ROLE,
                "version": settings.VERSION,
                "systems": [system.value for system in System if runs_here(system)],
                "links": links,
            }
        )


class RoleOut(serializers.Serializer[Any]):
    """A role and its label."""

    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment] # a field, not the field's own label


class MeOut(serializers.Serializer[Any]):
    """Who the caller is, and what it may do."""

    user = serializers.UUIDField(allow_null=True)
    organisation = serializers.UUIDField(allow_null=True)
    node = serializers.CharField(allow_null=True)
    credential = serializers.UUIDField(allow_null=True, help_text="the key or client that signed in")
    signed = serializers.BooleanField(help_text="whether this request was signed (RFC 9421)")
    roles = RoleOut(many=True)
    scopes = serializers.ListField(child=serializers.CharField())
    operations = serializers.DictField(
        child=serializers.CharField(), help_text="Operation id → reach: own, party, masked or all"
    )


class MeView(HouseView):
    """`/api/v1/me`: the caller as the node sees it."""

    operations = {"GET": "kernel.read_me"}

    @extend_schema(responses=MeOut)
    def get(self, request: Request) -> Response:
        """Tell the caller its organisation, roles, scopes and the operations it may use."""
        actor, language = self.actor, get_language()
        return Response(
            {
                "user": actor.user_id,
                "organisation": actor.tenant_id,
                "node": actor.node,
                "credential": actor.credential,
                "signed": actor.signed,
                "roles": [
                    {"code": role, "label": Role(role).label.within(language)} for role in sorted(actor.roles)
                ],
                "scopes": sorted(actor.scopes),
                "operations": {name: reach.value for name, reach in reaches_of(actor).items() if reach.width},
            }
        )


class ProblemOut(serializers.Serializer[Any]):
    """One error code, for ever the same."""

    code = serializers.CharField()
    status = serializers.IntegerField()
    title = serializers.CharField()
    detail = serializers.CharField()


class ProblemsView(HouseView):
    """`/api/v1/problems`: every error code of the node on one page."""

    operations = {"GET": "kernel.list_problems"}

    @extend_schema(responses=ProblemOut(many=True))
    def get(self, request: Request) -> Response:
        """List every error code with its status and texts."""
        language = get_language()
        return Response(
            [
                {
                    "code": code,
                    "status": kind.status,
                    "title": kind.title.within(language),
                    "detail": kind.detail.within(language),
                }
                for code, kind in sorted(CODES.items())
            ]
        )


class WordOut(serializers.Serializer[Any]):
    """One code of a vocabulary and its labels; `label` is in the caller's language."""

    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment] # a field, not the field's own label
    zh = serializers.CharField()
    en = serializers.CharField()


class VocabularyOut(serializers.Serializer[Any]):
    """A closed list of codes."""

    floor = serializers.CharField()
    name = serializers.CharField()
    words = WordOut(many=True)


class VocabulariesView(HouseView):
    """`/api/v1/vocabularies`: what every code of every answer is called."""

    operations = {"GET": "kernel.list_vocabularies"}

    @extend_schema(responses=VocabularyOut(many=True))
    def get(self, request: Request) -> Response:
        """List every vocabulary of the node with its codes and their labels in Chinese and English."""
        language = get_language()
        return Response(
            [
                {
                    "floor": kind.__module__.split(".", 1)[0],
                    "name": kind.__name__,
                    "words": [
                        {
                            "code": word.value,
                            "label": word.label.within(language),
                            "zh": word.label.zh,
                            "en": word.label.en,
                        }
                        for word in kind
                    ],
                }
                for kind in sorted(
                    Vocabulary.__subclasses__(), key=lambda kind: (kind.__module__, kind.__name__)
                )
                if kind.__module__.split(".", 1)[0] in settings.FLOORS
            ]
        )
