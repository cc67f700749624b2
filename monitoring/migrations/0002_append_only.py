from django.db import migrations

from kernel.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0001_tables")]

    operations = [AppendOnly("telemetry"), AppendOnly("indicator_value")]
