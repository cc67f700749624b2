from django.db import migrations

from kernel.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("kernel", "0001_tables")]

    operations = [AppendOnly("event"), AppendOnly("event_position")]
