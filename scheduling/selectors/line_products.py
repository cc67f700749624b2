"""What line products are sold with, as the engine counts it."""

from decimal import Decimal

from scheduling.domain.engine.promises import LISTED
from scheduling.domain.supply.extras import LineGrade
from scheduling.models import LineProduct
from scheduling.selectors.profiles import line_service_profile


def grade_of(product: LineProduct) -> LineGrade | None:
    """What a product is sold with, its provider known; None where nothing is declared.

    Two words may be given of its availability, a share and a class: either is a promise, and the higher one counts.
    """
    promised: list[Decimal] = []
    if product.availability is not None:
        promised.append(product.availability * 100)
    if (percent := line_service_profile().availability_percent(product.availability_class)) is not None:
        promised.append(percent)
    codes = {name: getattr(product, name) or None for name in LISTED}
    if not promised and not any(codes.values()):
        return None
    return LineGrade(
        line_provider=product.provider.key,
        technology=product.technology,
        availability=product.availability,
        availability_percent=max(promised, default=None),
        **codes,
    )
