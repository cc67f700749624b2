"""Identifiers on their way from one house to another, and described more than once."""

from identifiers.models import Descriptor, Identifier
from tests.aggregation.supply import made
from tests.support.cast import World

SEVERAL = (1, 2, 3)


def handed_over(world: World) -> None:
    """Three of Ada's identifiers are offered to Cleo's house; the last was described three times."""
    mine = Identifier.objects.filter(tenant_id=world.ada.organisation.id, state="active").order_by("id")[:2]
    for row in mine:
        offer = {"receiver": str(world.cleo.organisation.id), "reason": "演示转让"}
        for _ in SEVERAL:
            here = f"/api/v1/identifiers/{row.id}:offer-transfer"
            made(
                world.ada.post(
                    f"/api/v1/identifier-transfers/{made(world.ada.post(here, offer))['id']}:withdraw"
                )
            )
        made(world.ada.post(here, offer))
    body = {"attributes": Descriptor.objects.get(identifier=row, version=1).attributes}
    for _ in SEVERAL:
        row.refresh_from_db()
        made(world.ada.put(f"/api/v1/identifiers/{row.id}", body, If_Match=f'"{row.generation}"'))
