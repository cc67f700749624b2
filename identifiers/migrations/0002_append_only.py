from django.db import migrations

from kernel.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("identifiers", "0001_tables")]

    operations = [AppendOnly("issued_code"), AppendOnly("descriptor")]
