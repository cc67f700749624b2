

import django.contrib.postgres.fields
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('scheduling', '0002_append_only'),
    ]

    operations = [
        migrations.CreateModel(
            name='SupplyBucket',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('part', models.PositiveSmallIntegerField()),
                ('bucket', models.PositiveSmallIntegerField()),
                ('digest', models.BinaryField(max_length=32)),
            ],
            options={
                'db_table': 'supply_bucket',
                'constraints': [models.UniqueConstraint(fields=('part', 'bucket'), name='supply_bucket_once')],
            },
        ),
        migrations.CreateModel(
            name='SupplyCursor',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('position', models.BigIntegerField()),
                ('looked_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'supply_cursor',
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='supply_cursor_one_row')],
            },
        ),
        migrations.CreateModel(
            name='SupplyRow',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('part', models.PositiveSmallIntegerField()),
                ('key', models.CharField(max_length=200)),
                ('bucket', models.PositiveSmallIntegerField()),
                ('digest', models.BinaryField(max_length=32)),
                ('cells', models.JSONField()),
                ('source', models.UUIDField()),
                ('resource', models.UUIDField(null=True)),
                ('owner', models.UUIDField()),
                ('since', models.BigIntegerField()),
                ('until', models.BigIntegerField(null=True)),
            ],
            options={
                'db_table': 'supply_row',
                'indexes': [models.Index(fields=['since'], name='supply_row_by_since'), models.Index(condition=models.Q(('until__isnull', False)), fields=['until'], name='supply_row_by_until'), models.Index(condition=models.Q(('until', None)), fields=['part', 'bucket'], name='supply_row_by_bucket'), models.Index(condition=models.Q(('until', None)), fields=['source'], name='supply_row_by_source'), models.Index(condition=models.Q(('until', None)), fields=['resource'], name='supply_row_by_resource'), models.Index(condition=models.Q(('until', None)), fields=['owner'], name='supply_row_by_owner')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('until', None)), fields=('part', 'key'), name='supply_row_one_stands'), models.CheckConstraint(condition=models.Q(('until', None), ('until__gt', models.F('since')), _connector='OR'), name='supply_row_ends_after_it_begins')],
            },
        ),
        migrations.CreateModel(
            name='SupplyVersion',
            fields=[
                ('number', models.BigIntegerField(primary_key=True, serialize=False)),
                ('snapshot', models.CharField(max_length=80)),
                ('tables', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), size=5)),
                ('built_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'db_table': 'supply_version',
                'indexes': [models.Index(fields=['snapshot', '-number'], name='supply_version_by_snapshot')],
            },
        ),
    ]
