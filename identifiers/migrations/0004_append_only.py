from django.db import migrations

from kernel.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("identifiers", "0003_life")]

    operations = [AppendOnly("identifier_succession")]
