from django.db import migrations

# The lines of bookings that an earlier release sold know when these are, too.
SCHEDULES = """
UPDATE line_opening o SET schedule = p.facts -> 'schedule', generation = o.generation + 1
FROM purchase_order p
WHERE p.id = o."order" AND o.schedule IS NULL AND jsonb_typeof(p.facts -> 'schedule') = 'object';
"""


class Migration(migrations.Migration):

    dependencies = [
        ('marketplace', '0011_refused_compute'),
        ('scheduling', '0019_schedules_of_line_openings'),
    ]

    operations = [
        migrations.RunSQL(SCHEDULES, migrations.RunSQL.noop),
    ]
