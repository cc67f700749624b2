"""Django's migrate, and then the policies that follow from the models."""

from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from kernel.row_security import put_in_force
from kernel.tenancy import as_nobody


class Command(migrate.Command):
    help = f"{migrate.Command.help} Then puts row-level security in force."

    def handle(self, *args: Any, **options: Any) -> None:
        with (
            as_nobody()
        ):  # the owner passes every policy, and some of its statements stand alone in a message
            super().handle(*args, **options)
        if not (options["plan"] or options["check_unapplied"]):
            put_in_force(connections[options["database"]])

    def check(self, *args: Any, **kwargs: Any) -> None:
        """Leave out what is asked of the database: it is about to be put right."""
        super().check(*args, **{**kwargs, "databases": None})
