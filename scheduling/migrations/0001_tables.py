import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import kernel.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Dispatch',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('order', models.UUIDField(unique=True)),
                ('offer', models.UUIDField()),
                ('provider_id', models.UUIDField()),
                ('user_id', models.UUIDField()),
                ('quantity', models.BigIntegerField()),
                ('state', models.CharField(choices=[('queued', '待下发'), ('dispatched', '已下发'), ('failed', '下发失败')], default='queued', max_length=10)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('error', models.CharField(blank=True, max_length=200)),
                ('ended_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'dispatch',
            },
        ),
        migrations.CreateModel(
            name='Site',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('tenant_id', models.UUIDField()),
                ('key', models.CharField(max_length=64, unique=True)),
                ('name', models.CharField(max_length=100)),
                ('place', models.CharField(blank=True, max_length=64)),
                ('city', models.CharField(help_text='GB/T 2260', max_length=6)),
                ('lat', models.DecimalField(decimal_places=6, max_digits=9)),
                ('lon', models.DecimalField(decimal_places=6, max_digits=9)),
                ('role', models.CharField(choices=[('access_point', '综合接入点'), ('county_aggregation', '区县汇聚站'), ('core', '核心站'), ('centre', '算力中心站')], max_length=20)),
                ('oxc', models.BooleanField()),
                ('hop_us', models.BigIntegerField(help_text='µs one way for a pass through it')),
                ('marking', models.CharField(blank=True, max_length=40)),
            ],
            options={
                'db_table': 'site',
            },
        ),
        migrations.CreateModel(
            name='LineOpening',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('order', models.UUIDField(unique=True)),
                ('provider_id', models.UUIDField()),
                ('user_id', models.UUIDField()),
                ('technology', models.CharField(max_length=20)),
                ('bandwidth_mbps', models.BigIntegerField()),
                ('below_us', models.BigIntegerField()),
                ('max_loss', models.DecimalField(decimal_places=9, max_digits=10)),
                ('state', models.CharField(choices=[('contracted', '已签约，待线路商勘查'), ('surveyed', '已勘查，待配置'), ('configured', '已配置，待测试'), ('delivered', '测试合格，待用户验收'), ('accepted', '用户已验收'), ('deemed_accepted', '逾期视同验收'), ('removed', '已拆除')], default='contracted', max_length=20)),
                ('promised_days', models.BigIntegerField()),
                ('due_at', models.DateTimeField()),
                ('delivered_at', models.DateTimeField(null=True)),
                ('deemed_at', models.DateTimeField(help_text='when silence becomes acceptance', null=True)),
                ('accepted_at', models.DateTimeField(null=True)),
                ('day_seconds', models.PositiveIntegerField(help_text='how long a day is: 86400 unless accelerated')),
                ('profile', models.CharField(max_length=20)),
                ('a', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='scheduling.site')),
                ('z', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='scheduling.site')),
            ],
            options={
                'db_table': 'line_opening',
            },
        ),
        migrations.CreateModel(
            name='LineProvider',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('tenant_id', models.UUIDField(unique=True)),
                ('key', models.CharField(max_length=64, unique=True)),
            ],
            options={
                'db_table': 'line_provider',
            },
        ),
        migrations.CreateModel(
            name='LineProduct',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('technology', models.CharField(max_length=20)),
                ('provider', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='products', to='scheduling.lineprovider')),
            ],
            options={
                'db_table': 'line_product',
                'constraints': [models.UniqueConstraint(fields=('provider', 'technology'), name='line_product_once_a_technology')],
            },
        ),
        migrations.CreateModel(
            name='LineTariff',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('bandwidth_mbps', models.BigIntegerField()),
                ('zone', models.CharField(max_length=20)),
                ('one_off_cny', models.DecimalField(decimal_places=6, max_digits=18)),
                ('monthly_cny', models.DecimalField(decimal_places=6, max_digits=18)),
                ('monthly_cny_per_km', models.DecimalField(decimal_places=6, max_digits=18)),
                ('min_months', models.BigIntegerField()),
                ('elastic_cny_hour', models.DecimalField(decimal_places=6, max_digits=18, null=True)),
                ('terminal_us', models.BigIntegerField()),
                ('lead_days', models.BigIntegerField()),
                ('marking', models.CharField(blank=True, max_length=40)),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tariffs', to='scheduling.lineproduct')),
            ],
            options={
                'db_table': 'line_tariff',
                'constraints': [models.UniqueConstraint(fields=('product', 'bandwidth_mbps', 'zone'), name='line_tariff_once_a_step_and_zone'), models.CheckConstraint(condition=models.Q(('monthly_cny__gte', 0), ('monthly_cny_per_km__gte', 0), ('one_off_cny__gte', 0)), name='line_tariff_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='LineTest',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('method', models.CharField(choices=[('cable_record', '光缆资料'), ('otdr', '光时域反射'), ('otn_delay_halved', 'OTN 时延测量折半'), ('twamp', 'STAMP/TWAMP 双向主动测量'), ('third_party', '第三方测试'), ('rtt_halved', '往返时延折半')], max_length=20)),
                ('latency_us', models.BigIntegerField()),
                ('clock_bound_us', models.BigIntegerField()),
                ('loss', models.DecimalField(decimal_places=9, max_digits=10)),
                ('samples', models.BigIntegerField()),
                ('measured_at', models.DateTimeField()),
                ('file_sha256', models.CharField(blank=True, max_length=64)),
                ('met', models.BooleanField()),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('opening', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tests', to='scheduling.lineopening')),
            ],
            options={
                'db_table': 'line_test',
            },
        ),
        migrations.CreateModel(
            name='OpeningStep',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('act', models.CharField(max_length=20)),
                ('state', models.CharField(choices=[('contracted', '已签约，待线路商勘查'), ('surveyed', '已勘查，待配置'), ('configured', '已配置，待测试'), ('delivered', '测试合格，待用户验收'), ('accepted', '用户已验收'), ('deemed_accepted', '逾期视同验收'), ('removed', '已拆除')], max_length=20)),
                ('by_user', models.UUIDField(null=True)),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('opening', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='scheduling.lineopening')),
            ],
            options={
                'db_table': 'line_opening_step',
            },
        ),
        migrations.CreateModel(
            name='Selection',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('tenant_id', models.UUIDField()),
                ('demand_ref', models.UUIDField(null=True)),
                ('demand', models.JSONField()),
                ('access', models.JSONField()),
                ('snapshot', models.CharField(max_length=80)),
                ('answer', models.JSONField()),
                ('spans', models.JSONField()),
                ('near_misses', models.JSONField()),
                ('terms', models.JSONField()),
                ('bundles', models.PositiveIntegerField()),
                ('milliseconds', models.PositiveIntegerField()),
            ],
            options={
                'db_table': 'selection',
                'indexes': [models.Index(fields=['tenant_id', 'id'], name='selection_by_tenant')],
            },
        ),
        migrations.CreateModel(
            name='Span',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('tenant_id', models.UUIDField()),
                ('key', models.CharField(max_length=64, unique=True)),
                ('kind', models.CharField(max_length=10)),
                ('medium', models.CharField(choices=[('silica', '石英光纤'), ('hollow_core', '空芯光纤'), ('undisclosed', '未披露')], max_length=12)),
                ('km', models.DecimalField(decimal_places=3, max_digits=12)),
                ('capacity_mbps', models.BigIntegerField()),
                ('measured_us', models.BigIntegerField(null=True)),
                ('measured_at', models.DateTimeField(null=True)),
                ('jitter_us', models.BigIntegerField()),
                ('loss', models.DecimalField(decimal_places=9, max_digits=10)),
                ('srlg', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=100), size=None)),
                ('z_centre', models.CharField(blank=True, help_text='centre that a commitment reaches', max_length=64)),
                ('marking', models.CharField(blank=True, max_length=40)),
                ('a', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='scheduling.site')),
                ('b', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='scheduling.site')),
            ],
            options={
                'db_table': 'span',
                'indexes': [models.Index(fields=['tenant_id'], name='span_by_tenant')],
                'constraints': [models.CheckConstraint(condition=models.Q(('a', models.F('b')), _negated=True), name='span_joins_two_sites'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'commitment'), _negated=True), ('measured_us__isnull', False), _connector='OR'), name='span_commitment_states_latency')],
            },
        ),
        migrations.CreateModel(
            name='LatencyEvidence',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('tenant_id', models.UUIDField()),
                ('layer', models.CharField(choices=[('optical', '光层'), ('private_ip', '专网 IP 层'), ('public_ip', '公网 IP 层')], max_length=12)),
                ('direction', models.CharField(choices=[('one_way', '单向'), ('round_trip', '往返')], max_length=12)),
                ('method', models.CharField(choices=[('cable_record', '光缆资料'), ('otdr', '光时域反射'), ('otn_delay_halved', 'OTN 时延测量折半'), ('twamp', 'STAMP/TWAMP 双向主动测量'), ('third_party', '第三方测试'), ('rtt_halved', '往返时延折半')], max_length=20)),
                ('medium', models.CharField(choices=[('silica', '石英光纤'), ('hollow_core', '空芯光纤'), ('undisclosed', '未披露')], max_length=12)),
                ('value_us', models.BigIntegerField()),
                ('clock_bound_us', models.BigIntegerField()),
                ('upper_us', models.BigIntegerField(help_text='one way, rounded up, with the clock bound')),
                ('samples', models.BigIntegerField()),
                ('percentile', models.DecimalField(decimal_places=3, max_digits=6)),
                ('measured_at', models.DateTimeField()),
                ('declarer', models.CharField(max_length=100)),
                ('file_sha256', models.CharField(blank=True, max_length=64)),
                ('state', models.CharField(choices=[('accepted', '已采信'), ('review', '待复核：请提交空芯光纤证明')], max_length=10)),
                ('marking', models.CharField(blank=True, max_length=40)),
                ('span', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='evidence', to='scheduling.span')),
            ],
            options={
                'db_table': 'latency_evidence',
            },
        ),
        migrations.CreateModel(
            name='SupplyBucket',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('part', models.PositiveSmallIntegerField()),
                ('bucket', models.PositiveSmallIntegerField()),
                ('digest', models.BinaryField(max_length=32)),
            ],
            options={
                'db_table': 'supply_bucket',
                'constraints': [models.UniqueConstraint(fields=('part', 'bucket'), name='supply_bucket_once')],
            },
        ),
        migrations.CreateModel(
            name='SupplyCursor',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('position', models.BigIntegerField()),
                ('looked_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'supply_cursor',
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='supply_cursor_one_row')],
            },
        ),
        migrations.CreateModel(
            name='SupplyRow',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('part', models.PositiveSmallIntegerField()),
                ('key', models.CharField(max_length=200)),
                ('bucket', models.PositiveSmallIntegerField()),
                ('digest', models.BinaryField(max_length=32)),
                ('cells', models.JSONField()),
                ('source', models.UUIDField()),
                ('resource', models.UUIDField(null=True)),
                ('owner', models.UUIDField()),
                ('since', models.BigIntegerField()),
                ('until', models.BigIntegerField(null=True)),
            ],
            options={
                'db_table': 'supply_row',
                'indexes': [models.Index(fields=['since'], name='supply_row_by_since'), models.Index(condition=models.Q(('until__isnull', False)), fields=['until'], name='supply_row_by_until'), models.Index(condition=models.Q(('until', None)), fields=['part', 'bucket'], name='supply_row_by_bucket'), models.Index(condition=models.Q(('until', None)), fields=['source'], name='supply_row_by_source'), models.Index(condition=models.Q(('until', None)), fields=['resource'], name='supply_row_by_resource'), models.Index(condition=models.Q(('until', None)), fields=['owner'], name='supply_row_by_owner')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('until', None)), fields=('part', 'key'), name='supply_row_one_stands'), models.CheckConstraint(condition=models.Q(('until', None), ('until__gt', models.F('since')), _connector='OR'), name='supply_row_ends_after_it_begins')],
            },
        ),
        migrations.CreateModel(
            name='SupplyVersion',
            fields=[
                ('number', models.BigIntegerField(primary_key=True, serialize=False)),
                ('snapshot', models.CharField(max_length=80)),
                ('tables', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), size=5)),
                ('built_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'db_table': 'supply_version',
                'indexes': [models.Index(fields=['snapshot', '-number'], name='supply_version_by_snapshot')],
            },
        ),
    ]
