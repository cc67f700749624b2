import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import kernel.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Agent',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('tenant_id', models.UUIDField()),
                ('key', models.CharField(max_length=64)),
                ('callback_url', models.CharField(max_length=500)),
            ],
            options={
                'db_table': 'agent',
                'constraints': [models.UniqueConstraint(fields=('tenant_id', 'key'), name='agent_once_a_provider_and_key')],
            },
        ),
        migrations.CreateModel(
            name='Centre',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('tenant_id', models.UUIDField()),
                ('key', models.CharField(max_length=64, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('name_en', models.CharField(blank=True, max_length=120)),
                ('division', models.CharField(help_text='GB/T 2260', max_length=6)),
                ('lat', models.DecimalField(decimal_places=6, help_text='WGS-84', max_digits=8)),
                ('lon', models.DecimalField(decimal_places=6, help_text='WGS-84', max_digits=9)),
                ('site', models.CharField(help_text='key of the site where it meets the network', max_length=64)),
                ('design_racks', models.PositiveIntegerField(help_text='racks of rack_kw each, as designed')),
                ('rack_kw', models.DecimalField(decimal_places=2, max_digits=6)),
                ('pue', models.DecimalField(decimal_places=3, max_digits=5, null=True)),
                ('green_share', models.DecimalField(decimal_places=4, max_digits=5, null=True)),
                ('mlps_level', models.PositiveSmallIntegerField(help_text='等保 1–4', null=True)),
                ('region_tags', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), default=list, size=None)),
                ('egress_ports', models.JSONField(default=dict, help_text='Gbps → number of ports')),
                ('domains', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('government', '政务域'), ('science_economy', '科创经济域')], max_length=20), default=list, size=None)),
                ('carbon_kg_kwh', models.DecimalField(decimal_places=6, help_text='kg CO₂ a kWh of the machines, as declared', max_digits=8, null=True)),
                ('availability', models.DecimalField(decimal_places=6, help_text='share of a year, as promised', max_digits=7, null=True)),
                ('marking', models.CharField(blank=True, help_text='演示数据 where it is invented', max_length=40)),
            ],
            options={
                'db_table': 'centre',
                'constraints': [models.CheckConstraint(condition=models.Q(('pue__isnull', True), ('pue__gte', 1), _connector='OR'), name='centre_pue_from_one'), models.CheckConstraint(condition=models.Q(('green_share__isnull', True), models.Q(('green_share__gte', 0), ('green_share__lte', 1)), _connector='OR'), name='centre_green_share_is_a_share'), models.CheckConstraint(condition=models.Q(('availability__isnull', True), models.Q(('availability__gte', 0), ('availability__lte', 1)), _connector='OR'), name='centre_availability_is_a_share')],
            },
        ),
        migrations.CreateModel(
            name='Pool',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('tenant_id', models.UUIDField()),
                ('key', models.CharField(max_length=64, unique=True)),
                ('kind', models.CharField(choices=[('general', '通算'), ('intelligent', '智算'), ('super', '超算')], max_length=12)),
                ('accelerator', models.CharField(max_length=80, null=True)),
                ('domestic', models.BooleanField()),
                ('accelerators', models.PositiveIntegerField(help_text='cards in one machine')),
                ('accelerator_memory_gib', models.DecimalField(decimal_places=6, max_digits=12, null=True)),
                ('vcpus', models.PositiveIntegerField()),
                ('memory_gib', models.DecimalField(decimal_places=6, max_digits=14)),
                ('fp64_tflops', models.DecimalField(decimal_places=6, help_text='of one machine', max_digits=16, null=True)),
                ('fp32_tflops', models.DecimalField(decimal_places=6, help_text='of one machine', max_digits=16, null=True)),
                ('fp16_tflops', models.DecimalField(decimal_places=6, help_text='of one machine', max_digits=16, null=True)),
                ('power_w', models.PositiveIntegerField(help_text='that one machine draws, without the cooling', null=True)),
                ('machines', models.PositiveIntegerField(help_text='installed, as registered')),
                ('marking', models.CharField(blank=True, max_length=40)),
                ('centre', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pools', to='aggregation.centre')),
            ],
            options={
                'db_table': 'pool',
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('accelerator__isnull', True), ('accelerators', 0)), models.Q(('accelerator__isnull', False), ('accelerators__gt', 0)), _connector='OR'), name='pool_cards_have_a_name')],
            },
        ),
        migrations.CreateModel(
            name='Offer',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('tenant_id', models.UUIDField()),
                ('key', models.CharField(max_length=64, unique=True)),
                ('unit', models.CharField(choices=[('machine', '台')], default='machine', max_length=10)),
                ('term', models.CharField(choices=[('on_demand', '按需'), ('monthly', '包月')], default='on_demand', max_length=10)),
                ('min_hours', models.PositiveIntegerField()),
                ('notice_hours', models.PositiveIntegerField(default=0, help_text='how far ahead a booking must be made, at least')),
                ('available', models.PositiveIntegerField(help_text='most units in one order; the ledger grants')),
                ('state', models.CharField(choices=[('draft', '草稿'), ('listed', '已上架'), ('withdrawn', '已下架')], default='draft', max_length=10)),
                ('marking', models.CharField(blank=True, max_length=40)),
                ('pool', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='offers', to='aggregation.pool')),
            ],
            options={
                'db_table': 'offer',
                'indexes': [models.Index(condition=models.Q(('state', 'listed')), fields=['pool'], name='offer_listed')],
            },
        ),
        migrations.CreateModel(
            name='OfferPrice',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('price_cny_hour', models.DecimalField(decimal_places=6, max_digits=18)),
                ('valid_from', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('valid_until', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('offer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='prices', to='aggregation.offer')),
            ],
            options={
                'db_table': 'offer_price',
                'indexes': [models.Index(fields=['offer', '-valid_from', '-id'], name='offer_price_newest'), models.Index(fields=['valid_from'], name='offer_price_begins'), models.Index(condition=models.Q(('valid_until__isnull', False)), fields=['valid_until'], name='offer_price_ends')],
                'constraints': [models.CheckConstraint(condition=models.Q(('price_cny_hour__gte', 0)), name='offer_price_not_negative'), models.CheckConstraint(condition=models.Q(('valid_until__isnull', True), ('valid_until__gt', models.F('valid_from')), _connector='OR'), name='offer_price_ends_after_it_begins')],
            },
        ),
        migrations.CreateModel(
            name='CentreStore',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('tenant_id', models.UUIDField()),
                ('storage_class', models.CharField(choices=[('performance', '高性能存储'), ('standard', '标准存储'), ('archive', '归档存储')], max_length=20)),
                ('gib', models.BigIntegerField(help_text='installed for rent')),
                ('price_cny_gib_month', models.DecimalField(decimal_places=6, max_digits=18)),
                ('centre', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stores', to='aggregation.centre')),
            ],
            options={
                'db_table': 'centre_store',
                'constraints': [models.UniqueConstraint(fields=('centre', 'storage_class'), name='centre_store_once_a_class'), models.CheckConstraint(condition=models.Q(('gib__gte', 0), ('price_cny_gib_month__gte', 0)), name='centre_store_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='Heartbeat',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('sequence', models.BigIntegerField()),
                ('observed_at', models.DateTimeField()),
                ('digest', models.BinaryField(max_length=32)),
                ('readings', models.JSONField(help_text='each reading, and what became of it')),
                ('agent', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='heartbeats', to='aggregation.agent')),
            ],
            options={
                'db_table': 'heartbeat',
                'constraints': [models.UniqueConstraint(fields=('agent', 'sequence'), name='heartbeat_once_a_sequence')],
            },
        ),
        migrations.CreateModel(
            name='Inventory',
            fields=[
                ('pool', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='inventory', serialize=False, to='aggregation.pool')),
                ('observed_at', models.DateTimeField()),
                ('sequence', models.BigIntegerField()),
                ('received_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('total', models.PositiveIntegerField()),
                ('idle', models.PositiveIntegerField()),
                ('serving', models.PositiveIntegerField()),
                ('faulty', models.PositiveIntegerField()),
                ('fresh', models.BooleanField(default=False)),
            ],
            options={
                'db_table': 'inventory',
                'indexes': [models.Index(condition=models.Q(('fresh', True)), fields=['observed_at'], name='inventory_going_stale')],
                'constraints': [models.CheckConstraint(condition=models.Q(('total__gte', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('idle'), '+', models.F('serving')), '+', models.F('faulty')))), name='inventory_adds_up')],
            },
        ),
    ]
