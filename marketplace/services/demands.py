"""Stating a demand, and having it answered by the selection system."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from kernel.actor import Actor
from kernel.services.outbox import publish
from marketplace import events
from marketplace.models import Demand
from scheduling.errors.selections import DemandRefused, NoAccessPoint
from scheduling.services.questions import check_demand
from scheduling.services.selections import run_selection


@transaction.atomic
def submit_demand(*, title: str, terms: dict[str, Any], actor: Actor) -> Demand:
    """Keep what a buyer wants; `terms` is the body of a selection. Raises DemandRefused where none could answer it."""
    assert actor.tenant_id is not None  # noqa: S101 - buyers are members of an organisation
    with _under_terms():
        check_demand(terms)
    row = Demand.objects.create(tenant_id=actor.tenant_id, title=title, terms=terms)
    publish(events.DemandSubmitted(subject=row.id, tenant=row.tenant_id), actor=actor)
    return row


@transaction.atomic
def select_demand(*, demand: Demand, actor: Actor) -> tuple[Demand, Any]:
    """Ask the selection system for bundles that meet the demand; returns the demand and the selection.

    Raises DemandRefused, NoAccessPoint, with the field in the demand's terms.
    """
    row = Demand.objects.select_for_update().get(id=demand.id)
    with _under_terms():
        selection = run_selection(demand=row.terms, demand_ref=row.id, actor=actor)
    row.selection = selection.id
    row.advance("selection")
    publish(events.DemandSelected(subject=row.id, tenant=row.tenant_id, selection=selection.id), actor=actor)
    return row, selection


@contextmanager
def _under_terms() -> Iterator[None]:
    """What selection refuses of its body stands under `terms` of a demand."""
    try:
        yield
    except (DemandRefused, NoAccessPoint) as refused:
        refused.pointer = f"/terms{refused.pointer}"
        raise
