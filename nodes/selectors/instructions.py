"""What an instruction, or a report on one, said when it came."""

from nodes.domain.instructions import (
    ORDERS,
    REPORTS,
    Order,
    OrderAct,
    OrderReport,
    OrderState,
    read_order,
    read_report,
)
from nodes.models import Incoming

__all__ = ["Order", "OrderAct", "OrderReport", "OrderState", "order_at", "report_at"]


def order_at(*, node: str, sequence: int) -> Order:
    """The instruction that came from the upstream under this number."""
    found = read_order(_body(node, ORDERS, sequence))
    assert found is not None  # noqa: S101 - judged when it came
    return found


def report_at(*, node: str, sequence: int) -> OrderReport:
    """The report that came from the downstream under this number."""
    found = read_report(_body(node, REPORTS, sequence))
    assert found is not None  # noqa: S101 - judged when it came
    return found


def _body(node: str, stream: str, sequence: int) -> bytes:
    row = Incoming.objects.get(stream__peer__code=node, stream__name=stream, sequence=sequence)
    return bytes(row.body)
