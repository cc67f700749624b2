"""Whose rows this transaction is about: a setting that lives and dies with the transaction."""

from uuid import UUID

from django.db import connection
from django.db.models import F, Func, TextField, Value

TENANT_SETTING = "cin.tenant"


def set_tenant(tenant_id: UUID | None) -> None:
    """Tell PostgreSQL whose transaction this is; the node's own work passes None."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [TENANT_SETTING, str(tenant_id or "")])


def tenant_set_to(field: str) -> Func:
    """An annotation that sets the tenant from a column, so that signing in costs one round trip."""
    as_text = Func(F(field), template="%(expressions)s::text", output_field=TextField())
    return Func(
        Value(TENANT_SETTING), as_text, Value(value=True), function="set_config", output_field=TextField()
    )
