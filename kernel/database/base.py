"""Django's PostgreSQL backend, whose statements carry the scope of the work at hand with them."""

import re
import select
from collections.abc import Callable
from itertools import count
from typing import Any

from django.db import ProgrammingError
from django.db.backends.postgresql import base, operations
from psycopg import ClientCursor
from psycopg.pq import TransactionStatus
from psycopg.sql import SQL, Composable

from kernel.tenancy import NOBODY, Scope, current_scope


class DatabaseOperations(operations.DatabaseOperations):
    """Django's, but a log of statements names those too that PostgreSQL keeps."""

    def last_executed_query(self, cursor: Any, sql: Any, params: Any) -> str:
        """The statement as it was sent; where only its name was, with the places of its values."""
        return super().last_executed_query(cursor, sql, params) or str(sql)


class DatabaseWrapper(base.DatabaseWrapper):
    """One connection, and the scope that PostgreSQL last heard of in the transaction at hand."""

    ops_class = DatabaseOperations

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Look at every statement on its way out."""
        super().__init__(*args, **kwargs)
        self._told: Scope | None = None
        self._kept: tuple[Any, dict[str, str]] = (None, {})
        self.execute_wrappers.append(self._tell)

    def is_usable(self) -> bool:
        """Whether the connection stands, at the cost of no statement: of one that the server ended, its end can be read."""
        if self.connection is None or self.connection.closed:
            return False
        waiting = select.poll()
        waiting.register(self.connection.fileno(), select.POLLIN)
        return not waiting.poll(0)

    def prepared_cursor(self) -> Any:
        """A cursor whose statements PostgreSQL plans once and keeps (kernel.questions); its values travel beside them."""
        self.close_if_health_check_failed()
        self.ensure_connection()
        with self.wrap_database_errors:
            cursor = base.ServerBindingCursor(self.connection)  # type: ignore[call-arg] # psycopg's, not psycopg2's
            return self._prepare_cursor(cursor)  # type: ignore[attr-defined] # Django's own

    def kept(self, statement: str) -> str:
        """The name by which PostgreSQL is asked a statement outside a transaction: planned once a connection, too.

        `EXECUTE` travels in one message with the scope, which a statement with its values beside it cannot.
        """
        self.close_if_health_check_failed()
        self.ensure_connection()
        if self._kept[0] is not self.connection:
            self._kept = (self.connection, {})
        names = self._kept[1]
        if statement not in names:
            name = f"kept_{len(names)}"
            places = count(1)
            with self.cursor() as cursor:
                cursor.execute(
                    f"PREPARE {name} AS "
                    + re.sub("%s", lambda _: f"${next(places)}", statement).replace("%%", "%")
                )
            names[statement] = name
        return names[statement]

    def _tell(
        self,
        execute: Callable[..., Any],
        statement: Any,
        params: Any,
        many: bool,  # noqa: FBT001 - Django's shape
        context: dict[str, Any],
    ) -> Any:
        """Send the scope ahead in the same message: once a transaction, again when it changed or was rolled back."""
        status = self.connection.pgconn.transaction_status
        scope, rest = current_scope(), (params, many, context)
        if status == TransactionStatus.INERROR or str(statement).startswith("ROLLBACK TO"):
            self._told = None  # a savepoint takes the settings back with everything else
            return execute(statement, *rest)
        told = NOBODY if status == TransactionStatus.IDLE else self._told
        if scope != told:
            cursor = context["cursor"].cursor
            if many or not isinstance(cursor, ClientCursor):  # one statement a message only
                if self.get_autocommit():
                    raise ProgrammingError("open a transaction: this statement cannot carry its scope")
                with self.connection.cursor() as teller:
                    teller.execute(scope.announcement)
                result = execute(statement, *rest)
            else:
                ahead = scope.announcement
                whole = SQL(ahead) + statement if isinstance(statement, Composable) else ahead + statement
                result = execute(whole, *rest)
                cursor.nextset()
        else:
            result = execute(statement, *rest)
        self._told = scope
        return result
