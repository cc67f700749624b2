import django.contrib.postgres.fields
import django.db.models.functions.datetime
import kernel.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('monitoring', '0005_marking'),
    ]

    operations = [
        migrations.CreateModel(
            name='FairnessAudit',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('tenant_id', models.UUIDField(help_text='who asked for it')),
                ('start', models.DateTimeField()),
                ('end', models.DateTimeField()),
                ('seed', models.CharField(max_length=64)),
                ('sample', models.PositiveIntegerField(help_text='null: all of the period', null=True)),
                ('population', models.PositiveIntegerField()),
                ('selections', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None)),
                ('owned', models.JSONField(help_text="the operator's own parties and its affiliates, by side")),
                ('examined', models.PositiveIntegerField(default=0)),
                ('tally', models.JSONField()),
                ('state', models.CharField(choices=[('running', '审计中'), ('done', '已完成')], default='running', max_length=10)),
                ('verdict', models.CharField(blank=True, choices=[('neutral', '中立：全部可重放，标签不影响结果'), ('partly_shown', '部分证明：可重放者均中立，其余无法重放'), ('not_neutral', '不中立：换了标签，结果就变'), ('not_repeated', '未能复现：标签不影响结果，但重放与当时答案不一致'), ('not_shown', '未能证明：没有可重放、可比较的选择')], max_length=20)),
                ('document', models.TextField(blank=True)),
                ('digest', models.CharField(blank=True, help_text='Content-Digest of document', max_length=80)),
                ('signature', models.CharField(blank=True, help_text="base64 over document's UTF-8 bytes", max_length=120)),
                ('key_id', models.CharField(blank=True, max_length=64)),
                ('ended_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'fairness_audit',
                'constraints': [models.CheckConstraint(condition=models.Q(('state', 'done'), ('document', ''), _connector='XOR'), name='fairness_audit_has_document_once_done')],
            },
        ),
    ]
