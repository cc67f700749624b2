import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.functions.datetime
import kernel.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('nodes', '0002_rules'),
    ]

    operations = [
        migrations.CreateModel(
            name='ReportedPeriod',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('node', models.CharField(help_text='code of the reporting node', max_length=6)),
                ('upstream', models.CharField(help_text="code of the upstream's profile", max_length=20)),
                ('start', models.DateTimeField()),
                ('end', models.DateTimeField()),
                ('version', models.PositiveIntegerField()),
                ('body', models.BinaryField(help_text='the bytes that travel')),
                ('sections', models.JSONField(help_text='the lines in these bytes')),
                ('state', models.CharField(choices=[('sent', '已发出'), ('receipted', '已回执'), ('refused', '被拒绝'), ('received', '已接收'), ('superseded', '已被更正')], max_length=10)),
                ('sequence', models.BigIntegerField(null=True)),
            ],
            options={
                'db_table': 'reported_period',
            },
        ),
        migrations.RemoveConstraint(
            model_name='report',
            name='report_once_a_period',
        ),
        migrations.AddField(
            model_name='report',
            name='upstream',
            field=models.CharField(default='national', help_text="code of the upstream's profile", max_length=20),
        ),
        migrations.AddField(
            model_name='report',
            name='number',
            field=models.CharField(blank=True, help_text='receipt that a platform gave for a file', max_length=64),
        ),
        migrations.AddField(
            model_name='report',
            name='period',
            field=models.GeneratedField(db_persist=True, expression=models.Func('start', 'end', function='tstzrange'), output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField()),
        ),
        migrations.AddField(
            model_name='report',
            name='refusal',
            field=models.CharField(blank=True, help_text='why a platform refused a file', max_length=500),
        ),
        migrations.AddField(
            model_name='report',
            name='sent_by',
            field=models.UUIDField(null=True),
        ),
        migrations.AlterField(
            model_name='report',
            name='kind',
            field=models.CharField(choices=[('resource', '资源业务'), ('platform', '平台业务'), ('dispatch', '互联调度业务'), ('application', '应用业务'), ('catalogue', '目录'), ('filings', '备案'), ('trade', '交易汇总')], max_length=12),
        ),
        migrations.AddField(
            model_name='report',
            name='lane',
            field=models.GeneratedField(db_persist=True, expression=models.Func(models.Func('node', 'upstream', 'section', arg_joiner=" || '/' || ", template='hashtextextended(%(expressions)s, 0)::numeric'), models.Func('node', 'upstream', 'section', arg_joiner=" || '/' || ", template='hashtextextended(%(expressions)s, 0)::numeric'), models.Value('[]'), function='numrange'), output_field=django.contrib.postgres.fields.ranges.DecimalRangeField()),
        ),
        migrations.AddField(
            model_name='report',
            name='schema',
            field=models.PositiveSmallIntegerField(default=1, help_text='those of schema 1 may overlap'),
        ),
        migrations.AlterField(
            model_name='report',
            name='schema',
            field=models.PositiveSmallIntegerField(default=2, help_text='those of schema 1 may overlap'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('schema__gt', 1), ('supersedes', None)), expressions=[('lane', '&&'), ('period', '&&')], name='report_periods_apart'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=models.CheckConstraint(condition=models.Q(('sent_by', None), models.Q(('sent_by', models.F('reviewed_by')), _negated=True), _connector='OR'), name='report_two_people'),
        ),
        migrations.AddConstraint(
            model_name='reportedperiod',
            constraint=models.UniqueConstraint(fields=('node', 'upstream', 'start', 'end', 'version'), name='reported_period_once_a_version'),
        ),
        migrations.AddConstraint(
            model_name='reportedperiod',
            constraint=models.CheckConstraint(condition=models.Q(('start__lt', models.F('end'))), name='reported_period_not_empty'),
        ),
    ]
