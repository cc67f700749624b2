import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import kernel.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('participants', '0001_tables'),
    ]

    operations = [
        migrations.CreateModel(
            name='Decision',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('case', models.CharField(help_text='certification or qualification', max_length=16)),
                ('act', models.CharField(max_length=16)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('profile', models.CharField(help_text='version of the certification profile', max_length=20)),
                ('decided_by', models.UUIDField(help_text='null: the node itself, on a last day of validity', null=True)),
                ('decided_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'db_table': 'decision',
            },
        ),
        migrations.CreateModel(
            name='Document',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('kind', models.CharField(max_length=40)),
                ('number', models.CharField(blank=True, max_length=80)),
                ('valid_until', models.DateField(help_text='last day of validity in China; null never ends', null=True)),
                ('file_type', models.CharField(choices=[('pdf', 'PDF 文件'), ('png', 'PNG 图像'), ('jpeg', 'JPEG 图像')], max_length=8)),
                ('size', models.PositiveIntegerField(help_text='bytes')),
                ('sha256', models.CharField(max_length=64)),
                ('path', models.CharField(max_length=120)),
                ('accepted_at', models.DateTimeField(null=True)),
                ('accepted_by', models.UUIDField(null=True)),
            ],
            options={
                'db_table': 'document',
            },
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('email', models.EmailField(blank=True, help_text='empty: who accepts gives it', max_length=254)),
                ('roles', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('compute_provider', '算力资源提供商'), ('line_provider', '算力专线服务商'), ('resale_provider', '算力转售调度服务商'), ('application_provider', '算力应用服务商'), ('compute_user', '算力用户'), ('operator_system', '运营主体系统管理员'), ('operator_security', '运营主体安全管理员'), ('operator_audit', '运营主体审计管理员'), ('regulator', '通信管理局'), ('auditor', '审计员'), ('node', '互联节点（机器）'), ('anonymous', '未登录')], max_length=24), size=None)),
                ('administers', models.BooleanField(default=False)),
                ('digest', models.BinaryField(max_length=32, unique=True)),
                ('expires_at', models.DateTimeField()),
                ('accepted_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'invitation',
            },
        ),
        migrations.CreateModel(
            name='Qualification',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('state', models.CharField(choices=[('proposed', '待授予'), ('granted', '有效'), ('suspended', '已暂停'), ('revoked', '已撤销'), ('expired', '已到期')], default='granted', max_length=10)),
                ('valid_until', models.DateField(help_text='last day of validity in China')),
            ],
            options={
                'db_table': 'qualification',
            },
        ),
        migrations.AddField(
            model_name='organisation',
            name='affiliate_codes',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=18), blank=True, default=list, size=None),
        ),
        migrations.AddField(
            model_name='organisation',
            name='certified_by',
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name='organisation',
            name='checked_by',
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name='organisation',
            name='code_check',
            field=models.CharField(choices=[('passed', '校验通过'), ('review', '待人工核对')], default='passed', max_length=8),
        ),
        migrations.AddField(
            model_name='organisation',
            name='division',
            field=models.CharField(blank=True, help_text='GB/T 2260', max_length=6),
        ),
        migrations.AddField(
            model_name='organisation',
            name='size',
            field=models.CharField(blank=True, choices=[('micro', '微型'), ('small', '小型'), ('medium', '中型'), ('large', '大型')], max_length=8),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('roles__contains', ['operator_system', 'operator_security']), _negated=True), name='membership_operator_system_not_operator_security'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('roles__contains', ['operator_system', 'operator_audit']), _negated=True), name='membership_operator_system_not_operator_audit'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('roles__contains', ['operator_system', 'regulator']), _negated=True), name='membership_operator_system_not_regulator'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('roles__contains', ['operator_system', 'auditor']), _negated=True), name='membership_operator_system_not_auditor'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('roles__contains', ['operator_security', 'operator_audit']), _negated=True), name='membership_operator_security_not_operator_audit'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('roles__contains', ['operator_security', 'regulator']), _negated=True), name='membership_operator_security_not_regulator'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('roles__contains', ['operator_security', 'auditor']), _negated=True), name='membership_operator_security_not_auditor'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('roles__contains', ['operator_audit', 'regulator']), _negated=True), name='membership_operator_audit_not_regulator'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('roles__contains', ['operator_audit', 'auditor']), _negated=True), name='membership_operator_audit_not_auditor'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('roles__contains', ['regulator', 'auditor']), _negated=True), name='membership_regulator_not_auditor'),
        ),
        migrations.AddConstraint(
            model_name='organisation',
            constraint=models.CheckConstraint(condition=models.Q(('certified_by__isnull', True), models.Q(('certified_by', models.F('checked_by')), _negated=True), _connector='OR'), name='organisation_certified_by_two'),
        ),
        migrations.AddField(
            model_name='decision',
            name='organisation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='participants.organisation'),
        ),
        migrations.AddField(
            model_name='document',
            name='organisation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='participants.organisation'),
        ),
        migrations.AddField(
            model_name='invitation',
            name='organisation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invitations', to='participants.organisation'),
        ),
        migrations.AddField(
            model_name='qualification',
            name='organisation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='qualifications', to='participants.organisation'),
        ),
        migrations.AddConstraint(
            model_name='qualification',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['revoked', 'expired']), _negated=True), fields=('organisation',), name='qualification_one_an_organisation'),
        ),
    ]
