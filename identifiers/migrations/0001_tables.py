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
            name='Prefix',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('prefix', models.CharField(max_length=20, unique=True)),
                ('delegated_by', models.CharField(help_text='GB/T 2260 code of the delegating node', max_length=6)),
            ],
            options={
                'db_table': 'prefix',
            },
        ),
        migrations.CreateModel(
            name='Identifier',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('tenant_id', models.UUIDField()),
                ('kind', models.CharField(choices=[('centre', '算力中心'), ('pool', '算力资源池'), ('line', '算力专线'), ('application', '算力应用'), ('organisation', '主体'), ('node', '互联节点')], max_length=12)),
                ('subject', models.UUIDField()),
                ('state', models.CharField(choices=[('applied', '已申请'), ('verified', '已核验'), ('refused', '未通过'), ('issued', '已签发'), ('filing', '备案中'), ('active', '有效'), ('suspended', '已暂停'), ('retired', '已注销')], default='applied', max_length=10)),
                ('code', models.CharField(max_length=40, null=True, unique=True)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('filing', models.CharField(blank=True, help_text='国家节点备案回执号 / receipt of the filing', max_length=64)),
                ('filed_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'identifier',
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ['refused', 'retired']), _negated=True), fields=('tenant_id', 'subject'), name='identifier_one_a_resource'), models.CheckConstraint(condition=models.Q(models.Q(('code__isnull', True), ('state__in', ['applied', 'verified', 'refused'])), models.Q(('code__isnull', False), models.Q(('state__in', ['applied', 'verified', 'refused']), _negated=True)), _connector='OR'), name='identifier_has_code_from_issue_on'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'active'), _negated=True), models.Q(('filing', ''), _negated=True), _connector='OR'), name='identifier_active_is_filed')],
            },
        ),
        migrations.CreateModel(
            name='IssuedCode',
            fields=[
                ('code', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('issued_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('identifier', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='issue', to='identifiers.identifier')),
            ],
            options={
                'db_table': 'issued_code',
            },
        ),
        migrations.CreateModel(
            name='Descriptor',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField()),
                ('profile', models.CharField(max_length=20)),
                ('attributes', models.JSONField()),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('identifier', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='descriptors', to='identifiers.identifier')),
            ],
            options={
                'db_table': 'descriptor',
                'constraints': [models.UniqueConstraint(fields=('identifier', 'version'), name='descriptor_once_a_version')],
            },
        ),
    ]
