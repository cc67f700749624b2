"""What a line provider promises of its products beside their prices."""

from decimal import Decimal

from django.db import transaction

from kernel.actor import Actor
from kernel.services.outbox import publish
from participants.selectors.organisations import require_certified
from scheduling.events import LineProductGraded
from scheduling.models import LineProduct


@transaction.atomic
def grade_line_product(*, product: LineProduct, availability: Decimal | None, actor: Actor) -> LineProduct:
    """Promise an availability (a share of a year, for one circuit) from now on, or take the promise back (None).

    Raises NotCertified.
    """
    require_certified(actor)
    row = LineProduct.objects.select_for_update().select_related("provider").get(id=product.id)
    row.availability = availability
    row.generation += 1
    row.save(update_fields=["availability", "generation"])
    publish(
        LineProductGraded(
            subject=row.id,
            tenant=row.provider.tenant_id,
            technology=row.technology,
            availability=None if availability is None else str(availability),
        ),
        actor=actor,
    )
    return row
