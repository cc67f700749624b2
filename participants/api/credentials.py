"""API keys over HTTP: list, issue, read, restrict, rotate, revoke."""

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.bodies import without_body
from kernel.api.integers import PlainIntegerField
from kernel.api.pagination import PageQuery
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from participants.domain.networks import MOST_NETWORKS
from participants.models import ApiKey, Organisation
from participants.services import credentials as services

LONGEST_DAYS = 365
DEFAULT_DAYS = 90
DEFAULT_OVERLAP_HOURS = 24
LONGEST_OVERLAP_HOURS = 30 * 24


class ScopesField(serializers.ListField):
    """What a credential may do."""

    def __init__(self, **options: Any) -> None:
        """A list of scopes, one at least."""
        super().__init__(
            child=serializers.CharField(max_length=80),
            min_length=1,
            max_length=200,
            help_text='operation ids, floors ("aggregation") or "*"',
            **options,
        )


class NetworksField(serializers.ListField):
    """Networks from which a credential may be used."""

    def __init__(self, **options: Any) -> None:
        """A short list of CIDR texts."""
        super().__init__(
            child=serializers.CharField(max_length=50),
            max_length=MOST_NETWORKS,
            help_text="IPv4 and IPv6 networks (CIDR) from which it may be used; empty: from anywhere",
            **options,
        )


class KeyIn(serializers.Serializer[Any]):
    """A further key for the caller."""

    name = serializers.CharField(max_length=80)
    scopes = ScopesField()
    valid_days = PlainIntegerField(min_value=1, max_value=LONGEST_DAYS, default=DEFAULT_DAYS)
    allowed_networks = NetworksField(default=list)


class RestrictionIn(serializers.Serializer[Any]):
    """From where a credential may be used from now on."""

    allowed_networks = NetworksField()


class RotationIn(serializers.Serializer[Any]):
    """How long the old one goes on beside its successor, and how long the successor lives."""

    overlap_hours = PlainIntegerField(
        min_value=0,
        max_value=LONGEST_OVERLAP_HOURS,
        default=DEFAULT_OVERLAP_HOURS,
        help_text="0 ends the old one at once",
    )
    valid_days = PlainIntegerField(min_value=1, max_value=LONGEST_DAYS, default=DEFAULT_DAYS)


class KeyOut(serializers.ModelSerializer[ApiKey]):
    """A key as it can be read again: never the key itself."""

    class Meta:
        model = ApiKey
        fields = (
            "id",
            "membership",
            "name",
            "prefix",
            "scopes",
            "allowed_networks",
            "replaces",
            "created_at",
            "expires_at",
            "revoked_at",
            "last_used_at",
        )


class NewKeyOut(serializers.Serializer[Any]):
    """A key as it is shown once."""

    id = serializers.UUIDField()
    prefix = serializers.CharField()
    expires_at = serializers.DateTimeField()
    api_key = serializers.CharField(help_text="shown once; send it as Authorization: Api-Key …")


class RotatedKeyOut(NewKeyOut):
    """The successor as it is shown once, and when the key it replaces ends."""

    replaces = serializers.UUIDField()
    overlap_ends = serializers.DateTimeField()


class KeysView(HouseView):
    """`/api/v1/organisations/{id}/keys`."""

    operations = {"GET": "participants.list_keys", "POST": "participants.issue_key"}
    queryset = Organisation.objects.all()
    visible_by = "participants.read_organisation"
    secrets = ("api_key",)

    @extend_schema(parameters=[PageQuery], responses=page_of(KeyOut))
    def get(self, request: Request, **_: Any) -> Response:
        """List the keys of the caller's organisation."""
        return self.page(ApiKey.objects.filter(membership__organisation=self.subject), KeyOut)

    @extend_schema(request=KeyIn, responses={201: NewKeyOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Make a further key for oneself, within one's roles; it is shown once."""
        data = self.read(KeyIn)
        row, secret = services.issue_own_key(
            name=data["name"],
            scopes=data["scopes"],
            valid_for=timedelta(days=data["valid_days"]),
            allowed_networks=data["allowed_networks"],
            actor=self.actor,
        )
        shown = {"id": row.id, "prefix": row.prefix, "expires_at": row.expires_at, "api_key": secret}
        return Response(NewKeyOut(shown).data, 201)


class KeyView(HouseView):
    """`/api/v1/keys/{id}`."""

    operations = {"GET": "participants.read_key", "PATCH": "participants.restrict_key"}
    queryset = ApiKey.objects.select_related("membership")
    visible_by = "participants.read_key"
    if_match = frozenset({"PATCH"})

    @extend_schema(responses=KeyOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read one key of the caller's organisation: its scopes, networks, times, and which key it replaces."""
        return self.show(self.subject, KeyOut)

    @extend_schema(request=RestrictionIn, responses=KeyOut)
    def patch(self, request: Request, **_: Any) -> Response:
        """Say from which networks the key may be used: one's own, or as an administrator a colleague's."""
        networks = self.read(RestrictionIn)["allowed_networks"]
        row = services.restrict_key(key=self.subject, allowed_networks=networks, actor=self.actor)
        return self.show(row, KeyOut)


class RotateKeyView(HouseView):
    """`/api/v1/keys/{id}:rotate`."""

    operations = {"POST": "participants.rotate_key"}
    queryset = ApiKey.objects.select_related("membership")
    visible_by = "participants.read_key"
    secrets = ("api_key",)

    @extend_schema(request=RotationIn, responses={201: RotatedKeyOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Replace a key of one's own by a new one of the same scopes, shown once; the old one ends after the overlap."""
        data = self.read(RotationIn)
        new, old, secret = services.rotate_key(
            key=self.subject,
            overlap=timedelta(hours=data["overlap_hours"]),
            valid_for=timedelta(days=data["valid_days"]),
            actor=self.actor,
        )
        shown = {
            "id": new.id,
            "prefix": new.prefix,
            "expires_at": new.expires_at,
            "api_key": secret,
            "replaces": old.id,
            "overlap_ends": old.expires_at,
        }
        return Response(RotatedKeyOut(shown).data, 201)


class RevokeKeyView(HouseView):
    """`/api/v1/keys/{id}:revoke`."""

    operations = {"POST": "participants.revoke_key"}
    queryset = ApiKey.objects.select_related("membership")
    visible_by = "participants.read_key"

    @without_body(responses={200: KeyOut})
    def post(self, request: Request, **_: Any) -> Response:
        """End a key at once: one's own, or as an administrator a colleague's."""
        return self.show(services.revoke_key(key=self.subject, actor=self.actor), KeyOut)
