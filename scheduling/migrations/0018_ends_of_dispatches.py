from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('scheduling', '0017_deliveries'),
    ]

    operations = [
        migrations.AddField(
            model_name='dispatch',
            name='act',
            field=models.CharField(choices=[('start', '开始服务'), ('end', '结束服务')], db_default='start', default='start', max_length=5),
        ),
        migrations.AlterField(
            model_name='dispatch',
            name='order',
            field=models.UUIDField(),
        ),
        migrations.AlterField(
            model_name='dispatch',
            name='state',
            field=models.CharField(choices=[('queued', '待下发'), ('dispatched', '已下发'), ('failed', '下发失败'), ('withdrawn', '已撤回')], default='queued', max_length=10),
        ),
        migrations.AddConstraint(
            model_name='dispatch',
            constraint=models.UniqueConstraint(fields=('order', 'act'), name='dispatch_once_an_order_and_act'),
        ),
    ]
