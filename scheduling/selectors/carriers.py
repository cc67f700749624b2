"""Which carriers are asked by their own interfaces, and where the line of an order stands with its carrier."""

from datetime import datetime
from uuid import UUID

from kernel.domain.windows import Window
from scheduling.domain.carriers import CarrierState
from scheduling.errors.lines import CarrierKeepsUntil, CarrierNotReady
from scheduling.models import CarrierLine, LineInterface, LineOpening


def interface_of(provider: UUID) -> LineInterface | None:
    """The interface that a line provider registered last, active or not."""
    return LineInterface.objects.filter(tenant_id=provider).order_by("-id").first()


def asks(provider: UUID) -> bool:
    """Whether a line provider has to be asked by its own interface."""
    newest = interface_of(provider)
    return newest is not None and newest.active


def line_at_carrier(order: UUID) -> CarrierLine | None:
    """The line that an order was placed for, as its carrier was asked for it; None where the carrier was not asked."""
    return CarrierLine.objects.filter(order=order, change=None).first()


def kept_until(order: UUID) -> datetime | None:
    """Until when the carrier has said that it keeps an order's line; None before its yes, after it confirmed, and where it was not asked."""
    row = line_at_carrier(order)
    return row.expires_at if row is not None and row.state == CarrierState.HELD else None


def booked_windows_of(order: UUID) -> tuple[Window, ...]:
    """The windows that an order's line is booked for; none where it is needed from its delivery on."""
    opening = LineOpening.objects.filter(order=order).first()
    return opening.windows if opening else ()


def require_extensible(order: UUID) -> None:
    """Raises CarrierKeepsUntil where the carrier of an order's line was asked to keep it: nobody asks it again for longer."""
    row = line_at_carrier(order)
    if row is not None:
        raise CarrierKeepsUntil(until=(row.expires_at or row.wanted_until).isoformat())


def require_confirmed(order: UUID) -> None:
    """Raises CarrierNotReady unless the carrier has confirmed the order's line; orders whose carrier was not asked pass."""
    row = line_at_carrier(order)
    if row is not None and row.state != CarrierState.CONFIRMED:
        raise not_ready(row, CarrierState.CONFIRMED)


def not_ready(row: CarrierLine, needs: CarrierState) -> CarrierNotReady:
    """The refusal of what needs the line to stand so at its carrier."""
    stands = CarrierState(row.state).label
    return CarrierNotReady(
        state_zh=stands.zh, state_en=stands.en, needs_zh=needs.label.zh, needs_en=needs.label.en
    )
