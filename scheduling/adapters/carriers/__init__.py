"""The ways of talking to carriers, by the name that a carrier registers."""

from collections.abc import Callable, Mapping

from scheduling.adapters.carriers.http import HttpCarrier
from scheduling.domain.carriers import CarrierPort

ADAPTERS: Mapping[str, Callable[[str], CarrierPort]] = {"http-1": HttpCarrier}
