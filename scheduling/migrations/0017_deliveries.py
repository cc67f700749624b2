from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('scheduling', '0016_prices_by_term'),
    ]

    operations = [
        migrations.AddField(
            model_name='dispatch',
            name='delivery',
            field=models.PositiveIntegerField(default=1, help_text='1, and one more for each delivery that the user refused'),
        ),
    ]
