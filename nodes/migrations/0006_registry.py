import django.db.models.deletion
import django.db.models.functions.datetime
import kernel.ids
from django.db import migrations, models

from kernel.append_only import AppendOnly


class Migration(migrations.Migration):

    dependencies = [
        ('nodes', "0005_block_grants_stay"),
    ]

    operations = [
        migrations.AddField(
            model_name='invitation',
            name='inviter',
            field=models.UUIDField(help_text='the person who invited it', null=True),
        ),
        migrations.AddField(
            model_name='invitation',
            name='our_key',
            field=models.CharField(blank=True, default='', help_text='key id of ours that the token names', max_length=64),
        ),
        migrations.AddField(
            model_name='invitation',
            name='reason',
            field=models.CharField(blank=True, default='', help_text="why it may attach, as its approval's number", max_length=500),
        ),
        migrations.AddField(
            model_name='invitation',
            name='suite',
            field=models.CharField(default='international', max_length=20),
        ),
        migrations.AddField(
            model_name='peer',
            name='contact',
            field=models.CharField(blank=True, default='', help_text='the duty desk of its operator', max_length=200),
        ),
        migrations.AddField(
            model_name='peer',
            name='own_key',
            field=models.CharField(blank=True, default='', help_text='key id of our newest key that it has', max_length=64),
        ),
        migrations.AddField(
            model_name='peer',
            name='protocol',
            field=models.CharField(default='cin/1', help_text="the pair's version of messages", max_length=20),
        ),
        migrations.AddField(
            model_name='peer',
            name='suite',
            field=models.CharField(default='international', help_text="the pair's, for ever", max_length=20),
        ),
        migrations.AddField(
            model_name='peerkeyrow',
            name='version',
            field=models.PositiveIntegerField(default=1, help_text='as the peer counts its keys'),
        ),
        migrations.CreateModel(
            name='NodeKey',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('key_id', models.CharField(help_text='RFC 7638 thumbprint', max_length=64, unique=True)),
                ('suite', models.CharField(choices=[('international', 'international'), ('gm', 'gm')], max_length=20)),
                ('version', models.PositiveIntegerField(help_text='1, 2 …; null until it is announced', null=True)),
                ('public_key', models.BinaryField()),
                ('valid_from', models.DateTimeField(null=True)),
                ('valid_until', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'node_key',
                'constraints': [models.UniqueConstraint(condition=models.Q(('version', None), _negated=True), fields=('suite', 'version'), name='node_key_once_a_version')],
            },
        ),
        migrations.CreateModel(
            name='PeerLogEntry',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('act', models.CharField(choices=[('attached', '接入'), ('key_rotated', '更换密钥'), ('detached', '脱离')], max_length=12)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('key_id', models.CharField(blank=True, help_text='the key that it was done with', max_length=64)),
                ('person', models.UUIDField(null=True)),
                ('peer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='log', to='nodes.peer')),
            ],
            options={
                'db_table': 'peer_log',
            },
        ),
        AppendOnly("peer_log"),
    ]
