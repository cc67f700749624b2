"""Public resolution: from a code to what it stands for, for anybody, for ever, in the node's signed words."""

import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from identifiers.domain.answers import AWAY_SECONDS, DENIAL_SECONDS, AnswerType, Facts, half_left
from identifiers.domain.codecs import LONGEST_TEXT
from identifiers.domain.codes import Code, require_prefix
from identifiers.domain.evidence import IdentityResult, Liveness, Sign, Unobserved
from identifiers.domain.lifecycle import IdentifierKind, IdentifierState
from identifiers.errors import MalformedCode, PrefixElsewhere, PrefixUnknown, UnknownCode
from identifiers.services.hierarchy import fetch_answer, holder_of, tell_holder
from identifiers.services.resolution import Sent, deny_or_direct, resolve_kept
from kernel.api.problems import PROBLEM_JSON, ProblemDocument, document
from kernel.api.statements import SignedStatementOut
from kernel.api.versions import unless_known
from kernel.api.views import HouseView
from kernel.clock import now
from kernel.errors import Problem
from kernel.federation import Holder
from kernel.systems import System


class LivenessOut(serializers.Serializer[Any]):
    """Whether the resource was heard of in time, and how."""

    state = serializers.ChoiceField(Liveness.choices())
    sign = serializers.ChoiceField(Sign.choices(), allow_null=True, help_text="what it was heard of by")
    seen_at = serializers.DateTimeField(allow_null=True, help_text="when that was seen")
    until = serializers.DateTimeField(allow_null=True, help_text="until when that sign counts")
    reason = serializers.ChoiceField(
        Unobserved.choices(), allow_null=True, help_text="why nothing can be said, where it is unobserved"
    )


class IdentityOut(serializers.Serializer[Any]):
    """What came of the last challenge to the resource's agent."""

    result = serializers.ChoiceField(IdentityResult.choices())
    at = serializers.DateTimeField(allow_null=True)
    keyid = serializers.CharField(allow_null=True, help_text="RFC 7638 thumbprint of the agent's key")


class ResolvedOut(serializers.Serializer[Any]):
    """What a code stands for."""

    code = serializers.CharField()
    kind = serializers.ChoiceField(IdentifierKind.choices())
    state = serializers.ChoiceField(
        IdentifierState.choices(), help_text="filing, active, suspended or retired (a tombstone)"
    )
    descriptor_version = serializers.IntegerField()
    attributes = serializers.DictField()
    described_at = serializers.DateTimeField(help_text="of the newest version of the descriptor")
    attributes_until = serializers.DateTimeField(help_text="when the attributes count as stale")
    attributes_fresh = serializers.BooleanField()
    filing = serializers.CharField()
    filed_at = serializers.DateTimeField(allow_null=True)
    liveness = LivenessOut()
    identity = IdentityOut()
    successors = serializers.ListField(
        child=serializers.CharField(),
        help_text="codes that go on in the place of a tombstone, after a merger or a split; a transferred code goes on itself",
    )


class ResolutionOut(ResolvedOut):
    """What a code resolves to; `statement` signs every other member: its payload is a JSON object of just these."""

    type = serializers.ChoiceField(AnswerType.choices())
    node = serializers.CharField(help_text="GB/T 2260 code of the node that answers")
    issued_at = serializers.DateTimeField(help_text="when the facts were read")
    valid_until = serializers.DateTimeField(help_text="not to be relied upon from then on")
    statement = SignedStatementOut()


class FetchedOut(ResolutionOut):
    """A resolution; `delegation` is there where it was fetched from another node: who holds the prefix, signed from above."""

    delegation = SignedStatementOut(required=False)


class DenialOut(ProblemDocument):
    """A problem; `statement` is the signed denial of the node that answers for the prefix: type, code, node and times."""

    statement = SignedStatementOut(required=False)
    delegation = SignedStatementOut(required=False)


class DelegationOut(serializers.Serializer[Any]):
    """Who answers for a prefix and with which keys it signs; `statement` signs every other member."""

    type = serializers.ChoiceField(AnswerType.choices())
    prefix = serializers.CharField()
    holder = serializers.CharField(help_text="GB/T 2260 code of the node that answers for it")
    name = serializers.CharField()
    url = serializers.CharField()
    keys = serializers.ListField(child=serializers.DictField(child=serializers.CharField()), help_text="JWK")
    node = serializers.CharField(help_text="whose word this is")
    issued_at = serializers.DateTimeField()
    valid_until = serializers.DateTimeField()
    statement = SignedStatementOut()


class WayQuery(serializers.Serializer[Any]):
    """What to do with what another node answers for."""

    final = serializers.BooleanField(
        default=False, help_text="never redirect: 404 prefix_elsewhere for what another node answers for"
    )


class ResolutionQuery(WayQuery):
    """The same for a code."""

    fetched = serializers.BooleanField(
        default=False, help_text="ask that node and pass its signed answer on, instead of redirecting (307)"
    )


class CodeQuery(ResolutionQuery):
    """What was scanned or typed."""

    code = serializers.CharField(max_length=LONGEST_TEXT)


class PublicView(HouseView):
    """The base: one statement reads all there is to read, so it needs no transaction."""

    system = System.IDENTIFIERS
    atomic = False


AWAY = OpenApiResponse(None, "由其他节点负责，见 Location / Another node answers for it: see Location")
ANSWERS = {
    200: FetchedOut,
    307: AWAY,
    (404, PROBLEM_JSON): OpenApiResponse(
        DenialOut, "从未签发；附签名的否定应答 / Never issued; a signed denial"
    ),
}


class ResolveView(PublicView):
    """`/api/v1/identifiers/{prefix}/{suffix}`."""

    operations = {"GET": "identifiers.resolve_identifier"}

    @extend_schema(parameters=[ResolutionQuery], responses=ANSWERS)
    def get(self, request: Request, *, prefix: str, suffix: str) -> HttpResponse:
        """Resolve a code in any spelling that people and scanners use."""
        asked = self.query(ResolutionQuery) if request.META.get("QUERY_STRING") else {}
        return answer(_known(request), Code.parse(f"{prefix}/{suffix}"), asked)


class ResolveTextView(PublicView):
    """`/api/v1/resolve?code=…`: for scanned text."""

    operations = {"GET": "identifiers.resolve_text"}

    @extend_schema(parameters=[CodeQuery], responses=ANSWERS)
    def get(self, request: Request) -> HttpResponse:
        """Resolve a code given as a parameter."""
        asked = self.query(CodeQuery)
        try:
            code = Code.parse(asked["code"])
        except MalformedCode as wrong:
            wrong.pointer = "/code"
            raise
        return answer(_known(request), code, asked)


class PrefixView(PublicView):
    """`/api/v1/identifier-prefixes/{prefix}`."""

    operations = {"GET": "identifiers.read_prefix"}

    @extend_schema(
        parameters=[WayQuery],
        responses={
            200: DelegationOut,
            307: AWAY,
            (404, PROBLEM_JSON): OpenApiResponse(DenialOut, "无人持有 / Nobody holds it"),
        },
    )
    def get(self, request: Request, *, prefix: str) -> HttpResponse:
        """Read which node answers for a prefix, and with which keys it signs: the first link of a chain of trust."""
        final = self.query(WayQuery)["final"]
        require_prefix(prefix)
        holder = holder_of(prefix)
        if holder is not None and not holder.certain and not final:
            return away(holder, f"identifier-prefixes/{prefix}")
        told = tell_holder(prefix)
        if told["type"] == AnswerType.DENIAL:
            return denied(PrefixUnknown(prefix=prefix), told)
        return Response(told, headers=_kept(half_left(told, now())))


def answer(known: str, code: Code, asked: Mapping[str, Any]) -> HttpResponse:
    """The resolution of a code, its denial, or the way to the node that answers; anybody may keep it for a while.

    `known` is the If-None-Match of a reader who has one, `asked` what is to be done with other nodes' codes.
    """
    try:
        sent = resolve_kept(code)
    except UnknownCode as unknown:
        return unknown_here(code, unknown, asked)
    return unless_known(known, HttpResponse(sent.body, headers=headers_of(sent)))


def headers_of(sent: Sent) -> dict[str, str]:
    """What is said of an answer beside it."""
    return {"Content-Type": "application/json", "ETag": f'"{sent.tag}"', **_kept(sent.seconds)}


def unknown_here(code: Code, unknown: UnknownCode, asked: Mapping[str, Any]) -> HttpResponse:
    """What there is to say of a code that was never issued here."""
    found = deny_or_direct(code)
    if not isinstance(found, Holder):
        return denied(unknown, found)
    if asked.get("final"):
        raise PrefixElsewhere(prefix=code.prefix)
    if not asked.get("fetched"):
        return away(found, f"identifiers/{code}")
    facts, seconds = fetch_answer(code)
    if facts["type"] == AnswerType.DENIAL:
        return denied(unknown, facts)
    return Response(facts, headers=_kept(seconds))


def denied(problem: Problem, facts: Facts) -> HttpResponse:
    """The problem with the signed denial beside it."""
    proof: Facts = {name: facts[name] for name in ("statement", "delegation") if name in facts}
    body = json.dumps({**document(problem), **proof}, separators=(",", ":"), ensure_ascii=False)
    return HttpResponse(body, status=problem.status, content_type=PROBLEM_JSON, headers=_kept(DENIAL_SECONDS))


def away(holder: Holder, path: str) -> HttpResponse:
    """To the node that answers, which is then to answer itself; or to the one above, which sends further."""
    last = "?final=true" if holder.certain else ""
    headers = {"Location": f"{holder.url}/api/v1/{path}{last}", **_kept(AWAY_SECONDS)}
    return HttpResponse(status=307, headers=headers)


def _known(request: Request) -> str:
    return str(request.headers.get("If-None-Match", ""))


def _kept(seconds: int) -> dict[str, str]:
    return {"Cache-Control": f"public, max-age={seconds}"}
