from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('nodes', '0007_forwarding'),
    ]

    operations = [
        migrations.AddField(
            model_name='outboundstream',
            name='known_from',
            field=models.BigIntegerField(default=1, help_text='first number of which this node knows what it sent; more after a restored backup'),
        ),
    ]
