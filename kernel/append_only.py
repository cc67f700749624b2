"""A migration operation that makes a table append-only for everybody, its owner included."""

from django.db.migrations.operations import RunSQL


class AppendOnly(RunSQL):
    """Refuse UPDATE and DELETE on `table` by trigger, and take both rights from the application's role.

    The trigger holds on any server; the REVOKE is the second wall, where the role `node_app` exists.
    """

    def __init__(self, table: str) -> None:
        """Build the SQL for one table of this app."""
        super().__init__(
            sql=f"""
            CREATE OR REPLACE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$;
            CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION append_only();
            DO $$ BEGIN
                IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'node_app') THEN
                    REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM node_app;
                END IF;
            END $$;
            """,  # noqa: S608 - the table is a name in a migration
            reverse_sql=f"DROP TRIGGER {table}_append_only ON {table};",
        )
        self.table = table

    def deconstruct(self) -> tuple[str, list[object], dict[str, object]]:
        """Write the operation as it was given, not as the SQL it becomes."""
        return self.__class__.__name__, [self.table], {}
