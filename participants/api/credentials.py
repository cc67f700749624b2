"""API keys over HTTP: list, issue, revoke."""

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.pagination import PageQuery
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from participants.models import ApiKey, Organisation
from participants.services import credentials as services

LONGEST_DAYS = 365
DEFAULT_DAYS = 90


class KeyIn(serializers.Serializer[Any]):
    """A further key for the caller."""

    name = serializers.CharField(max_length=80)
    scopes = serializers.ListField(
        child=serializers.CharField(max_length=80),
        min_length=1,
        max_length=200,
        help_text='operation ids, floors ("aggregation") or "*"',
    )
    valid_days = serializers.IntegerField(min_value=1, max_value=LONGEST_DAYS, default=DEFAULT_DAYS)


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
            actor=self.actor,
        )
        shown = {"id": row.id, "prefix": row.prefix, "expires_at": row.expires_at, "api_key": secret}
        return Response(NewKeyOut(shown).data, 201)


class RevokeKeyView(HouseView):
    """`/api/v1/keys/{id}:revoke`."""

    operations = {"POST": "participants.revoke_key"}
    queryset = ApiKey.objects.select_related("membership")

    @extend_schema(request=None, responses={200: KeyOut})
    def post(self, request: Request, **_: Any) -> Response:
        """End a key at once: one's own, or as an administrator a colleague's."""
        return self.show(services.revoke_key(key=self.subject, actor=self.actor), KeyOut)
