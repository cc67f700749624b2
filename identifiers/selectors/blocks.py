"""Which block this very database may draw from."""

from django.db import connection

from identifiers.domain.blocks import BlockState
from identifiers.models import NumberBlock, Prefix

# The cluster, its timeline, the database and the table: a restored, promoted or copied database differs in one of them.
INCARNATION = """
    SELECT concat_ws('-', s.system_identifier, c.timeline_id, d.oid, 'number_block'::regclass::oid)
    FROM pg_control_system() s, pg_control_checkpoint() c, pg_database d WHERE d.datname = current_database()
"""


def incarnation() -> str:
    """What this database is, as no restored backup, promoted standby or second issuer of the same prefix is."""
    with connection.cursor() as cursor:
        cursor.execute(INCARNATION)
        return str(cursor.fetchone()[0])


def block_in_use(prefix: Prefix) -> int | None:
    """The block that this database may draw from now; None while it has none of its own."""
    blocks = NumberBlock.objects.filter(prefix=prefix, state=BlockState.OPEN, incarnation=incarnation())
    return blocks.values_list("number", flat=True).first()
