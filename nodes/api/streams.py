"""The streams to peers over HTTP: how they stand, what was refused, and the ways on."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.bodies import without_body
from kernel.api.pagination import PageQuery
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from nodes.domain.envelopes import Outcome
from nodes.models import Envelope, OutboundStream
from nodes.services import streams as services
from nodes.services.recalls import ask_held, take_back
from nodes.services.sending import ask_expected


class StreamOut(serializers.ModelSerializer[OutboundStream]):
    """A stream: `last` numbers given, all up to `acked` receipted; `waiting` names what a refusal holds up."""

    peer = serializers.CharField(source="peer.code")

    class Meta:
        model = OutboundStream
        fields = (
            "id",
            "peer",
            "name",
            "last",
            "acked",
            "failures",
            "retry_at",
            "halt",
            "waiting",
            "created_at",
        )


class MessageOut(serializers.ModelSerializer[Envelope]):
    """One number of a stream, and what became of it; `outcome` is empty until the receipt is there."""

    peer = serializers.CharField(source="stream.peer.code")
    stream = serializers.CharField(source="stream.name")
    aggregate = serializers.CharField(source="message.aggregate")

    class Meta:
        model = Envelope
        fields = (
            "id",
            "peer",
            "stream",
            "sequence",
            "aggregate",
            "supersedes",
            "digest",
            "outcome",
            "code",
            "created_at",
        )


class MessageQuery(PageQuery):
    """Filters of the list."""

    stream = serializers.CharField(source="stream__name", required=False)
    outcome = serializers.ChoiceField(Outcome.choices(), required=False)


class ResumeIn(serializers.Serializer[Any]):
    """How to go on."""

    restored = serializers.BooleanField(
        default=False,
        help_text="this node was restored from a backup: take back what the peer holds, and count on after it",
    )


class StreamsView(HouseView):
    """`/api/v1/streams`."""

    operations = {"GET": "nodes.list_streams"}

    @extend_schema(responses=page_of(StreamOut))
    def get(self, request: Request) -> Response:
        """List the streams to other nodes, and how far each is receipted."""
        return self.page(OutboundStream.objects.visible_to(self.actor).select_related("peer"), StreamOut)


class ResumeView(HouseView):
    """`/api/v1/streams/{id}:resume`."""

    operations = {"POST": "nodes.resume_stream"}
    queryset = OutboundStream.objects.select_related("peer")
    visible_by = "nodes.list_streams"

    @extend_schema(request=ResumeIn, responses={200: StreamOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Let a halted stream go on, after a person has looked why it stopped.

        After a restored backup, halted or not: the peer's signed receipts and our own signatures prove what was sent since.
        """
        if not self.read(ResumeIn)["restored"]:
            return self.show(services.resume_stream(stream=self.subject, actor=self.actor), StreamOut)
        expected = ask_expected(self.subject)
        told = ask_held(self.subject, expected=expected)
        row = services.restore_stream(
            stream=self.subject,
            expected=expected,
            first=told[0][1].digest if told else "",
            take_back=lambda stream: take_back(stream, told),
            actor=self.actor,
        )
        return self.show(row, StreamOut)


class SentMessagesView(HouseView):
    """`/api/v1/messages`."""

    operations = {"GET": "nodes.list_messages"}

    @extend_schema(parameters=[MessageQuery], responses=page_of(MessageOut))
    def get(self, request: Request) -> Response:
        """List the numbered messages to other nodes; `outcome=refused` are those in quarantine."""
        rows = Envelope.objects.visible_to(self.actor).select_related("stream__peer", "message")
        return self.page(rows, MessageOut, MessageQuery)


class ResendView(HouseView):
    """`/api/v1/messages/{id}:resend`."""

    operations = {"POST": "nodes.resend_message"}
    queryset = Envelope.objects.select_related("stream__peer", "message")
    visible_by = "nodes.list_messages"

    @without_body(responses={200: MessageOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Send a refused message again as a correction of itself, once its cause is removed."""
        return self.show(services.resend_message(envelope=self.subject, actor=self.actor), MessageOut)
