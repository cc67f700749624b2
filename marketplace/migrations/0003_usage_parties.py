"""A usage says itself whose it is, and a foreign key over all three columns keeps that the order's word."""

from django.db import migrations, models

PARTIES = "(order_id, tenant_id, compute_provider)"


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0002_rules")]

    operations = [
        migrations.AddConstraint(
            model_name="order",
            constraint=models.UniqueConstraint(
                fields=["id", "tenant_id", "compute_provider"], name="order_and_parties"
            ),
        ),
        migrations.AddField("usage", "tenant_id", models.UUIDField(null=True)),
        migrations.AddField("usage", "compute_provider", models.UUIDField(null=True)),
        migrations.RunSQL(
            "UPDATE usage SET tenant_id = o.tenant_id, compute_provider = o.compute_provider "
            "FROM purchase_order o WHERE o.id = order_id",
            migrations.RunSQL.noop,
        ),
        migrations.AlterField("usage", "tenant_id", models.UUIDField()),
        migrations.AlterField("usage", "compute_provider", models.UUIDField()),
        migrations.AddIndex("usage", models.Index(fields=["tenant_id"], name="usage_by_tenant")),
        migrations.AddIndex("usage", models.Index(fields=["compute_provider"], name="usage_by_provider")),
        migrations.RunSQL(
            f"ALTER TABLE usage ADD CONSTRAINT usage_parties_of_order FOREIGN KEY {PARTIES} "
            "REFERENCES purchase_order (id, tenant_id, compute_provider)",
            "ALTER TABLE usage DROP CONSTRAINT usage_parties_of_order",
        ),
    ]
