import django.db.models.deletion
import django.db.models.functions.datetime
import kernel.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('nodes', '0006_registry'),
    ]

    operations = [
        migrations.AlterField(
            model_name='nodealarm',
            name='kind',
            field=models.CharField(choices=[('equivocation', '同一序号出现不同内容'), ('gap', '报送缺号'), ('refilled', '已存报文曾丢失，现已补回'), ('quarantined', '报文被对端永久拒绝，已隔离'), ('peer_lost', '对端丢失了已回执的报文'), ('receipt_mismatch', '回执与所发报文不符'), ('unreachable', '对端无法访问'), ('instruction_late', '指令一分钟内未生效'), ('backlog', '待报送积压过多')], max_length=20),
        ),
        migrations.CreateModel(
            name='ForwardedIdentifier',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('remote', models.UUIDField(help_text='id of the identifier at the industry node')),
                ('identifier', models.UUIDField(null=True, unique=True)),
                ('peer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='forwarded', to='nodes.peer')),
            ],
            options={
                'db_table': 'forwarded_identifier',
                'constraints': [models.UniqueConstraint(fields=('peer', 'remote'), name='forwarded_identifier_once')],
            },
        ),
    ]
