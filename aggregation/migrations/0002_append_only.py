from django.db import migrations

from kernel.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("aggregation", "0001_tables")]

    operations = [AppendOnly("offer_price"), AppendOnly("heartbeat")]
