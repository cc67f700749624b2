"""What answers tell of a row stands beside it; the next look at the snapshot is at everything, and writes it down."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0003_across")]

    operations = [
        migrations.AddField(
            "supplyrow",
            "told",
            models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict),
        ),
        migrations.RunSQL("DELETE FROM supply_cursor", migrations.RunSQL.noop),
    ]
