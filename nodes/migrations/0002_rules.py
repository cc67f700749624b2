from django.db import migrations

from kernel.append_only import AppendOnly

# What is final is never changed or deleted, whoever asks.
APPLICATION_FROZEN = """
CREATE FUNCTION node_application_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'application % is frozen', OLD.id USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER node_application_frozen BEFORE UPDATE OR DELETE ON node_application
    FOR EACH ROW WHEN (OLD.state = 'final') EXECUTE FUNCTION node_application_frozen();
"""


class Migration(migrations.Migration):
    dependencies = [("nodes", "0001_tables")]

    operations = [
        AppendOnly("incoming"),
        AppendOnly("outgoing"),
        migrations.RunSQL(
            APPLICATION_FROZEN,
            "DROP TRIGGER node_application_frozen ON node_application; DROP FUNCTION node_application_frozen();",
        ),
    ]
