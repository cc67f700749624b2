from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('participants', '0012_cases'),
    ]

    operations = [
        migrations.AddField(
            model_name='document',
            name='particulars',
            field=models.JSONField(blank=True, default=dict, help_text='as the kind declares in the profile'),
        ),
    ]
