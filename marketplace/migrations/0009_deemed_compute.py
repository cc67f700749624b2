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
        ('marketplace', '0008_postings_and_lines_in_order'),
    ]

    operations = [
        migrations.AddField(
            model_name='order',
            name='deemed_at',
            field=models.DateTimeField(help_text='when silence becomes acceptance of the compute', null=True),
        ),
        migrations.AlterField(
            model_name='order',
            name='sheet',
            field=models.JSONField(help_text="the user's acceptance of the compute; null where silence was", null=True),
        ),
        migrations.AlterField(
            model_name='order',
            name='state',
            field=models.CharField(choices=[('placed', '已提交'), ('awaiting_providers', '待双方提供商接受'), ('awaiting_compute_provider', '待算力提供商接受'), ('awaiting_line_provider', '待专线提供商接受'), ('accepted', '双方已接受'), ('opening', '线路开通与算力交付中'), ('awaiting_line', '算力已交付，待线路'), ('awaiting_dispatch', '线路已开通，待算力交付'), ('awaiting_user', '待用户验收算力'), ('compute_accepted', '算力已验收'), ('running', '已验收，自起租时刻计费'), ('ended', '已结束'), ('rejected', '已被拒绝'), ('cancelled', '已取消'), ('expired', '已过期')], default='placed', max_length=26),
        ),
        migrations.RunSQL(ORDER_MOVES, migrations.RunSQL.noop),
    ]
