import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('participants', '0003_append_only'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='organisation',
            name='organisation_once_a_code_and_kind',
        ),
        migrations.AddField(
            model_name='organisation',
            name='affiliate_entities',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=9), blank=True, default=list, size=None),
        ),
        migrations.AddField(
            model_name='organisation',
            name='legal_entity',
            field=models.GeneratedField(db_persist=True, expression=django.db.models.functions.text.Right(django.db.models.functions.text.Left('code', 17), 9), output_field=models.CharField(max_length=9)),
        ),
        migrations.AlterField(
            model_name='decision',
            name='case',
            field=models.CharField(help_text='code, certification or qualification', max_length=16),
        ),
        migrations.AlterField(
            model_name='organisation',
            name='code',
            field=models.CharField(help_text='统一社会信用代码 GB 32100-2015; without one the 组织机构代码 GB 11714', max_length=18),
        ),
        migrations.AlterField(
            model_name='organisation',
            name='code_check',
            field=models.CharField(choices=[('passed', '校验通过'), ('review', '待人工核对'), ('confirmed', '人工核对属实'), ('refused', '人工核对不符')], default='passed', max_length=9),
        ),
        migrations.AddIndex(
            model_name='organisation',
            index=models.Index(fields=['legal_entity'], name='organisation_legal_entity'),
        ),
        migrations.AddIndex(
            model_name='organisation',
            index=django.contrib.postgres.indexes.GinIndex(fields=['affiliate_entities'], name='organisation_affiliates'),
        ),
        migrations.AddConstraint(
            model_name='organisation',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['refused', 'closed']), _negated=True), fields=('legal_entity', 'kind'), name='organisation_once_an_entity_and_kind'),
        ),
        migrations.RunSQL(
            'UPDATE organisation SET affiliate_entities = '
            'ARRAY(SELECT right(left(code, 17), 9) FROM unnest(affiliate_codes) AS code)',
            migrations.RunSQL.noop,
        ),
    ]
