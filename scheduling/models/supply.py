"""The snapshot as rows that each say from which version on they hold, and the versions with their hashes."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Now


class SupplyRow(models.Model):
    """One row of one of the tables, as it stood from version `since` until before `until`.

    `part` is 0 to 4 for the tables of the files, 5 to 10 for those that only the service knows.

    `cells` are the canonical cells that are hashed, `told` what an answer tells beside them (selectors.told). What it was
    made of: `source` is the site's, span's, tariff's,
    centre's or offer's id, `resource` the ledger's resource behind it, `owner` the tenant; of a site or a span the
    `generation`, of a site only where all that hangs on it was looked at too.
    """

    public: ClassVar[bool] = True

    id = models.BigAutoField(primary_key=True)
    part = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=200)
    bucket = models.PositiveSmallIntegerField()
    digest = models.BinaryField(max_length=32)
    cells = models.JSONField()
    told = models.JSONField(default=dict, db_default=Value({}, models.JSONField()))
    source = models.UUIDField()
    resource = models.UUIDField(null=True)
    owner = models.UUIDField()
    generation = models.PositiveIntegerField(null=True)
    since = models.BigIntegerField()
    until = models.BigIntegerField(null=True)

    class Meta:
        db_table = "supply_row"
        constraints = [
            models.UniqueConstraint(
                fields=["part", "key"], condition=Q(until=None), name="supply_row_one_stands"
            ),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gt=F("since")), name="supply_row_ends_after_it_begins"
            ),
        ]
        indexes = [
            models.Index(fields=["since"], name="supply_row_by_since"),
            models.Index(fields=["until"], condition=Q(until__isnull=False), name="supply_row_by_until"),
            models.Index(fields=["part", "bucket"], condition=Q(until=None), name="supply_row_by_bucket"),
            models.Index(fields=["source"], condition=Q(until=None), name="supply_row_by_source"),
            models.Index(fields=["resource"], condition=Q(until=None), name="supply_row_by_resource"),
            models.Index(fields=["owner"], condition=Q(until=None), name="supply_row_by_owner"),
        ]


class SupplyVersion(models.Model):
    """A version of the snapshot: its content hash and those of its five tables, and the same of the extra tables.

    `tables` has the last one, of prices by term, only where the version has any.
    """

    public: ClassVar[bool] = True

    number = models.BigIntegerField(primary_key=True)
    snapshot = models.CharField(max_length=80)
    extras = models.CharField(max_length=80, default="")
    tables = ArrayField(models.CharField(max_length=64), size=11)
    built_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "supply_version"
        indexes = [models.Index(fields=["snapshot", "-number"], name="supply_version_by_snapshot")]


class SupplyBucket(models.Model):
    """The hash of one of the 4096 buckets of a table as it is now; one that is absent is empty."""

    public: ClassVar[bool] = True

    id = models.BigAutoField(primary_key=True)
    part = models.PositiveSmallIntegerField()
    bucket = models.PositiveSmallIntegerField()
    digest = models.BinaryField(max_length=32)

    class Meta:
        db_table = "supply_bucket"
        constraints = [models.UniqueConstraint(fields=["part", "bucket"], name="supply_bucket_once")]


class SupplyCursor(models.Model):
    """How far the builder has looked: the place in the order of events, and the instant. One row."""

    public: ClassVar[bool] = True

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    position = models.BigIntegerField()
    looked_at = models.DateTimeField()

    class Meta:
        db_table = "supply_cursor"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="supply_cursor_one_row")]
