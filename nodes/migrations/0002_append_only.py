from django.db import migrations

from kernel.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("nodes", "0001_tables")]

    operations = [AppendOnly("incoming"), AppendOnly("outgoing")]
