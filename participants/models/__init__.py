"""Tables of who takes part."""

from participants.models.credentials import ApiKey
from participants.models.organisations import Membership, Organisation
from participants.models.people import User

__all__ = ["ApiKey", "Membership", "Organisation", "User"]
