from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('scheduling', '0018_ends_of_dispatches'),
    ]

    operations = [
        migrations.AddField(
            model_name='lineopening',
            name='schedule',
            field=models.JSONField(help_text='when it is needed, as ordered; null: from its delivery on', null=True),
        ),
    ]
