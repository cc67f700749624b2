"""How sure a commit has to be before it is answered."""

from django.db import DEFAULT_DB_ALIAS, connections


def commit_without_waiting() -> None:
    """Let the transaction at hand be answered before the disk has it: a crash may take the last half second of such.

    For records that anybody can make again, and that nothing scarce rests on.
    """
    connections[DEFAULT_DB_ALIAS].commit_in_haste()  # type: ignore[attr-defined] # kernel.database
