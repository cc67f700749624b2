from django.db import migrations

from kernel.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("nodes", "0004_block_grants")]

    operations = [AppendOnly("block_grant")]
