"""Saying what a line product promises."""

from collections.abc import Mapping

from django.db import transaction

from kernel.actor import Actor
from kernel.services.outbox import publish
from participants.selectors.organisations import require_certified
from scheduling.errors.lines import NoSuchClass
from scheduling.events import LineServiceDescribed
from scheduling.models import LineProduct
from scheduling.selectors.profiles import line_service_profile


@transaction.atomic
def describe_product(*, product: LineProduct, classes: Mapping[str, str], actor: Actor) -> LineProduct:
    """From now on the product promises these classes (aspect → code, empty: not declared), of the profile in force.

    Raises NotCertified, NoSuchClass.
    """
    require_certified(actor)
    profile = line_service_profile()
    for aspect in profile.unknown(classes):
        raise NoSuchClass(pointer=f"/{aspect}", code=classes[aspect], codes=", ".join(profile.codes(aspect)))
    row = LineProduct.objects.select_for_update().get(id=product.id)
    for aspect, code in classes.items():
        setattr(row, aspect, code)
    row.services_profile = profile.version
    row.advance(*classes, "services_profile")
    publish(LineServiceDescribed(subject=row.id, tenant=actor.tenant_id), actor=actor)
    return row
