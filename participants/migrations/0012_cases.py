import django.db.models.deletion
import django.db.models.functions.datetime
import kernel.ids
from django.db import migrations, models


SELF_REGISTERED = ("compute_provider", "line_provider", "resale_provider", "application_provider", "compute_user")
STATES = {"applied": "open", "checked": "checked", "certified": "certified", "refused": "refused"}


def open_cases(apps, schema_editor):
    """Every application so far becomes the case that it was; a check is part of the case and no state of the party."""
    organisations, cases = apps.get_model("participants", "Organisation"), apps.get_model("participants", "Case")
    for row in organisations.objects.filter(kind__in=SELF_REGISTERED, state__in=STATES):
        if row.state == "certified" and None in (row.checked_by, row.certified_by):
            continue  # made by the node itself
        cases.objects.create(
            organisation=row,
            state=STATES[row.state],
            reviewer=row.checked_by,
            checked_by=row.checked_by,
            decided_by=row.certified_by if row.state == "certified" else None,
        )
    organisations.objects.filter(state="checked").update(state="applied")
    schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # so that the tables can change in this transaction


class Migration(migrations.Migration):

    dependencies = [
        ('participants', '0011_signing_keys'),
    ]

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
            ],
            options={
                'db_table': 'certification_question',
            },
        ),
        migrations.RemoveConstraint(
            model_name='organisation',
            name='organisation_certified_by_two',
        ),
        migrations.AddField(
            model_name='case',
            name='organisation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='participants.organisation'),
        ),
        migrations.RunPython(open_cases, migrations.RunPython.noop),
        migrations.RemoveField(
            model_name='organisation',
            name='certified_by',
        ),
        migrations.RemoveField(
            model_name='organisation',
            name='checked_by',
        ),
        migrations.AddField(
            model_name='document',
            name='refusal',
            field=models.CharField(blank=True, help_text='why it was refused', max_length=500),
        ),
        migrations.AddField(
            model_name='document',
            name='refused_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='document',
            name='refused_by',
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name='document',
            name='reminded_days',
            field=models.PositiveSmallIntegerField(help_text='days before the last one of the newest reminder', null=True),
        ),
        migrations.AddField(
            model_name='qualification',
            name='reminded_days',
            field=models.PositiveSmallIntegerField(help_text='days before the last one of the newest reminder', null=True),
        ),
        migrations.AlterField(
            model_name='organisation',
            name='state',
            field=models.CharField(choices=[('applied', '已申请'), ('certified', '已认证'), ('refused', '未通过'), ('closed', '已注销')], default='applied', max_length=12),
        ),
        migrations.AddField(
            model_name='decision',
            name='of_case',
            field=models.ForeignKey(help_text='of a certification', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='participants.case'),
        ),
        migrations.AddField(
            model_name='document',
            name='case',
            field=models.ForeignKey(help_text='the case it was submitted in', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='participants.case'),
        ),
        migrations.AddConstraint(
            model_name='document',
            constraint=models.CheckConstraint(condition=models.Q(('accepted_at__isnull', True), ('refused_at__isnull', True), _connector='OR'), name='document_accepted_or_refused'),
        ),
        migrations.AddField(
            model_name='question',
            name='case',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='questions', to='participants.case'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['open', 'reviewing', 'questioned', 'checked'])), fields=('organisation',), name='case_one_open_an_organisation'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'certified'), _negated=True), models.Q(('checked_by__isnull', False), ('decided_by__isnull', False), models.Q(('decided_by', models.F('checked_by')), _negated=True)), _connector='OR'), name='case_certified_by_two'),
        ),
    ]
