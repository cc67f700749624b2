from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('marketplace', '0005_line_changes'),
    ]

    operations = [
        migrations.AddField(
            model_name='order',
            name='ends_by',
            field=models.DateTimeField(null=True),
        ),
    ]
