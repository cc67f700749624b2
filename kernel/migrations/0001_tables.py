import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import kernel.ids
import kernel.models.operations
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='HoldAccount',
            fields=[
                ('tenant_id', models.UUIDField(primary_key=True, serialize=False)),
                ('live', models.PositiveIntegerField(default=0)),
                ('lapsed', models.PositiveIntegerField(default=0)),
                ('lapsed_since', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('most', models.PositiveIntegerField(null=True)),
                ('most_lapsed', models.PositiveIntegerField(null=True)),
            ],
            options={
                'db_table': 'hold_account',
            },
        ),
        migrations.CreateModel(
            name='Capacity',
            fields=[
                ('resource', models.UUIDField(primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField()),
                ('unit', models.CharField(max_length=20)),
                ('total', models.BigIntegerField()),
                ('standing', models.BigIntegerField(default=0)),
                ('peak', models.BigIntegerField(default=0)),
                ('over_committed', models.BooleanField(default=False)),
                ('generation', models.PositiveIntegerField(default=1)),
            ],
            options={
                'db_table': 'capacity',
                'constraints': [models.CheckConstraint(condition=models.Q(('peak__gte', 0), ('standing__gte', 0), ('total__gte', 0)), name='capacity_not_negative'), models.CheckConstraint(condition=models.Q(('total__gte', django.db.models.expressions.CombinedExpression(models.F('standing'), '+', models.F('peak'))), ('over_committed', True), _connector='OR'), name='capacity_not_oversold')],
            },
        ),
        migrations.CreateModel(
            name='EventRecord',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=100)),
                ('subject', models.UUIDField()),
                ('tenant_id', models.UUIDField(null=True)),
                ('actor_user', models.UUIDField(null=True)),
                ('actor_tenant', models.UUIDField(null=True)),
                ('actor_client', models.UUIDField(null=True)),
                ('actor_node', models.CharField(blank=True, max_length=20)),
                ('request_id', models.CharField(blank=True, max_length=64)),
                ('occurred_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('payload', models.JSONField()),
                ('digest', models.BinaryField()),
            ],
            options={
                'db_table': 'event',
                'indexes': [models.Index(fields=['subject'], name='event_by_subject'), models.Index(fields=['tenant_id', 'id'], name='event_by_tenant')],
            },
        ),
        migrations.CreateModel(
            name='EventPosition',
            fields=[
                ('position', models.BigIntegerField(primary_key=True, serialize=False)),
                ('event', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='order', to='kernel.eventrecord')),
            ],
            options={
                'db_table': 'event_position',
            },
        ),
        migrations.CreateModel(
            name='Job',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=100)),
                ('key', models.CharField(max_length=200, null=True, unique=True)),
                ('args', models.JSONField(default=dict)),
                ('run_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('fence', models.UUIDField(null=True)),
                ('lease_until', models.DateTimeField(null=True)),
                ('done_at', models.DateTimeField(null=True)),
                ('dead_at', models.DateTimeField(null=True)),
                ('error', models.TextField(blank=True)),
            ],
            options={
                'db_table': 'job',
                'indexes': [models.Index(condition=models.Q(('dead_at', None), ('done_at', None)), fields=['run_at'], name='job_open')],
            },
        ),
        migrations.CreateModel(
            name='Nonce',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('key_id', models.CharField(max_length=64)),
                ('nonce', models.CharField(max_length=64)),
                ('remember_until', models.DateTimeField(db_index=True)),
            ],
            options={
                'db_table': 'seen_nonce',
                'constraints': [models.UniqueConstraint(fields=('key_id', 'nonce'), name='seen_nonce_once_a_key')],
            },
        ),
        migrations.CreateModel(
            name='Operation',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('tenant_id', models.UUIDField()),
                ('kind', models.CharField(help_text='operation id of the request', max_length=80)),
                ('state', models.CharField(choices=[('waiting', '等待执行'), ('running', '执行中'), ('succeeded', '已完成'), ('failed', '失败'), ('cancelled', '已取消')], default='waiting', max_length=10)),
                ('actor', models.JSONField(help_text='who asked, with the roles and scopes of then')),
                ('method', models.CharField(max_length=6)),
                ('path', models.CharField(max_length=300)),
                ('query', models.TextField(blank=True)),
                ('content_type', models.CharField(blank=True, max_length=100)),
                ('language', models.CharField(max_length=10)),
                ('body', models.BinaryField(help_text='as it came; emptied when it is done')),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('status', models.PositiveSmallIntegerField(help_text='HTTP status of the answer', null=True)),
                ('location', models.CharField(blank=True, max_length=300)),
                ('result', models.JSONField(null=True)),
                ('problem', models.JSONField(null=True)),
                ('started_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('expires_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'operation',
                'indexes': [models.Index(fields=['tenant_id', '-id'], name='operation_of_tenant')],
                'constraints': [models.CheckConstraint(condition=models.Q(('ended_at__isnull', True), ('state__in', [kernel.models.operations.OperationState['SUCCEEDED'], kernel.models.operations.OperationState['FAILED'], kernel.models.operations.OperationState['CANCELLED']]), _connector='OR'), name='operation_ends_once_done'), models.CheckConstraint(condition=models.Q(('problem__isnull', False), models.Q(('state', 'failed'), _negated=True), _connector='OR'), name='operation_fails_with_reason')],
            },
        ),
        migrations.CreateModel(
            name='PendingEvent',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('event', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='kernel.eventrecord')),
            ],
            options={
                'db_table': 'event_pending',
            },
        ),
        migrations.CreateModel(
            name='Proposal',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('tenant_id', models.UUIDField()),
                ('kind', models.CharField(max_length=60)),
                ('subject', models.UUIDField()),
                ('terms', models.JSONField(default=dict)),
                ('proposer', models.UUIDField()),
                ('approver', models.UUIDField(null=True)),
                ('state', models.CharField(choices=[('open', '待批准'), ('approved', '已批准'), ('withdrawn', '已撤回')], default='open', max_length=10)),
            ],
            options={
                'db_table': 'proposal',
                'constraints': [models.CheckConstraint(condition=models.Q(('approver__isnull', True), models.Q(('approver', models.F('proposer')), _negated=True), _connector='OR'), name='proposal_four_eyes'), models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('kind', 'subject'), name='proposal_once_open')],
            },
        ),
        migrations.CreateModel(
            name='StoredReply',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField()),
                ('key', models.CharField(max_length=200)),
                ('fingerprint', models.BinaryField()),
                ('status', models.PositiveSmallIntegerField()),
                ('headers', models.JSONField()),
                ('body', models.BinaryField()),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'db_table': 'stored_reply',
                'constraints': [models.UniqueConstraint(fields=('tenant_id', 'key'), name='stored_reply_once_a_key')],
            },
        ),
        migrations.CreateModel(
            name='Suspension',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('subject', models.UUIDField()),
                ('cause', models.CharField(choices=[('instruction', '监管指令'), ('finding', '安全发现'), ('certification', '认证失效'), ('qualification', '资质暂停')], max_length=20)),
                ('scope', models.CharField(choices=[('new_sale', '停止新售'), ('renewal', '停止续订'), ('running', '停止在运行服务')], max_length=10)),
                ('reference', models.UUIDField()),
                ('opened_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('closed_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'suspension',
                'indexes': [models.Index(condition=models.Q(('closed_at', None)), fields=['subject'], name='suspension_open')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('closed_at', None)), fields=('subject', 'cause', 'reference'), name='suspension_once_open_a_reference')],
            },
        ),
        migrations.CreateModel(
            name='Claim',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('bundle', models.UUIDField()),
                ('tenant_id', models.UUIDField()),
                ('quantity', models.BigIntegerField()),
                ('period', django.contrib.postgres.fields.ranges.DateTimeRangeField(null=True)),
                ('state', models.CharField(choices=[('held', '预占'), ('confirmed', '已确认'), ('released', '已释放'), ('expired', '已过期'), ('ended', '已结束')], max_length=10)),
                ('expires_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('resource', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='claims', to='kernel.capacity')),
            ],
            options={
                'db_table': 'claim',
                'indexes': [models.Index(condition=models.Q(('state', 'held')), fields=['expires_at'], name='claim_due'), models.Index(condition=models.Q(('state__in', ('held', 'confirmed'))), fields=['resource'], name='claim_active'), models.Index(models.F('period__endswith'), condition=models.Q(('period__isnull', False), ('state', 'confirmed')), name='claim_window_over')],
                'constraints': [models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='claim_positive'), models.UniqueConstraint(fields=('bundle', 'resource', 'period'), name='claim_once_a_bundle_resource_and_period', nulls_distinct=False), models.CheckConstraint(condition=models.Q(models.Q(('state', 'held'), _negated=True), ('expires_at__isnull', False), _connector='OR'), name='claim_held_has_deadline')],
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('handler', models.CharField(max_length=150)),
                ('subject', models.UUIDField()),
                ('position', models.BigIntegerField()),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('done_at', models.DateTimeField(null=True)),
                ('dead_at', models.DateTimeField(null=True)),
                ('error', models.TextField(blank=True)),
                ('event', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='kernel.eventrecord')),
            ],
            options={
                'db_table': 'delivery',
                'indexes': [models.Index(condition=models.Q(('dead_at', None), ('done_at', None)), fields=['handler', 'subject', 'position'], name='delivery_open')],
                'constraints': [models.UniqueConstraint(fields=('event', 'handler'), name='delivery_once_a_handler')],
            },
        ),
    ]
