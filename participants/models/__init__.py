"""Tables of who takes part."""

from participants.models.cases import Case, Question
from participants.models.certification import Decision, Qualification
from participants.models.clients import AccessToken, ClientSecret, OAuthClient
from participants.models.credentials import ApiKey
from participants.models.documents import Document
from participants.models.invitations import Invitation
from participants.models.mail import Mail
from participants.models.mandates import Mandate
from participants.models.organisations import Membership, Organisation
from participants.models.people import User
from participants.models.sessions import Session
from participants.models.signing_keys import SigningKey
from participants.models.webhooks import Webhook, WebhookAttempt, WebhookDelivery

__all__ = [
    "AccessToken",
    "ApiKey",
    "Case",
    "ClientSecret",
    "Decision",
    "Document",
    "Invitation",
    "Mail",
    "Mandate",
    "Membership",
    "OAuthClient",
    "Organisation",
    "Qualification",
    "Question",
    "Session",
    "SigningKey",
    "User",
    "Webhook",
    "WebhookAttempt",
    "WebhookDelivery",
]
