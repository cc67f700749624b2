from django.db import migrations

from kernel.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("participants", "0002_tables")]

    operations = [AppendOnly("decision")]
