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
            name='Checkpoint',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('size', models.BigIntegerField(unique=True)),
                ('root', models.CharField(max_length=64)),
                ('text', models.TextField(help_text='the signed bytes: origin, size, root in base64, time, a line each')),
                ('key_id', models.CharField(max_length=64)),
                ('signature', models.CharField(help_text='base64', max_length=128)),
            ],
            options={
                'db_table': 'checkpoint',
            },
        ),
        migrations.CreateModel(
            name='LogNode',
            fields=[
                ('pk', models.CompositePrimaryKey('level', 'index', blank=True, editable=False, primary_key=True, serialize=False)),
                ('level', models.PositiveSmallIntegerField()),
                ('index', models.BigIntegerField()),
                ('hash', models.BinaryField()),
            ],
            options={
                'db_table': 'log_node',
            },
        ),
        migrations.CreateModel(
            name='Asset',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('tenant_id', models.UUIDField()),
                ('key', models.CharField(max_length=64)),
                ('kind', models.CharField(choices=[('image', '容器镜像'), ('host', '主机'), ('application', '应用'), ('network', '网络设备')], max_length=12)),
                ('name', models.CharField(max_length=200)),
                ('resources', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None)),
            ],
            options={
                'db_table': 'asset',
                'constraints': [models.UniqueConstraint(fields=('tenant_id', 'key'), name='asset_once_a_key')],
            },
        ),
        migrations.CreateModel(
            name='Scan',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('tool', models.CharField(max_length=20)),
                ('tool_version', models.CharField(blank=True, max_length=60)),
                ('sha256', models.CharField(max_length=64)),
                ('scopes', models.JSONField()),
                ('seen', models.PositiveIntegerField()),
                ('opened', models.PositiveIntegerField()),
                ('reopened', models.PositiveIntegerField()),
                ('cleared', models.PositiveIntegerField()),
                ('asset', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='scans', to='security.asset')),
            ],
            options={
                'db_table': 'scan',
            },
        ),
        migrations.CreateModel(
            name='Finding',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('tool', models.CharField(max_length=20)),
                ('scope', models.CharField(choices=[('vulnerability', '漏洞'), ('misconfiguration', '配置缺陷'), ('secret', '敏感信息泄露')], max_length=20)),
                ('rule', models.CharField(max_length=200)),
                ('location', models.CharField(max_length=64)),
                ('severity', models.CharField(choices=[('critical', '严重'), ('high', '高危'), ('medium', '中危'), ('low', '低危'), ('info', '提示'), ('unknown', '未定级')], max_length=10)),
                ('score', models.DecimalField(decimal_places=1, max_digits=3, null=True)),
                ('vector', models.CharField(blank=True, max_length=300)),
                ('title', models.CharField(blank=True, max_length=500)),
                ('component', models.CharField(blank=True, max_length=200)),
                ('version', models.CharField(blank=True, max_length=100)),
                ('fixed_version', models.CharField(blank=True, max_length=200)),
                ('state', models.CharField(choices=[('open', '待处置'), ('in_review', '待复核'), ('closed', '已关闭'), ('accepted', '风险已接受'), ('reopened', '重新打开')], default='open', max_length=10)),
                ('first_seen_at', models.DateTimeField()),
                ('last_seen_at', models.DateTimeField()),
                ('due_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(null=True)),
                ('evidence_note', models.CharField(blank=True, max_length=2000)),
                ('evidence_sha256', models.CharField(blank=True, max_length=64)),
                ('accepted_until', models.DateTimeField(null=True)),
                ('asset', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='findings', to='security.asset')),
            ],
            options={
                'db_table': 'finding',
                'constraints': [models.UniqueConstraint(fields=('asset', 'tool', 'rule', 'location'), name='finding_once_a_place'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'closed'), _negated=True), models.Q(('evidence_sha256', ''), _negated=True), _connector='OR'), name='finding_closed_with_evidence'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'accepted'), _negated=True), ('accepted_until__isnull', False), _connector='OR'), name='finding_accepted_for_a_time')],
            },
        ),
    ]
