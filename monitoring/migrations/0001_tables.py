import django.contrib.postgres.indexes
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
            name='Feed',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('tenant_id', models.UUIDField()),
                ('kind', models.CharField(choices=[('resource', '资源业务'), ('platform', '平台业务'), ('dispatch', '互联调度业务'), ('application', '应用业务')], max_length=12)),
                ('resource', models.UUIDField(null=True)),
                ('interval_seconds', models.PositiveIntegerField()),
                ('method', models.CharField(choices=[('declared', '申报'), ('measured', '计量')], max_length=10)),
                ('filing_number', models.CharField(blank=True, max_length=60)),
                ('since', models.DateTimeField()),
                ('state', models.CharField(choices=[('waiting', '等待首次上报'), ('reporting', '正常上报'), ('silent', '缺报')], default='waiting', max_length=10)),
                ('last_ts', models.DateTimeField(null=True)),
                ('due_at', models.DateTimeField()),
                ('checked_to', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'feed',
                'indexes': [models.Index(condition=models.Q(('state', 'silent'), _negated=True), fields=['due_at'], name='feed_due')],
                'constraints': [models.UniqueConstraint(fields=('tenant_id', 'kind', 'resource'), name='feed_once_a_class_and_resource', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='IndicatorValue',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('code', models.CharField(max_length=60)),
                ('profile', models.CharField(max_length=20)),
                ('start', models.DateTimeField()),
                ('end', models.DateTimeField()),
                ('value', models.DecimalField(decimal_places=6, max_digits=24, null=True)),
                ('reason', models.CharField(blank=True, max_length=20)),
                ('expected', models.PositiveIntegerField()),
                ('received', models.PositiveIntegerField()),
                ('declared', models.PositiveIntegerField()),
                ('parties', models.PositiveIntegerField()),
            ],
            options={
                'db_table': 'indicator_value',
                'constraints': [models.CheckConstraint(condition=models.Q(('value__isnull', True), ('reason', ''), _connector='XOR'), name='indicator_has_value_or_reason'), models.CheckConstraint(condition=models.Q(('declared__lte', models.F('received')), ('received__lte', models.F('expected'))), name='indicator_received_of_expected')],
            },
        ),
        migrations.CreateModel(
            name='Instruction',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('tenant_id', models.UUIDField()),
                ('subject', models.UUIDField()),
                ('issuer', models.UUIDField()),
                ('number', models.CharField(help_text='文号', max_length=60)),
                ('legal_basis', models.CharField(max_length=500)),
                ('reason', models.CharField(max_length=1000)),
                ('effect', models.CharField(max_length=500)),
                ('scope', models.CharField(choices=[('new_sale', '停止新售'), ('renewal', '停止续订'), ('running', '停止在运行服务')], default='new_sale', max_length=10)),
                ('valid_until', models.DateTimeField(null=True)),
                ('state', models.CharField(choices=[('proposed', '待批准'), ('withdrawn', '已撤回'), ('in_force', '生效'), ('acknowledged', '已签收'), ('rectified', '已报整改'), ('lifted', '已解除'), ('expired', '期满')], default='proposed', max_length=12)),
                ('proposal', models.UUIDField(null=True)),
                ('issued_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('receipt', models.CharField(blank=True, max_length=2000)),
                ('receipt_sha256', models.CharField(blank=True, max_length=64)),
            ],
            options={
                'db_table': 'instruction',
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ['withdrawn', 'lifted', 'expired']), _negated=True), fields=('number', 'subject'), name='instruction_once_a_number')],
            },
        ),
        migrations.CreateModel(
            name='Alarm',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('kind', models.CharField(choices=[('feed_silent', '数据源缺报'), ('anomaly', '指标异常')], max_length=12)),
                ('metric', models.CharField(blank=True, max_length=40)),
                ('state', models.CharField(choices=[('open', '未处理'), ('acknowledged', '处理中'), ('closed', '已关闭')], default='open', max_length=12)),
                ('count', models.PositiveIntegerField(default=1)),
                ('first_at', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
                ('value', models.DecimalField(decimal_places=6, max_digits=24, null=True)),
                ('rule', models.CharField(blank=True, help_text='version of the profile that raised it', max_length=20)),
                ('note', models.CharField(blank=True, max_length=500)),
                ('feed', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='alarms', to='monitoring.feed')),
            ],
            options={
                'db_table': 'alarm',
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'closed'), _negated=True), fields=('feed', 'kind', 'metric'), name='alarm_once_until_closed')],
            },
        ),
        migrations.CreateModel(
            name='Telemetry',
            fields=[
                ('pk', models.CompositePrimaryKey('feed_id', 'metric', 'ts', 'source_seq', blank=True, editable=False, primary_key=True, serialize=False)),
                ('metric', models.CharField(max_length=40)),
                ('ts', models.DateTimeField()),
                ('source_seq', models.BigIntegerField()),
                ('value', models.DecimalField(decimal_places=6, max_digits=24)),
                ('received_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('feed', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='points', to='monitoring.feed')),
            ],
            options={
                'db_table': 'telemetry',
                'indexes': [django.contrib.postgres.indexes.BrinIndex(fields=['ts'], name='telemetry_by_time')],
            },
        ),
    ]
