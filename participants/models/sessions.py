"""Sessions: what a person's browser signs in with, kept where all facts are."""

from typing import ClassVar

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models.functions import Now

from kernel.ids import new_id
from participants.models.people import User


class Session(AbstractBaseSession):
    """One browser's session, with its last use; `user` is empty until somebody has signed in.

    No organisation's: it is found by its secret key, before anybody is known, and by its person.
    """

    public: ClassVar[bool] = True

    public_id = models.UUIDField(default=new_id, unique=True, editable=False)  # the key itself is never shown
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="sessions")
    agent = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    last_used_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "session"
