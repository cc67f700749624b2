"""How sure a commit has to be before it is answered."""

from django.db import connection


def commit_without_waiting() -> None:
    """Let the transaction at hand be answered before the disk has it: a crash may take the last half second of such.

    For records that anybody can make again, and that nothing scarce rests on.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO off")
