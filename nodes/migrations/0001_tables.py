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
            name='OutboundStream',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('name', models.CharField(max_length=64)),
                ('position', models.BigIntegerField(default=0)),
                ('last', models.BigIntegerField(default=0)),
                ('acked', models.BigIntegerField(default=0)),
                ('settled', models.BigIntegerField(default=0)),
                ('sent', models.BigIntegerField(default=0)),
                ('round', models.BigIntegerField(default=0)),
                ('early', models.JSONField(default=dict)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('retry_at', models.DateTimeField(null=True)),
                ('halt', models.CharField(choices=[('none', '正常'), ('equivocation', '对端已存有同号异文'), ('receipt_mismatch', '回执与所发报文不符')], default='none', max_length=20)),
                ('waiting', models.JSONField(default=dict)),
                ('parked', models.JSONField(default=list)),
                ('busy_until', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'outbound_stream',
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
                'db_table': 'nonce',
                'constraints': [models.UniqueConstraint(fields=('key_id', 'nonce'), name='nonce_once_a_key')],
            },
        ),
        migrations.CreateModel(
            name='Outgoing',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('position', models.BigIntegerField()),
                ('aggregate', models.CharField(max_length=200)),
                ('supersedes', models.BigIntegerField(null=True)),
                ('body', models.BinaryField()),
                ('reference', models.UUIDField(help_text='the row of this node that it reports on', null=True)),
                ('stream', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='nodes.outboundstream')),
            ],
            options={
                'db_table': 'outgoing',
            },
        ),
        migrations.CreateModel(
            name='Envelope',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('sequence', models.BigIntegerField()),
                ('supersedes', models.BigIntegerField(null=True)),
                ('digest', models.CharField(max_length=120)),
                ('leaf', models.BinaryField(max_length=32)),
                ('request', models.JSONField(help_text='the signed request that was receipted', null=True)),
                ('outcome', models.CharField(blank=True, choices=[('stored', '已收存'), ('refused', '永久拒绝'), ('gap', '前面缺号，未收'), ('equivocation', '同号异文，未收')], max_length=12)),
                ('code', models.CharField(blank=True, max_length=64)),
                ('receipt', models.BinaryField(null=True)),
                ('receipt_key_id', models.CharField(blank=True, max_length=64)),
                ('receipt_algorithm', models.CharField(blank=True, max_length=20)),
                ('receipt_signature', models.BinaryField(null=True)),
                ('stream', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='envelopes', to='nodes.outboundstream')),
                ('message', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='envelopes', to='nodes.outgoing')),
            ],
            options={
                'db_table': 'envelope',
            },
        ),
        migrations.CreateModel(
            name='Peer',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('code', models.CharField(help_text='GB/T 2260; 000000 is the national node', max_length=6, unique=True)),
                ('name', models.CharField(max_length=100)),
                ('role', models.CharField(choices=[('national', '国家节点'), ('regional', '区域节点'), ('industry', '行业节点')], max_length=10)),
                ('relation', models.CharField(choices=[('upstream', '上级节点'), ('downstream', '下级节点')], max_length=10)),
                ('url', models.URLField(help_text="the node's own address, which its signatures are checked against")),
                ('state', models.CharField(choices=[('attached', '已接入'), ('detached', '已脱离')], default='attached', max_length=10)),
            ],
            options={
                'db_table': 'peer',
                'constraints': [models.UniqueConstraint(condition=models.Q(('relation', 'upstream'), ('state', 'attached')), fields=('relation',), name='peer_one_upstream')],
            },
        ),
        migrations.AddField(
            model_name='outboundstream',
            name='peer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='outbound', to='nodes.peer'),
        ),
        migrations.CreateModel(
            name='NodeAlarm',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('stream', models.CharField(max_length=64)),
                ('kind', models.CharField(choices=[('equivocation', '同一序号出现不同内容'), ('gap', '报送缺号'), ('refilled', '已存报文曾丢失，现已补回'), ('quarantined', '报文被对端永久拒绝，已隔离'), ('peer_lost', '对端丢失了已回执的报文'), ('receipt_mismatch', '回执与所发报文不符'), ('unreachable', '对端无法访问'), ('backlog', '待报送积压过多')], max_length=20)),
                ('sequence', models.BigIntegerField()),
                ('times', models.PositiveIntegerField(default=1)),
                ('last_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('closed_at', models.DateTimeField(null=True)),
                ('peer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='alarms', to='nodes.peer')),
            ],
            options={
                'db_table': 'node_alarm',
            },
        ),
        migrations.CreateModel(
            name='ManifestPair',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('stream', models.CharField(max_length=64)),
                ('sender', models.CharField(help_text='code of the sending node', max_length=6)),
                ('day', models.DateField(help_text='in Shanghai')),
                ('first', models.BigIntegerField()),
                ('last', models.BigIntegerField()),
                ('ours', models.JSONField(help_text='our signed statement')),
                ('theirs', models.JSONField(help_text="the peer's signed statement")),
                ('root', models.CharField(max_length=64)),
                ('their_root', models.CharField(max_length=64)),
                ('agreed', models.BooleanField()),
                ('differing', models.JSONField(default=list, help_text='fields that differ')),
                ('located', models.JSONField(default=list, help_text='numbers at which the two sides differ')),
                ('peer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='manifests', to='nodes.peer')),
            ],
            options={
                'db_table': 'manifest_pair',
            },
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('code', models.CharField(max_length=6)),
                ('role', models.CharField(choices=[('national', '国家节点'), ('regional', '区域节点'), ('industry', '行业节点')], max_length=10)),
                ('digest', models.BinaryField(max_length=32, unique=True)),
                ('expires_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(null=True)),
                ('key_id', models.CharField(blank=True, help_text='the key that used it', max_length=64)),
                ('peer', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='nodes.peer')),
            ],
            options={
                'db_table': 'node_invitation',
            },
        ),
        migrations.CreateModel(
            name='InboundStream',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('name', models.CharField(max_length=64)),
                ('expected', models.BigIntegerField(default=1)),
                ('waiting', models.JSONField(default=dict)),
                ('peer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='inbound', to='nodes.peer')),
            ],
            options={
                'db_table': 'inbound_stream',
            },
        ),
        migrations.CreateModel(
            name='Filing',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('code', models.CharField(max_length=40, unique=True)),
                ('kind', models.CharField(max_length=12)),
                ('owner', models.UUIDField(help_text='id of the owning organisation at its region')),
                ('state', models.CharField(choices=[('filed', '已备案'), ('suspended', '已暂停'), ('retired', '已注销')], max_length=10)),
                ('descriptor_version', models.PositiveIntegerField()),
                ('profile', models.CharField(max_length=20)),
                ('attributes', models.JSONField()),
                ('number', models.CharField(help_text='备案回执号 / receipt number of the filing', max_length=64, unique=True)),
                ('sequence', models.BigIntegerField(help_text='of the last message about it')),
                ('peer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='filings', to='nodes.peer')),
            ],
            options={
                'db_table': 'filing',
            },
        ),
        migrations.CreateModel(
            name='DelegatedPrefix',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('prefix', models.CharField(max_length=20, unique=True)),
                ('valid_from', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('valid_until', models.DateTimeField(null=True)),
                ('peer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='prefixes', to='nodes.peer')),
            ],
            options={
                'db_table': 'delegated_prefix',
            },
        ),
        migrations.CreateModel(
            name='PeerKeyRow',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('key_id', models.CharField(help_text='RFC 7638 thumbprint', max_length=64, unique=True)),
                ('suite', models.CharField(max_length=20)),
                ('public_key', models.BinaryField()),
                ('valid_from', models.DateTimeField()),
                ('valid_until', models.DateTimeField(null=True)),
                ('peer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='keys', to='nodes.peer')),
            ],
            options={
                'db_table': 'peer_key',
            },
        ),
        migrations.CreateModel(
            name='Report',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('node', models.CharField(help_text='code of the reporting node', max_length=6)),
                ('section', models.CharField(max_length=64)),
                ('kind', models.CharField(choices=[('resource', '资源业务'), ('platform', '平台业务'), ('dispatch', '互联调度业务'), ('application', '应用业务'), ('catalogue', '目录'), ('trade', '交易汇总')], max_length=12)),
                ('start', models.DateTimeField()),
                ('end', models.DateTimeField()),
                ('count', models.PositiveIntegerField()),
                ('sums', models.JSONField()),
                ('body', models.BinaryField(help_text='the bytes that travel')),
                ('state', models.CharField(choices=[('draft', '草稿'), ('reviewed', '已审核'), ('signed', '已签名'), ('sent', '已发出'), ('receipted', '已回执'), ('refused', '被拒绝'), ('received', '已接收'), ('superseded', '已被更正')], max_length=10)),
                ('sequence', models.BigIntegerField(null=True)),
                ('reason', models.CharField(blank=True, help_text='why it was corrected', max_length=500)),
                ('reviewed_by', models.UUIDField(null=True)),
                ('key_id', models.CharField(blank=True, max_length=64)),
                ('signature', models.BinaryField(null=True)),
                ('supersedes', models.OneToOneField(help_text='the version before', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='correction', to='nodes.report')),
            ],
            options={
                'db_table': 'report',
            },
        ),
        migrations.CreateModel(
            name='Incoming',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('sequence', models.BigIntegerField()),
                ('aggregate', models.CharField(max_length=200)),
                ('supersedes', models.BigIntegerField(null=True)),
                ('body', models.BinaryField()),
                ('digest', models.CharField(max_length=120)),
                ('leaf', models.BinaryField(max_length=32)),
                ('request', models.JSONField(help_text='method, authority, path, query and signed headers, as received')),
                ('outcome', models.CharField(choices=[('stored', '已收存'), ('refused', '永久拒绝'), ('gap', '前面缺号，未收'), ('equivocation', '同号异文，未收')], max_length=12)),
                ('code', models.CharField(blank=True, max_length=64)),
                ('receipt', models.BinaryField()),
                ('receipt_key_id', models.CharField(max_length=64)),
                ('receipt_algorithm', models.CharField(max_length=20)),
                ('receipt_signature', models.BinaryField()),
                ('received_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('stream', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='nodes.inboundstream')),
            ],
            options={
                'db_table': 'incoming',
                'constraints': [models.UniqueConstraint(fields=('stream', 'sequence'), name='incoming_once_a_number')],
            },
        ),
        migrations.AddConstraint(
            model_name='outgoing',
            constraint=models.UniqueConstraint(fields=('stream', 'position'), name='outgoing_once_a_position'),
        ),
        migrations.AddConstraint(
            model_name='envelope',
            constraint=models.UniqueConstraint(fields=('stream', 'sequence'), name='envelope_once_a_number'),
        ),
        migrations.AddConstraint(
            model_name='outboundstream',
            constraint=models.UniqueConstraint(fields=('peer', 'name'), name='outbound_once_a_stream'),
        ),
        migrations.AddConstraint(
            model_name='nodealarm',
            constraint=models.UniqueConstraint(condition=models.Q(('closed_at', None)), fields=('peer', 'stream', 'kind', 'sequence'), name='node_alarm_once_open'),
        ),
        migrations.AddConstraint(
            model_name='inboundstream',
            constraint=models.UniqueConstraint(fields=('peer', 'name'), name='inbound_once_a_stream'),
        ),
        migrations.AddIndex(
            model_name='report',
            index=models.Index(fields=['node', 'kind', 'sequence'], name='report_by_number'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=models.UniqueConstraint(condition=models.Q(('supersedes', None)), fields=('node', 'section', 'start', 'end'), name='report_once_a_period'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=models.CheckConstraint(condition=models.Q(('start__lt', models.F('end'))), name='report_period_not_empty'),
        ),
    ]
