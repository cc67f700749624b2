from django.db import migrations, models

# An order moves only along these (the table in domain/orders.py), one version at a time, and its price never.
ORDER_MOVES = """
CREATE OR REPLACE FUNCTION order_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.generation <> OLD.generation + 1 THEN
        RAISE EXCEPTION 'order %: version % does not follow %', OLD.id, NEW.generation, OLD.generation
            USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.compute_fen, NEW.line_fen, NEW.quote_id, NEW.tenant_id)
        IS DISTINCT FROM (OLD.compute_fen, OLD.line_fen, OLD.quote_id, OLD.tenant_id) THEN
        RAISE EXCEPTION 'order %: what was quoted does not change', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state <> OLD.state AND NOT OLD.state || '>' || NEW.state = ANY (ARRAY[
        'placed>awaiting_providers',
        'awaiting_providers>awaiting_line_provider',
        'awaiting_providers>awaiting_compute_provider',
        'awaiting_compute_provider>accepted',
        'awaiting_line_provider>accepted',
        'accepted>opening',
        'opening>awaiting_dispatch',
        'opening>awaiting_line',
        'awaiting_line>awaiting_user',
        'awaiting_dispatch>awaiting_user',
        'awaiting_line>compute_accepted',
        'awaiting_user>compute_accepted',
        'awaiting_line>opening',
        'awaiting_user>awaiting_dispatch',
        'compute_accepted>running',
        'running>ended',
        'awaiting_user>ended',
        'running>cancelled',
        'awaiting_providers>rejected',
        'awaiting_compute_provider>rejected',
        'awaiting_line_provider>rejected',
        'awaiting_providers>cancelled',
        'awaiting_compute_provider>cancelled',
        'awaiting_line_provider>cancelled',
        'opening>cancelled',
        'awaiting_line>cancelled',
        'awaiting_dispatch>cancelled',
        'awaiting_user>cancelled',
        'compute_accepted>cancelled',
        'awaiting_providers>expired',
        'awaiting_compute_provider>expired',
        'awaiting_line_provider>expired'
    ]) THEN
        RAISE EXCEPTION 'order %: % does not lead to %', OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('marketplace', '0010_stopped_orders'),
    ]

    operations = [
        migrations.AddField(
            model_name='orderstep',
            name='found',
            field=models.JSONField(help_text='what the user found who refused the compute', null=True),
        ),
        migrations.RunSQL(ORDER_MOVES, migrations.RunSQL.noop),
    ]
