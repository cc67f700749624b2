"""Questions that are asked with most requests: put together once, planned once a connection, asked with other values.

Django builds a query set and writes its SQL anew each time, and PostgreSQL plans it anew; for what is the same with
every request both take longer than the answer.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, wraps
from inspect import signature
from typing import Any, ParamSpec, TypeVar

from django.db import DEFAULT_DB_ALIAS, ProgrammingError, connection, connections
from django.db.models import Expression, Field, Lookup, Model, QuerySet
from django.db.models.expressions import DatabaseDefault
from psycopg import sql
from psycopg.errors import InvalidSqlStatementName

P = ParamSpec("P")
M = TypeVar("M", bound=Model)
R = TypeVar("R")


class Given(Expression):
    """Stands in a question where a value will be."""

    def __init__(self, name: str) -> None:
        """Keep the name that the value comes under."""
        super().__init__(output_field=Field())
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:  # noqa: ARG002 - Django's shape
        """Its place; what is given there comes with each asking."""
        return "%s", [self]


@Field.register_lookup
class Among(Lookup):
    """`field__among=values`: any of a list, as one value, so that the statement is the same however many there are."""

    lookup_name = "among"

    def get_prep_lookup(self) -> Any:
        """The list as it is."""
        return self.rhs if isinstance(self.rhs, Given) else list(self.rhs)

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """`= ANY`: PostgreSQL takes the list for one value."""
        left, given = self.process_lhs(compiler, connection)
        return f"{left} = ANY(%s)", [*given, self.rhs]


def question(rows: Callable[P, QuerySet[M, R]]) -> Callable[P, list[R]]:
    """Make a function of keywords that returns a query set one that builds it once, and gives its rows for each call's values.

    What the function is given it may only compare with (`field=value`, `field__among=values`).
    """
    made: list[_Form] = []
    build: Any = rows

    @wraps(rows)
    def asked(*_: P.args, **values: P.kwargs) -> list[R]:
        if not made:
            made.append(_Form(build(**{name: Given(name) for name in signature(rows).parameters})))
        return made[0].rows_with(values)

    return asked


def run(statement: str, values: Mapping[str, Any] | Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run a statement that is the same every time but for its values, planned once a connection; the rows it returns."""
    cursor = _cursor(statement)
    cursor.execute(statement, values)
    found: list[tuple[Any, ...]] = cursor.fetchall() if cursor.pgresult.nfields else []
    cursor.cursor._reset()  # noqa: SLF001 - psycopg's: else what each statement was last given and found would stay in memory
    return found


def ask(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The same for a reading, also outside a transaction."""
    if not connection.get_autocommit():
        return run(statement, values)
    try:
        return _ask_kept(statement, values)
    except ProgrammingError as error:
        if not isinstance(error.__cause__, InvalidSqlStatementName):
            raise
    connection.forget_kept()  # type: ignore[attr-defined] # kernel.database
    return _ask_kept(statement, values)


def _ask_kept(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    places = f"({', '.join(['%s'] * len(values))})" if values else ""
    with connection.cursor() as cursor:
        cursor.execute(f"EXECUTE {connection.kept(statement)}{places}", values)  # type: ignore[attr-defined] # kernel.database
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def insert(row: Model) -> None:
    """Insert a new row as `row.save(force_insert=True)` does, by a statement that is planned once a connection.

    What the database sets itself is on the row afterwards.
    """
    fields = row._meta.concrete_fields
    left = [isinstance(getattr(row, each.attname), DatabaseDefault) for each in fields]
    statement, told = _insertion(type(row), tuple(left))
    given = (each for each, by_database in zip(fields, left, strict=True) if not by_database)
    here = connections[DEFAULT_DB_ALIAS]
    values = [each.get_db_prep_save(getattr(row, each.attname), here) for each in given]
    (written,) = run(statement, values)
    for name, value in zip(told, written, strict=bool(told)):
        setattr(row, name, value)
    row._state.adding, row._state.db = False, connection.alias  # noqa: SLF001 - as Django's own saving does


@cache
def _insertion(kind: type[Model], left: tuple[bool, ...]) -> tuple[str, list[str]]:
    """The statement that inserts a row but for the fields that are left to the database, and the names of those."""
    pairs = list(zip(kind._meta.concrete_fields, left, strict=True))
    columns = [f'"{each.column}"' for each, by_database in pairs if not by_database]
    told = [each for each, by_database in pairs if by_database]
    returned = ", ".join(f'"{each.column}"' for each in told) or "1"
    places = ", ".join(["%s"] * len(columns))
    table = f'"{kind._meta.db_table}" ({", ".join(columns)})'
    statement = f"INSERT INTO {table} VALUES ({places}) RETURNING {returned}"  # noqa: S608 - names of the model's own
    return statement, [each.attname for each in told]


class _Form:
    """A query set as PostgreSQL will be asked it."""

    def __init__(self, rows: QuerySet[Any, Any]) -> None:
        self.rows = rows
        self.compiler = rows.query.get_compiler(connection=connection)
        statement, params = self.compiler.as_sql()
        places = iter(params)

        def written(_: re.Match[str]) -> str:
            value = next(places)
            if isinstance(value, Given):
                self.names.append(value.name)
                return "%s"
            return sql.Literal(value).as_string(connection.connection).replace("%", "%%")

        self.names: list[str] = []
        self.statement = re.sub("%s", written, statement)
        self.converters = self.compiler.get_converters([column[0] for column in self.compiler.select])

    def rows_with(self, values: Mapping[str, Any]) -> list[Any]:
        """The rows of the query set with values, as it makes them."""
        make: Any = self.rows._iterable_class  # noqa: SLF001 - what a query set itself does
        rows: list[Any] = list(make(_Asked(self, values)))
        return rows


class _Asked:
    """What makes rows of models or of values asks of a query set and of its query, and then of the compiler of its SQL."""

    def __init__(self, form: _Form, values: Mapping[str, Any]) -> None:
        self.form, self.values, self.query, self.db = form, values, self, form.rows.db
        self._known_related_objects: dict[Any, Any] = {}
        compiler = form.compiler
        self.select, self.klass_info = compiler.select, compiler.klass_info
        self.annotation_col_map = compiler.annotation_col_map

    def get_compiler(self, *_: object, **__: object) -> "_Asked":
        """Itself, with the SQL written before."""
        return self

    def execute_sql(self, **_: object) -> list[list[tuple[Any, ...]]]:
        """The rows, in one lump."""
        return [ask(self.form.statement, [self.values[name] for name in self.form.names])]

    def results_iter(
        self, results: Any = None, *, tuple_expected: bool = False, **_: object
    ) -> Iterator[Sequence[Any]]:
        """The rows in Python's types."""
        found: Iterator[Sequence[Any]] = iter((results or self.execute_sql())[0])
        if self.form.converters:
            found = self.form.compiler.apply_converters(found, self.form.converters)
            return map(tuple, found) if tuple_expected else found
        return found


def _cursor(statement: str) -> Any:
    """A cursor of statements that PostgreSQL keeps; the plain one outside a transaction, where a scope must go along."""
    here: Any = connections[DEFAULT_DB_ALIAS]
    return here.cursor() if here.get_autocommit() else here.prepared_cursor(statement)
