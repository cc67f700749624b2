"""What peers ask of this node, every request signed: attach, deliver messages, compare what both sides hold."""

from typing import Any, cast

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.bodies import in_words
from kernel.api.integers import PlainIntegerField
from kernel.api.messages import plain
from kernel.api.views import HouseView
from kernel.crypto.suite import suite_of_key
from kernel.domain.systems import NodeRole
from kernel.errors import InvalidField
from kernel.text import Text
from nodes.api.authentication import SignedRequestAuthentication
from nodes.api.statements import SIGNED, SignedStatementOut
from nodes.domain.envelopes import read_message
from nodes.domain.manifests import MOST_RANGES
from nodes.domain.peers import PROTOCOLS
from nodes.domain.statements import from_wire, to_wire
from nodes.models import Peer
from nodes.services.incoming import expected_sequence, receive_message
from nodes.services.manifests import answer_fingerprints, answer_manifest
from nodes.services.peers import Brought, accept_attachment, accept_detachment, common_protocol
from nodes.services.recalls import answer_recall

NO_KEY = Text(
    "不是有效的公钥（JWK）：须为 kty OKP、crv Ed25519 和 x，或 kty EC、crv SM2、x 和 y，且不得含 d。",
    "Not a public key as JWK: it has kty OKP, crv Ed25519 and x, or kty EC, crv SM2, x and y, and no d.",
)


class AttachmentIn(serializers.Serializer[Any]):
    """Who asks to attach, under which key, and by which invitation."""

    token = serializers.CharField(max_length=100, help_text="the secret half of the token")
    code = serializers.RegexField(r"^[1-9][0-9]{5}$")
    name = serializers.CharField(max_length=100)
    role = serializers.ChoiceField(NodeRole.choices())
    url = serializers.URLField()
    key = serializers.DictField(child=serializers.CharField(), help_text="public key as JWK")
    protocols = serializers.ListField(
        child=serializers.CharField(max_length=20),
        max_length=20,
        default=[PROTOCOLS[-1]],
        help_text="versions of messages that it speaks",
    )
    contact = serializers.CharField(max_length=200, default="", allow_blank=True)

    def validate_key(self, value: dict[str, str]) -> dict[str, str]:
        """Only a public key of a suite."""
        try:
            suite_of_key(value)
        except ValueError as error:
            raise serializers.ValidationError(in_words(NO_KEY)) from error
        return value


class PeerDetachIn(serializers.Serializer[Any]):
    """Why the peer parts from us."""

    reason = serializers.CharField(max_length=500, allow_blank=True)


class DetachedOut(serializers.Serializer[Any]):
    """Where the peer now stands here."""

    node = serializers.CharField()
    state = serializers.CharField()


class ExpectedOut(serializers.Serializer[Any]):
    """The next number that this node waits for."""

    stream = serializers.CharField()
    expected = serializers.IntegerField()


class FingerprintsIn(serializers.Serializer[Any]):
    """Ranges of numbers of one stream, first and last included."""

    stream = serializers.CharField(max_length=64)
    ranges = serializers.ListField(
        child=serializers.ListField(child=PlainIntegerField(min_value=1), min_length=2, max_length=2),
        max_length=MOST_RANGES,
    )


class RecallIn(serializers.Serializer[Any]):
    """From which number on."""

    stream = serializers.CharField(max_length=64)
    first = PlainIntegerField(min_value=1)


class FingerprintOut(serializers.Serializer[Any]):
    """What is held of one range."""

    first = serializers.IntegerField()
    last = serializers.IntegerField()
    count = serializers.IntegerField()
    root = serializers.CharField(help_text="Merkle root in hex")  # type: ignore[assignment] # its name


class FingerprintsOut(serializers.Serializer[Any]):
    """One fingerprint for each range."""

    fingerprints = FingerprintOut(many=True)


class AttachmentsView(HouseView):
    """`/api/v1/federation/attachments`."""

    operations = {"POST": "nodes.request_attachment"}
    natural_key = True
    tolerant = True

    @extend_schema(request=AttachmentIn, responses={201: SignedStatementOut})
    def post(self, request: Request) -> Response:
        """Attach the node that we invited; the request is signed with the key that it brings."""
        signed = plain(request)
        data = self.read(AttachmentIn)
        statement = accept_attachment(
            request=signed,
            token=data["token"],
            brought=Brought(
                data["code"],
                data["name"],
                NodeRole(data["role"]),
                data["url"].rstrip("/"),
                data["contact"],
                common_protocol(data["protocols"]),
            ),
            key=data["key"],
        )
        return Response(to_wire(statement), 201)


class FederationView(HouseView):
    """The base of addresses that only attached peers use."""

    authentication_classes = [SignedRequestAuthentication]
    natural_key = True
    tolerant = True  # a peer of a later release may say more

    @property
    def peer(self) -> Peer:
        """The peer that signed the request."""
        return cast("Peer", self.request.user)  # as the one authenticator of these addresses gives it


class DetachmentsView(FederationView):
    """`/api/v1/federation/detachments`."""

    operations = {"POST": "nodes.request_detachment"}

    @extend_schema(request=PeerDetachIn, responses={200: DetachedOut})
    def post(self, request: Request) -> Response:
        """Hear that the peer exchanges nothing more with us."""
        row = accept_detachment(peer=self.peer, reason=self.read(PeerDetachIn)["reason"])
        return Response({"node": row.code, "state": row.state})


class MessagesView(FederationView):
    """`/api/v1/federation/streams/{stream}/messages`."""

    operations = {"POST": "nodes.deliver_message"}

    @extend_schema(
        parameters=[
            OpenApiParameter("aggregate", str, required=True),
            OpenApiParameter("supersedes", int),
            OpenApiParameter("Cin-Sequence", int, OpenApiParameter.HEADER, required=True),
        ],
        request=OpenApiTypes.OBJECT,
        responses={200: SignedStatementOut},
    )
    def post(self, request: Request, *, stream: str) -> Response:
        """Take one numbered message; the answer is the signed receipt, also for a repetition, a gap or a refusal."""
        signed = plain(request)
        if request.headers.get("Cin-Stream", stream) != stream:
            raise InvalidField(
                header="Cin-Stream",
                reason_zh="请求头 Cin-Stream 与地址中的流名不符。",
                reason_en="The header Cin-Stream names another stream than the address.",
            )
        message = read_message(
            stream=stream,
            sequence=request.headers.get("Cin-Sequence", ""),
            query=request.META.get("QUERY_STRING", ""),
            digest=request.headers.get("Content-Digest", ""),
            body=signed.body,
        )
        statement = receive_message(peer=self.peer, message=message, request=kept(request))
        return Response(to_wire(statement))


class ExpectedView(FederationView):
    """`/api/v1/federation/streams/{stream}`."""

    operations = {"GET": "nodes.read_expected"}

    @extend_schema(responses=ExpectedOut)
    def get(self, request: Request, *, stream: str) -> Response:
        """Say which number is expected next on a stream of the peer's."""
        expected = expected_sequence(peer=self.peer, stream=stream)
        return Response({"stream": stream, "expected": expected})


class ManifestAnswerView(FederationView):
    """`/api/v1/federation/manifests`."""

    operations = {"POST": "nodes.answer_manifest"}

    @extend_schema(request=SignedStatementOut, responses={200: SignedStatementOut})
    def post(self, request: Request) -> Response:
        """Take the peer's signed manifest, and answer with our own of the same numbers."""
        statement = from_wire(plain(request).body)
        return Response(to_wire(answer_manifest(peer=self.peer, statement=statement)))


class FingerprintsView(FederationView):
    """`/api/v1/federation/fingerprints`."""

    operations = {"POST": "nodes.answer_fingerprints"}

    @extend_schema(request=FingerprintsIn, responses={200: FingerprintsOut})
    def post(self, request: Request) -> Response:
        """Say what we hold of some ranges of a stream, so that a difference is found by halving."""
        data = self.read(FingerprintsIn)
        ranges = [(low, high) for low, high in data["ranges"]]
        found = answer_fingerprints(peer=self.peer, stream=data["stream"], ranges=ranges)
        shown = [
            {"first": each.first, "last": each.last, "count": each.count, "root": each.root.hex()}
            for each in found
        ]
        return Response({"fingerprints": shown})


class RecallsView(FederationView):
    """`/api/v1/federation/recalls`."""

    operations = {"POST": "nodes.answer_recall"}

    @extend_schema(request=RecallIn, responses={200: OpenApiTypes.OBJECT})
    def post(self, request: Request) -> Response:
        """Tell the peer what we hold of its own stream: bytes, its signed requests, our receipts."""
        return Response(answer_recall(peer=self.peer, **self.read(RecallIn)))


def kept(request: Request) -> dict[str, object]:
    """What the peer signed, in the words of an export: enough to verify it again without this node."""
    signed = plain(request)
    rest = signed.url.split("://", 1)[1]
    authority, _, target = rest.partition("/")
    path, _, query = target.partition("?")
    headers = {name.lower(): value for name, value in signed.headers.items()}
    return {
        "method": signed.method,
        "authority": authority,
        "path": f"/{path}",
        "query": f"?{query}",
        "headers": {name: headers[name] for name in SIGNED if name in headers},
    }
