from django.db import migrations

from kernel.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0001_tables")]

    operations = [
        AppendOnly("latency_evidence"),
        AppendOnly("selection"),
        AppendOnly("line_opening_step"),
        AppendOnly("line_test"),
        AppendOnly("metro_boundary"),
        AppendOnly("latency_circles"),
        AppendOnly("evidence_review"),
    ]
