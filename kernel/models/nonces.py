"""Nonces of signed requests, remembered while their signatures live."""

from typing import ClassVar

from django.db import models


class Nonce(models.Model):
    """A nonce that was seen: no second request may bring it (INVARIANTS G5)."""

    public: ClassVar[bool] = True

    id = models.BigAutoField(primary_key=True)
    key_id = models.CharField(max_length=64)
    nonce = models.CharField(max_length=64)
    remember_until = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "seen_nonce"
        constraints = [models.UniqueConstraint(fields=["key_id", "nonce"], name="seen_nonce_once_a_key")]
