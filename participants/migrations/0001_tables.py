import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import kernel.ids
import oauth2_provider.generators
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    run_before = [('oauth2_provider', '0001_initial')]  # its tables point at our application

    operations = [
        migrations.CreateModel(
            name='Case',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('state', models.CharField(choices=[('open', '待受理'), ('reviewing', '审核中'), ('questioned', '待申请人答复'), ('checked', '已初审，待决定'), ('certified', '予以认证'), ('refused', '不予认证'), ('withdrawn', '已撤回')], default='open', max_length=10)),
                ('reviewer', models.UUIDField(help_text='the person it is assigned to', null=True)),
                ('checked_by', models.UUIDField(null=True)),
                ('decided_by', models.UUIDField(null=True)),
                ('decided_at', models.DateTimeField(null=True)),
                ('reason', models.CharField(blank=True, max_length=500)),
            ],
            options={
                'db_table': 'certification_case',
            },
        ),
        migrations.CreateModel(
            name='OAuthClient',
            fields=[
                ('client_id', models.CharField(db_index=True, default=oauth2_provider.generators.generate_client_id, max_length=255, unique=True, verbose_name='client ID')),
                ('name', models.CharField(blank=True, max_length=255, verbose_name='name')),
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('roles', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('compute_provider', '算力资源提供商'), ('line_provider', '算力专线服务商'), ('resale_provider', '算力转售调度服务商'), ('application_provider', '算力应用服务商'), ('compute_user', '算力用户'), ('operator_system', '运营主体系统管理员'), ('operator_security', '运营主体安全管理员'), ('operator_audit', '运营主体审计管理员'), ('regulator', '通信管理局'), ('supporting_unit', '技术支撑单位'), ('reading_authority', '读取部门'), ('auditor', '审计员'), ('node', '互联节点（机器）'), ('anonymous', '未登录')], max_length=24), size=None)),
                ('scopes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=80), size=None)),
                ('allowed_networks', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=43), default=list, size=None)),
                ('ended_at', models.DateTimeField(null=True)),
                ('last_used_at', models.DateTimeField(null=True)),
                ('last_used_from', models.GenericIPAddressField(null=True)),
            ],
            options={
                'db_table': 'oauth_client',
            },
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('email', models.EmailField(max_length=254, unique=True)),
                ('name', models.CharField(max_length=80)),
                ('language', models.CharField(choices=[('zh-hans', '简体中文'), ('en', '英文')], default='zh-hans', max_length=8)),
                ('is_active', models.BooleanField(default=True)),
                ('is_staff', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'db_table': 'person',
            },
        ),
        migrations.CreateModel(
            name='ClientSecret',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('digest', models.BinaryField(max_length=32)),
                ('expires_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(null=True)),
                ('last_used_at', models.DateTimeField(null=True)),
                ('reminded_at', models.DateTimeField(null=True)),
                ('replaces', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='successors', to='participants.clientsecret')),
            ],
            options={
                'db_table': 'client_secret',
            },
        ),
        migrations.CreateModel(
            name='AccessToken',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('digest', models.BinaryField(max_length=32, unique=True)),
                ('scopes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=80), size=None)),
                ('expires_at', models.DateTimeField(db_index=True)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('secret', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tokens', to='participants.clientsecret')),
            ],
            options={
                'db_table': 'access_token',
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('roles', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('compute_provider', '算力资源提供商'), ('line_provider', '算力专线服务商'), ('resale_provider', '算力转售调度服务商'), ('application_provider', '算力应用服务商'), ('compute_user', '算力用户'), ('operator_system', '运营主体系统管理员'), ('operator_security', '运营主体安全管理员'), ('operator_audit', '运营主体审计管理员'), ('regulator', '通信管理局'), ('supporting_unit', '技术支撑单位'), ('reading_authority', '读取部门'), ('auditor', '审计员'), ('node', '互联节点（机器）'), ('anonymous', '未登录')], max_length=24), size=None)),
                ('administers', models.BooleanField(default=False)),
                ('ended_at', models.DateTimeField(null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'membership',
            },
        ),
        migrations.AddField(
            model_name='clientsecret',
            name='membership',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='client_secrets', to='participants.membership'),
        ),
        migrations.AddField(
            model_name='clientsecret',
            name='client',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='secrets', to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL),
        ),
        migrations.CreateModel(
            name='Organisation',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('kind', models.CharField(choices=[('compute_provider', '算力资源提供商'), ('line_provider', '算力专线服务商'), ('resale_provider', '算力转售调度服务商'), ('application_provider', '算力应用服务商'), ('compute_user', '算力用户'), ('operator', '节点运营主体'), ('regulator', '通信管理局'), ('supporting_unit', '技术支撑单位'), ('reading_authority', '读取部门'), ('auditor', '审计机构')], max_length=24)),
                ('name', models.CharField(max_length=120)),
                ('code', models.CharField(help_text='统一社会信用代码 GB 32100-2015; without one the 组织机构代码 GB 11714', max_length=18)),
                ('legal_entity', models.GeneratedField(db_persist=True, expression=django.db.models.functions.text.Right(django.db.models.functions.text.Left('code', 17), 9), output_field=models.CharField(max_length=9))),
                ('code_check', models.CharField(choices=[('passed', '校验通过'), ('review', '待人工核对'), ('confirmed', '人工核对属实'), ('refused', '人工核对不符')], default='passed', max_length=9)),
                ('division', models.CharField(blank=True, help_text='GB/T 2260', max_length=6)),
                ('size', models.CharField(blank=True, choices=[('micro', '微型'), ('small', '小型'), ('medium', '中型'), ('large', '大型')], max_length=8)),
                ('affiliate_codes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=18), blank=True, default=list, size=None)),
                ('affiliate_entities', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=9), blank=True, default=list, size=None)),
                ('state', models.CharField(choices=[('applied', '已申请'), ('certified', '已认证'), ('refused', '未通过'), ('closed', '已注销')], default='applied', max_length=12)),
                ('require_signatures', models.BooleanField(default=False)),
            ],
            options={
                'db_table': 'organisation',
                'indexes': [models.Index(fields=['legal_entity'], name='organisation_legal_entity'), django.contrib.postgres.indexes.GinIndex(fields=['affiliate_entities'], name='organisation_affiliates')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ['refused', 'closed']), _negated=True), fields=('legal_entity', 'kind'), name='organisation_once_an_entity_and_kind')],
            },
        ),
        migrations.AddField(
            model_name='oauthclient',
            name='organisation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='clients', to='participants.organisation'),
        ),
        migrations.AddField(
            model_name='membership',
            name='organisation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='participants.organisation'),
        ),
        migrations.CreateModel(
            name='Mandate',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('grantor', models.UUIDField()),
                ('operations', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=80), help_text='operation ids', size=None)),
                ('case', models.CharField(help_text='the case or document that it serves, 文号', max_length=60)),
                ('reason', models.CharField(max_length=500)),
                ('last_day', models.DateField(help_text='last day of validity in China')),
                ('proposed_by', models.UUIDField()),
                ('approved_by', models.UUIDField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('ended_by', models.UUIDField(null=True)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='mandates', to='participants.organisation')),
            ],
            options={
                'db_table': 'mandate',
            },
        ),
        migrations.CreateModel(
            name='Mail',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('letter', models.CharField(max_length=80)),
                ('address', models.EmailField(blank=True, max_length=254)),
                ('subject', models.CharField(blank=True, max_length=400)),
                ('body', models.TextField(blank=True)),
                ('sent_at', models.DateTimeField(null=True)),
                ('dropped_at', models.DateTimeField(null=True)),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='participants.organisation')),
            ],
            options={
                'db_table': 'mail',
            },
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('email', models.EmailField(blank=True, help_text='empty: who accepts gives it', max_length=254)),
                ('roles', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('compute_provider', '算力资源提供商'), ('line_provider', '算力专线服务商'), ('resale_provider', '算力转售调度服务商'), ('application_provider', '算力应用服务商'), ('compute_user', '算力用户'), ('operator_system', '运营主体系统管理员'), ('operator_security', '运营主体安全管理员'), ('operator_audit', '运营主体审计管理员'), ('regulator', '通信管理局'), ('supporting_unit', '技术支撑单位'), ('reading_authority', '读取部门'), ('auditor', '审计员'), ('node', '互联节点（机器）'), ('anonymous', '未登录')], max_length=24), size=None)),
                ('administers', models.BooleanField(default=False)),
                ('digest', models.BinaryField(max_length=32, unique=True)),
                ('expires_at', models.DateTimeField()),
                ('accepted_at', models.DateTimeField(null=True)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invitations', to='participants.organisation')),
            ],
            options={
                'db_table': 'invitation',
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
                ('particulars', models.JSONField(blank=True, default=dict, help_text='as the kind declares in the profile')),
                ('valid_until', models.DateField(help_text='last day of validity in China; null never ends', null=True)),
                ('file_type', models.CharField(choices=[('pdf', 'PDF 文件'), ('png', 'PNG 图像'), ('jpeg', 'JPEG 图像')], max_length=8)),
                ('size', models.PositiveIntegerField(help_text='bytes')),
                ('sha256', models.CharField(max_length=64)),
                ('path', models.CharField(max_length=120)),
                ('accepted_at', models.DateTimeField(null=True)),
                ('accepted_by', models.UUIDField(null=True)),
                ('refused_at', models.DateTimeField(null=True)),
                ('refused_by', models.UUIDField(null=True)),
                ('refusal', models.CharField(blank=True, help_text='why it was refused', max_length=500)),
                ('reminded_days', models.PositiveSmallIntegerField(help_text='days before the last one of the newest reminder', null=True)),
                ('case', models.ForeignKey(help_text='the case it was submitted in', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='participants.case')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='participants.organisation')),
            ],
            options={
                'db_table': 'document',
            },
        ),
        migrations.CreateModel(
            name='Decision',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('case', models.CharField(help_text='code, certification or qualification', max_length=16)),
                ('act', models.CharField(max_length=16)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('profile', models.CharField(help_text='version of the certification profile', max_length=20)),
                ('decided_by', models.UUIDField(help_text='null: the node itself, on a last day of validity', null=True)),
                ('decided_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('of_case', models.ForeignKey(help_text='of a certification', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='participants.case')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='participants.organisation')),
            ],
            options={
                'db_table': 'decision',
            },
        ),
        migrations.AddField(
            model_name='case',
            name='organisation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='participants.organisation'),
        ),
        migrations.CreateModel(
            name='Qualification',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('state', models.CharField(choices=[('proposed', '待授予'), ('granted', '有效'), ('suspended', '已暂停'), ('revoked', '已撤销'), ('expired', '已到期')], default='granted', max_length=10)),
                ('valid_until', models.DateField(help_text='last day of validity in China')),
                ('reminded_days', models.PositiveSmallIntegerField(help_text='days before the last one of the newest reminder', null=True)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='qualifications', to='participants.organisation')),
            ],
            options={
                'db_table': 'qualification',
            },
        ),
        migrations.CreateModel(
            name='Question',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('text', models.CharField(max_length=1000)),
                ('asked_by', models.UUIDField()),
                ('answer', models.CharField(blank=True, max_length=2000)),
                ('answered_by', models.UUIDField(null=True)),
                ('answered_at', models.DateTimeField(null=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='questions', to='participants.case')),
            ],
            options={
                'db_table': 'certification_question',
            },
        ),
        migrations.CreateModel(
            name='Session',
            fields=[
                ('session_key', models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name='session key')),
                ('session_data', models.TextField(verbose_name='session data')),
                ('expire_date', models.DateTimeField(db_index=True, verbose_name='expire date')),
                ('public_id', models.UUIDField(default=kernel.ids.new_id, editable=False, unique=True)),
                ('agent', models.CharField(blank=True, max_length=200)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('last_used_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='sessions', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'session',
            },
        ),
        migrations.CreateModel(
            name='SigningKey',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('name', models.CharField(max_length=80)),
                ('key_id', models.CharField(help_text='RFC 7638 thumbprint', max_length=64)),
                ('suite', models.CharField(max_length=20)),
                ('public_key', models.BinaryField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('last_used_at', models.DateTimeField(null=True)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='signing_keys', to='participants.organisation')),
            ],
            options={
                'db_table': 'signing_key',
            },
        ),
        migrations.CreateModel(
            name='Webhook',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('url', models.CharField(max_length=2000)),
                ('description', models.CharField(blank=True, max_length=200)),
                ('event_types', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=100), size=None)),
                ('roles', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), size=None)),
                ('scopes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=80), size=None)),
                ('state', models.CharField(choices=[('enabled', '启用'), ('disabled', '停用'), ('paused', '因投递失败暂停')], default='enabled', max_length=10)),
                ('reason', models.CharField(blank=True, choices=[('failing', '连续多次投递失败'), ('gone', '接收方答复 410，表示不再接收')], max_length=10)),
                ('salt', models.BinaryField(max_length=16)),
                ('old_salt', models.BinaryField(max_length=16, null=True)),
                ('old_until', models.DateTimeField(null=True)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('last_error', models.CharField(blank=True, max_length=300)),
                ('next_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('served_at', models.DateTimeField(null=True)),
                ('fence', models.UUIDField(null=True)),
                ('lease_until', models.DateTimeField(null=True)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='webhooks', to='participants.organisation')),
            ],
            options={
                'db_table': 'webhook',
            },
        ),
        migrations.CreateModel(
            name='WebhookDelivery',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('event', models.UUIDField()),
                ('event_type', models.CharField(max_length=100)),
                ('body', models.BinaryField()),
                ('state', models.CharField(choices=[('pending', '待投递'), ('delivered', '已投递'), ('failed', '上次失败，将重试'), ('abandoned', '已放弃，可重投')], default='pending', max_length=10)),
                ('tries', models.PositiveIntegerField(default=0)),
                ('next_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('delivered_at', models.DateTimeField(null=True)),
                ('last_status', models.PositiveSmallIntegerField(null=True)),
                ('last_error', models.CharField(blank=True, max_length=300)),
                ('webhook', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='participants.webhook')),
            ],
            options={
                'db_table': 'webhook_delivery',
            },
        ),
        migrations.CreateModel(
            name='WebhookAttempt',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('status', models.PositiveSmallIntegerField(null=True)),
                ('duration_ms', models.PositiveIntegerField()),
                ('error', models.CharField(blank=True, max_length=300)),
                ('answer', models.CharField(blank=True, max_length=500)),
                ('delivery', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='attempts', to='participants.webhookdelivery')),
            ],
            options={
                'db_table': 'webhook_attempt',
            },
        ),
        migrations.CreateModel(
            name='ApiKey',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('digest', models.BinaryField(max_length=32)),
                ('expires_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(null=True)),
                ('last_used_at', models.DateTimeField(null=True)),
                ('reminded_at', models.DateTimeField(null=True)),
                ('name', models.CharField(max_length=80)),
                ('prefix', models.CharField(max_length=12, unique=True)),
                ('scopes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=80), size=None)),
                ('allowed_networks', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=43), default=list, size=None)),
                ('replaces', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='successors', to='participants.apikey')),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='keys', to='participants.membership')),
            ],
            options={
                'db_table': 'api_key',
                'constraints': [models.UniqueConstraint(condition=models.Q(('revoked_at', None)), fields=('replaces',), name='api_key_one_successor')],
            },
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('user', 'organisation'), name='membership_once'),
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
            constraint=models.CheckConstraint(condition=models.Q(('roles__contains', ['operator_system', 'supporting_unit']), _negated=True), name='membership_operator_system_not_supporting_unit'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('roles__contains', ['operator_system', 'reading_authority']), _negated=True), name='membership_operator_system_not_reading_authority'),
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
            constraint=models.CheckConstraint(condition=models.Q(('roles__contains', ['operator_security', 'supporting_unit']), _negated=True), name='membership_operator_security_not_supporting_unit'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('roles__contains', ['operator_security', 'reading_authority']), _negated=True), name='membership_operator_security_not_reading_authority'),
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
            constraint=models.CheckConstraint(condition=models.Q(('roles__contains', ['operator_audit', 'supporting_unit']), _negated=True), name='membership_operator_audit_not_supporting_unit'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('roles__contains', ['operator_audit', 'reading_authority']), _negated=True), name='membership_operator_audit_not_reading_authority'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('roles__contains', ['operator_audit', 'auditor']), _negated=True), name='membership_operator_audit_not_auditor'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('roles__contains', ['regulator', 'supporting_unit']), _negated=True), name='membership_regulator_not_supporting_unit'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('roles__contains', ['regulator', 'reading_authority']), _negated=True), name='membership_regulator_not_reading_authority'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('roles__contains', ['regulator', 'auditor']), _negated=True), name='membership_regulator_not_auditor'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('roles__contains', ['supporting_unit', 'reading_authority']), _negated=True), name='membership_supporting_unit_not_reading_authority'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('roles__contains', ['supporting_unit', 'auditor']), _negated=True), name='membership_supporting_unit_not_auditor'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('roles__contains', ['reading_authority', 'auditor']), _negated=True), name='membership_reading_authority_not_auditor'),
        ),
        migrations.AddConstraint(
            model_name='mandate',
            constraint=models.CheckConstraint(condition=models.Q(('approved_by', models.F('proposed_by')), _negated=True), name='mandate_by_two'),
        ),
        migrations.AddConstraint(
            model_name='mandate',
            constraint=models.CheckConstraint(condition=models.Q(('operations', []), _negated=True), name='mandate_names_something'),
        ),
        migrations.AddIndex(
            model_name='mail',
            index=models.Index(condition=models.Q(('dropped_at', None), ('sent_at', None)), fields=['created_at'], name='mail_waiting'),
        ),
        migrations.AddConstraint(
            model_name='mail',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('dropped_at', None), ('sent_at', None)), models.Q(('address', ''), ('body', ''), ('subject', '')), _connector='OR'), name='mail_emptied_once_it_left'),
        ),
        migrations.AddConstraint(
            model_name='document',
            constraint=models.CheckConstraint(condition=models.Q(('accepted_at__isnull', True), ('refused_at__isnull', True), _connector='OR'), name='document_accepted_or_refused'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['open', 'reviewing', 'questioned', 'checked'])), fields=('organisation',), name='case_one_open_an_organisation'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'certified'), _negated=True), models.Q(('checked_by__isnull', False), ('decided_by__isnull', False), models.Q(('decided_by', models.F('checked_by')), _negated=True)), _connector='OR'), name='case_certified_by_two'),
        ),
        migrations.AddConstraint(
            model_name='qualification',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['revoked', 'expired']), _negated=True), fields=('organisation',), name='qualification_one_an_organisation'),
        ),
        migrations.AddConstraint(
            model_name='signingkey',
            constraint=models.UniqueConstraint(fields=('organisation', 'key_id'), name='signing_key_once_an_organisation'),
        ),
        migrations.AddConstraint(
            model_name='webhook',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['enabled', 'disabled', 'paused'])), name='webhook_state_is_listed'),
        ),
        migrations.AddConstraint(
            model_name='webhook',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('reason__gt', ''), ('state', 'paused')), models.Q(models.Q(('state', 'paused'), _negated=True), ('reason', '')), _connector='OR'), name='webhook_paused_for_a_reason'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(condition=models.Q(('state__in', ('pending', 'failed'))), fields=['webhook', 'next_at'], name='webhook_delivery_open'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(models.F('webhook'), models.OrderBy(models.F('id'), descending=True), name='webhook_delivery_log'),
        ),
        migrations.AddConstraint(
            model_name='webhookdelivery',
            constraint=models.UniqueConstraint(fields=('webhook', 'event'), name='webhook_delivery_once_an_event'),
        ),
        migrations.AddConstraint(
            model_name='webhookdelivery',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['pending', 'delivered', 'failed', 'abandoned'])), name='webhook_delivery_state_is_listed'),
        ),
    ]
