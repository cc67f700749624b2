"""Django's PostgreSQL backend, whose statements carry the scope of the work at hand with them."""

import json
import re
import select
from collections.abc import Callable
from itertools import count
from typing import Any, cast

import orjson
from django.db import ProgrammingError
from django.db.backends.postgresql import base, operations
from django.db.backends.utils import debug_transaction
from psycopg import ClientCursor
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.sql import SQL, Composable
from psycopg.types.datetime import TimestamptzLoader
from psycopg.types.json import Jsonb

from kernel.tenancy import NOBODY, Scope, current_scope


class DatabaseOperations(operations.DatabaseOperations):
    """Django's, but a log of statements names those too that PostgreSQL keeps."""

    def last_executed_query(self, cursor: Any, sql: Any, params: Any) -> str:
        """The statement as it was sent; where only its name was, with the places of its values."""
        return super().last_executed_query(cursor, sql, params) or str(sql)

    def adapt_json_value(self, value: Any, encoder: Any) -> Any:
        """Django's; a document that needs no encoder of its own is written by a faster writer."""
        return Jsonb(value, dumps=_document) if encoder is None else super().adapt_json_value(value, encoder)


def _document(value: Any) -> bytes:
    """JSON of a document; keys that are no text, and 65 bits and more, are left to Python's own writer. NaN, which JSON lacks, is null."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        return json.dumps(value).encode()


class DatabaseWrapper(base.DatabaseWrapper):
    """One connection, and the scope that PostgreSQL last heard of in the transaction at hand."""

    ops_class = DatabaseOperations

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Look at every statement on its way out."""
        super().__init__(*args, **kwargs)
        self._told: Scope | None = None
        self._in_haste = False
        self._askers: tuple[Any, dict[str, Any]] = (None, {})
        self._kept: tuple[Any, dict[str, str]] = (None, {})
        self.execute_wrappers.append(self._tell)

    def is_usable(self) -> bool:
        """Whether the connection stands, at the cost of no statement: of one that the server ended, its end can be read."""
        if self.connection is None or self.connection.closed:
            return False
        waiting = select.poll()
        waiting.register(self.connection.fileno(), select.POLLIN)
        return not waiting.poll(0)

    def prepared_cursor(self, statement: str) -> Any:
        """The cursor of a statement that PostgreSQL plans once and keeps (kernel.questions); its values travel beside it.

        There is one a statement and connection, since psycopg's finds out anew how values are written and rows are read when it
        is asked another one; what it found is fetched whole before it is asked again.
        """
        self.close_if_health_check_failed()
        self.ensure_connection()
        if self._askers[0] is not self.connection:
            self._askers = (self.connection, {})
        asker = self._askers[1].get(statement)
        if asker is None:
            asker = cast("Any", base.ServerBindingCursor)(
                self.connection
            )  # Django's stubs take it for psycopg2's
            self._askers[1][statement] = asker
            asker.adapters.register_loader("timestamptz", TimestamptzLoader)  # Django's is written in Python
        return self._prepare_cursor(asker)  # type: ignore[attr-defined] # Django's own

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

    def forget_kept(self) -> None:
        """Prepare anew what is asked next: after DDL psycopg lets PostgreSQL forget all that was prepared."""
        self._kept = (None, {})

    def _savepoint(self, sid: str) -> None:
        """Begin a part of the transaction; its scope goes with the first statement that needs one."""
        idle = self.connection.pgconn.transaction_status == TransactionStatus.IDLE
        if idle:
            self._told = NOBODY  # what was told in the transaction before ended with it
        self._mark(("BEGIN; " if idle else "") + self.ops.savepoint_create_sql(sid))

    def _savepoint_commit(self, sid: str) -> None:
        """Keep what was done since."""
        self._mark(self.ops.savepoint_commit_sql(sid))

    def _savepoint_rollback(self, sid: str) -> None:
        """Take back what was done since, and the settings with it."""
        self._told = None
        self._mark(self.ops.savepoint_rollback_sql(sid))

    def commit_in_haste(self) -> None:
        """Let the transaction at hand be answered before the disk has it."""
        self._in_haste = True

    def _commit(self) -> None:
        """Keep the transaction; by libpq, as all that sets marks."""
        self._end("SET LOCAL synchronous_commit TO off; COMMIT" if self._in_haste else "COMMIT")

    def _rollback(self) -> None:
        """Take the transaction back.

        By libpq: psycopg takes a rollback for DDL undone and lets PostgreSQL forget every plan, so that each refused request
        would have the next ones planned anew.
        """
        self._end("ROLLBACK")

    def _end(self, words: str) -> None:
        self._in_haste = False
        if (
            self.connection is not None
            and self.connection.pgconn.transaction_status != TransactionStatus.IDLE
        ):
            self._mark(words)

    def _mark(self, words: str) -> None:
        with debug_transaction(self, words):
            self._say(words)

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
        begins = status == TransactionStatus.IDLE
        if scope == (NOBODY if begins else self._told):
            result = execute(statement, *rest)
        elif begins and not self.get_autocommit():
            self._say("BEGIN; " + scope.announcement)
            result = execute(statement, *rest)
        elif not many and isinstance(cursor := context["cursor"].cursor, ClientCursor):
            ahead = scope.announcement
            whole = SQL(ahead) + statement if isinstance(statement, Composable) else ahead + statement
            result = execute(whole, *rest)
            cursor.nextset()
        elif begins:  # one statement a message only, and it is a transaction of its own
            raise ProgrammingError("open a transaction: this statement cannot carry its scope")
        else:
            self._say(scope.announcement)
            result = execute(statement, *rest)
        self._told = scope
        return result

    def _say(self, words: str) -> None:
        """Send words that ask for nothing in one message, by libpq alone."""
        with self.wrap_database_errors:
            said = self.connection.pgconn.exec_(words.encode())
            if said.status == ExecStatus.FATAL_ERROR:
                raise error_from_result(said)
