from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('scheduling', '0002_append_only'),
    ]

    operations = [
        migrations.AddField(
            model_name='selection',
            name='across',
            field=models.JSONField(null=True),
        ),
    ]
