"""OAuth 2 clients: an organisation's own machines, the secrets they show, and the short tokens they are given for it."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from oauth2_provider.models import AbstractApplication

from kernel.actor import Role
from kernel.models.base import Entity
from participants.models.credentials import Secret
from participants.models.organisations import Membership, Organisation


class OAuthClient(Entity, AbstractApplication):  # type: ignore[misc] # the toolkit has no types
    """A machine of an organisation, with roles and scopes of its own.

    It is django-oauth-toolkit's application without what other grants need: confidential, client credentials only.
    """

    tenant_field: ClassVar[str] = "organisation_id"

    client_type = AbstractApplication.CLIENT_CONFIDENTIAL
    authorization_grant_type = AbstractApplication.GRANT_CLIENT_CREDENTIALS
    user = redirect_uris = post_logout_redirect_uris = allowed_origins = skip_authorization = None
    client_secret = hash_client_secret = algorithm = registration_source = cimd_expires_at = None
    created = updated = None

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="clients")
    roles = ArrayField(models.CharField(max_length=24, choices=Role.choices()))
    scopes = ArrayField(models.CharField(max_length=80))
    allowed_networks = ArrayField(models.CharField(max_length=43), default=list)
    ended_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    last_used_from = models.GenericIPAddressField(null=True)  # a machine's address is nobody's personal data

    class Meta:
        db_table = "oauth_client"


class ClientSecret(Secret):
    """A secret of a client, and the member to whom it was shown: it ends with that membership."""

    tenant_field: ClassVar[str] = "membership__organisation_id"

    client = models.ForeignKey(OAuthClient, models.PROTECT, related_name="secrets")
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="client_secrets")

    class Meta:
        db_table = "client_secret"


class AccessToken(Entity):
    """A token that a client got for a secret, and that ends with it at the latest. Only its SHA-256 is kept."""

    tenant_field: ClassVar[str] = "secret__client__organisation_id"

    secret = models.ForeignKey(ClientSecret, models.PROTECT, related_name="tokens")
    digest = models.BinaryField(max_length=32, unique=True)
    scopes = ArrayField(models.CharField(max_length=80))
    expires_at = models.DateTimeField(db_index=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "access_token"
