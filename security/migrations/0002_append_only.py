from django.db import migrations

from kernel.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("security", "0001_tables")]

    operations = [AppendOnly("log_node"), AppendOnly("checkpoint")]
