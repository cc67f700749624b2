"""The matrix itself on trial: violations are planted one by one, and each is reported by the question meant for it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest
from django.db import connection
from rest_framework.response import Response

from aggregation.models import Centre
from kernel import errors, permissions, tenancy
from kernel.api.views import HouseView
from kernel.models.base import Entity, EntityQuerySet
from marketplace.models import Order
from tests.aggregation.supply import centre
from tests.isolation import bodies
from tests.isolation.addresses import Address, addresses
from tests.isolation.checks import (
    rights_without_scope,
    rows_out_of_reach,
    told_apart,
    words_of_strangers,
    wrong_rights,
)
from tests.isolation.conftest import House
from tests.isolation.owners import Ledger
from tests.support.cast import World

pytestmark = pytest.mark.django_db
LISTS_WITHOUT_FILTER = [  # an operation, and who then sees too much
    ("identifiers.list_identifiers", "ada"),
    ("participants.list_organisations", "ben"),
    ("aggregation.list_offers", "ada"),
    ("aggregation.list_pools", "rex"),
    ("scheduling.list_selections", "ben"),
    ("marketplace.list_orders", "lin"),
    ("marketplace.list_demands", "ann"),
    ("monitoring.list_feeds", "cleo"),
    ("security.list_findings", "lou"),
]
OBJECTS_WITHOUT_FILTER = [
    ("identifiers.read_identifier", "cleo"),
    ("participants.read_organisation", "ada"),
    ("aggregation.read_offer", "cleo"),
    ("marketplace.read_order", "bea"),
    ("marketplace.read_quote", "ben"),
    ("security.read_finding", "ada"),
]


def address_of(operation: str) -> Address:
    return next(each for each in addresses() if each.operation == operation)


def both_walls_down() -> AbstractContextManager[None]:
    """Row-level security out of the way as well, where it stands: the question is about the first wall."""
    as_node: Callable[[str], AbstractContextManager[None]] = getattr(
        tenancy, "as_node", lambda _: nullcontext()
    )
    return as_node("a planted violation")


@pytest.fixture(autouse=True)
def _asked_afresh(house: House) -> Iterator[None]:
    """Nothing that was read before, and nothing that is read of a planted house, is kept."""
    before = dict(house.read)
    house.read.clear()
    yield
    house.read.clear()
    house.read.update(before)


def without_filter(monkeypatch: pytest.MonkeyPatch, view: type[HouseView], method: str) -> None:
    """Plant: one method of one view forgets whose rows it reads."""
    honest = getattr(view, method)

    def forgetful(self: HouseView, *args: Any, **kwargs: Any) -> Any:
        with pytest.MonkeyPatch.context() as patch, both_walls_down():
            patch.setattr(EntityQuerySet, "visible_to", lambda rows, _: rows)
            patch.setattr(Entity, "within_reach_of", lambda *_: True)
            patch.setattr(
                "kernel.api.views.reach_as", lambda _: None
            )  # which would put the second one up again
            return honest(self, *args, **kwargs)

    monkeypatch.setattr(view, method, forgetful)


@pytest.mark.parametrize(("operation", "asker"), LISTS_WITHOUT_FILTER)
def test_a_list_without_its_filter_is_reported(
    house: House, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, operation: str, asker: str
) -> None:
    address = address_of(operation)
    assert rows_out_of_reach(house, ledger, address, asker) == []
    house.read.clear()
    without_filter(monkeypatch, address.view, "get")
    assert rows_out_of_reach(house, ledger, address, asker) != []


@pytest.mark.parametrize(("operation", "asker"), OBJECTS_WITHOUT_FILTER)
def test_an_object_without_its_filter_is_reported(
    house: House, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, operation: str, asker: str
) -> None:
    address = address_of(operation)
    assert wrong_rights(house, ledger, address, asker) == []
    without_filter(monkeypatch, address.view, "_find")
    assert wrong_rights(house, ledger, address, asker) != []
    assert told_apart(house, ledger, address, asker) != []


def test_a_cached_answer_without_the_tenant_in_its_key_is_reported(
    house: House, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = address_of("marketplace.list_demands")
    kept: dict[str, Any] = {}
    honest = address.view.get  # type: ignore[attr-defined] # the view of a list

    def cached(self: HouseView, *args: Any, **kwargs: Any) -> Response:
        data = kept.setdefault(self.request.get_full_path(), honest(self, *args, **kwargs).data)
        return Response(data)

    monkeypatch.setattr(address.view, "get", cached)
    found = [rows_out_of_reach(house, ledger, address, asker) for asker in ("ben", "bea")]
    assert found[0] == []
    assert found[1] != []
    assert words_of_strangers(house, ledger, address, "bea") != []


def test_a_mass_assignment_is_reported(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    call = bodies.Call(house.world.ada, "POST", "/api/v1/centres", centre(centre="planted"))
    assert bodies.effect(call, call.data).status == 201
    assert bodies.mass_assigned(call) == []
    honest = call.view.post  # type: ignore[attr-defined] # the view of a write

    def everything(self: HouseView, *args: Any, **kwargs: Any) -> Response:
        answer: Response = honest(self, *args, **kwargs)
        row = Centre.objects.get(id=answer.data["id"])
        for name in ("tenant_id", "generation"):
            sent: Any = self.request.data
            setattr(row, name, sent.get(name, getattr(row, name)))
        row.save()
        return answer

    monkeypatch.setattr(call.view, "post", everything)
    assert bodies.mass_assigned(call) != []


def test_a_statement_that_only_a_stranger_s_object_costs_is_reported(
    house: House, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = address_of("marketplace.read_order")
    assert told_apart(house, ledger, address, "bea") == []
    honest = address.view._find  # noqa: SLF001 - the plant stands in its place

    def curious(self: HouseView, actor: Any, reach: Any, kwargs: Any) -> Any:
        try:
            return honest(self, actor, reach, kwargs)
        except errors.NotFound:
            assert self.queryset is not None
            with both_walls_down():
                there = self.queryset.filter(pk=kwargs["pk"]).exists()
            if there:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT 1")
            raise

    monkeypatch.setattr(address.view, "_find", curious)
    assert told_apart(house, ledger, address, "bea") != []
    assert wrong_rights(house, ledger, address, "bea") == []  # the answer alone does not show it


def test_a_role_that_gets_further_than_its_row_and_a_key_without_scope_are_reported(
    house: House, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:

    address = address_of("marketplace.run_settlement")
    assert wrong_rights(house, ledger, address, "olga") == []
    assert rights_without_scope(house, ledger, address, "otto") == []
    row = permissions.table()["marketplace.run_settlement"]
    monkeypatch.setitem(row, "operator_security", row["operator_system"])
    monkeypatch.setattr(permissions, "scope_covers", lambda *_: True)
    assert wrong_rights(house, ledger, address, "olga") != []
    assert rights_without_scope(house, ledger, address, "otto") != []


def test_a_stranger_s_row_taken_from_a_body_is_reported(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:

    world: World = house.world
    order = Order.objects.filter(tenant_id=world.bea.organisation.id).latest("id")
    body = {"order": str(order.id)}
    call = bodies.Call(world.bea, "POST", "/api/v1/voucher-claims", body)
    pointer, theirs, nobodys, foreign = next(bodies.references(call, world.bea.organisation.id))
    assert pointer == "/order"
    assert bodies.told_apart(call, theirs, nobodys, foreign) == []
    honest = call.view.post  # type: ignore[attr-defined] # the view of a write

    def helpful(self: HouseView, request: Any, *args: Any, **kwargs: Any) -> Response:
        with both_walls_down():
            if (
                Order.objects.filter(id=request.data["order"])
                .exclude(tenant_id=str(self.actor.tenant_id))
                .exists()
            ):
                raise errors.Forbidden(operation="marketplace.claim_voucher")
        answer: Response = honest(self, request, *args, **kwargs)
        return answer

    monkeypatch.setattr(call.view, "post", helpful)
    assert bodies.told_apart(call, theirs, nobodys, foreign) != []
