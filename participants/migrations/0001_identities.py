import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import kernel.ids
import oauth2_provider.generators
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    run_before = [('oauth2_provider', '0001_initial')]  # its tables point at our application

    operations = [
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
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='clients', to='participants.organisation')),
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
    ]
