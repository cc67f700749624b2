import django.db.models.functions.datetime
import kernel.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('monitoring', '0002_append_only'),
    ]

    operations = [
        migrations.AddField(
            model_name='instruction',
            name='node',
            field=models.CharField(blank=True, default='', help_text="code of the upstream that gave it; empty: this node's regulator", max_length=6),
        ),
        migrations.AlterField(
            model_name='instruction',
            name='issuer',
            field=models.UUIDField(null=True),
        ),
        migrations.CreateModel(
            name='DownwardInstruction',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('node', models.CharField(help_text='code of the node that carries it out', max_length=6)),
                ('about', models.CharField(help_text='code of the party, or identifier of the resource', max_length=64)),
                ('issuer', models.UUIDField(help_text="the regulator's house")),
                ('number', models.CharField(help_text='文号', max_length=60)),
                ('legal_basis', models.CharField(max_length=500)),
                ('reason', models.CharField(max_length=1000)),
                ('effect', models.CharField(max_length=500)),
                ('scope', models.CharField(choices=[('new_sale', '停止新售'), ('renewal', '停止续订'), ('running', '停止在运行服务')], default='new_sale', max_length=10)),
                ('valid_until', models.DateTimeField(null=True)),
                ('state', models.CharField(choices=[('proposed', '待批准'), ('withdrawn', '已撤回'), ('sent', '已下达'), ('not_applied', '未能执行'), ('in_force', '生效'), ('acknowledged', '已签收'), ('rectified', '已报整改'), ('lifted', '已解除'), ('expired', '期满')], default='proposed', max_length=12)),
                ('reason_code', models.CharField(blank=True, max_length=64)),
                ('proposal', models.UUIDField(null=True)),
                ('issued_at', models.DateTimeField(null=True)),
                ('in_force_at', models.DateTimeField(help_text="by the other node's clock", null=True)),
                ('ended_at', models.DateTimeField(help_text="by the other node's clock", null=True)),
                ('receipt', models.CharField(blank=True, max_length=2000)),
                ('receipt_sha256', models.CharField(blank=True, max_length=64)),
            ],
            options={
                'db_table': 'downward_instruction',
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ['withdrawn', 'not_applied', 'lifted', 'expired']), _negated=True), fields=('node', 'number', 'about'), name='downward_instruction_once_a_number')],
            },
        ),
    ]
