"""The matrix itself on trial: violations are planted one by one, and each is reported by the question meant for it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest
from django.db import connection
from rest_framework.response import Response

from aggregation.models import Centre
from kernel import errors, permissions, tenancy
from kernel.api import idempotency
from kernel.api.views import HouseView
from kernel.models.base import Entity, EntityQuerySet
from kernel.models.idempotency import StoredReply
from marketplace.models import Order
from scheduling.models import Selection
from tests.aggregation.supply import centre
from tests.isolation import bodies
from tests.isolation import test_masks as masks_tests
from tests.isolation import test_variants as variants
from tests.isolation.addresses import Address, addresses
from tests.isolation.checks import (
    rights_without_scope,
    rows_out_of_reach,
    told_apart,
    words_of_strangers,
    wrong_rights,
)
from tests.isolation.conftest import House
from tests.isolation.masking import said_all_the_same
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
    before = dict(house.told)
    house.told.clear()
    yield
    house.told.clear()
    house.told.update(before)


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
    house.told.clear()
    without_filter(monkeypatch, address.view, "get")
    assert rows_out_of_reach(house, ledger, address, asker) != []


@pytest.mark.parametrize(("operation", "asker"), OBJECTS_WITHOUT_FILTER)
def test_an_object_without_its_filter_is_reported(
    house: House, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, operation: str, asker: str
) -> None:
    address = address_of(operation)
    assert wrong_rights(house, ledger, address, [asker]) == []
    without_filter(monkeypatch, address.view, "_find")
    house.told.clear()
    assert wrong_rights(house, ledger, address, [asker]) != []
    assert told_apart(house, ledger, address, [asker]) != []


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
    monkeypatch.setattr(call.view, "tolerant", True)
    assert bodies.mass_assigned(call) != []


def test_a_statement_that_only_a_stranger_s_object_costs_is_reported(
    house: House, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = address_of("marketplace.read_order")
    assert told_apart(house, ledger, address, ["bea"]) == []
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
    house.told.clear()
    assert told_apart(house, ledger, address, ["bea"]) != []
    assert wrong_rights(house, ledger, address, ["bea"]) == []  # the answer alone does not show it


def test_a_role_that_gets_further_than_its_row_and_a_key_without_scope_are_reported(
    house: House, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:

    address = address_of("marketplace.run_settlement")
    assert wrong_rights(house, ledger, address, ["olga"]) == []
    assert rights_without_scope(house, ledger, address, ["otto"]) == []
    row = permissions.table()["marketplace.run_settlement"]
    monkeypatch.setitem(row, "operator_security", row["operator_system"])
    monkeypatch.setattr(permissions, "scope_covers", lambda *_: True)
    house.told.clear()
    assert wrong_rights(house, ledger, address, ["olga"]) != []
    assert rights_without_scope(house, ledger, address, ["otto"]) != []


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


def test_a_member_that_a_mask_forgets_and_a_filter_by_a_hidden_one_are_reported(
    house: House, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    pools, orders = address_of("aggregation.list_pools"), address_of("marketplace.list_orders")
    asked = masks_tests.test_a_masked_reading_is_not_asked_by_what_it_hides
    assert said_all_the_same(house, ledger, pools, "ben") == []
    assert said_all_the_same(house, ledger, orders, "otto") == []
    assert not reported(asked, house, ledger, pools)
    house.told.clear()
    honest = orders.view.get  # type: ignore[attr-defined] # the view of a list

    def copied(self: HouseView, *args: Any, **kwargs: Any) -> Response:
        answer: Response = honest(self, *args, **kwargs)
        for row, told in zip(Order.objects.order_by("-pk"), answer.data["items"], strict=False):
            told["reason"] = str(row.total_fen)
        return answer

    monkeypatch.setattr(orders.view, "get", copied)
    monkeypatch.setattr("kernel.api.views.require_told", lambda *_: None)
    monkeypatch.setattr(
        "kernel.api.masks.masks",
        lambda: {name: hidden - {"provider"} for name, hidden in permissions.masks().items()},
    )
    assert said_all_the_same(house, ledger, pools, "ben") != []
    assert said_all_the_same(house, ledger, orders, "otto") != []
    assert reported(asked, house, ledger, pools)


def reported(question: Callable[[House, Ledger, Address], None], *asked: Any) -> bool:
    """Whether a question of the other modules fails."""
    try:
        question(*asked)
    except AssertionError:
        return True
    return False


def there(address: Address, **named: Any) -> bool:
    """Whether somebody has the object: what a view must not ask for a stranger."""
    assert address.view.queryset is not None
    with both_walls_down():
        return bool(address.view.queryset.filter(**named).exists())


def test_a_filter_that_looks_among_strangers_rows_is_reported(
    house: House, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = address_of("marketplace.list_quotes")
    question = variants.test_a_filter_by_a_stranger_s_value_answers_as_by_one_that_nobody_has
    assert not reported(question, house, ledger, address)
    house.told.clear()
    honest = address.view.get  # type: ignore[attr-defined] # the view of a list

    def curious(self: HouseView, request: Any, *args: Any, **kwargs: Any) -> Response:
        if wanted := request.query_params.get("selection"):
            with both_walls_down():
                if Selection.objects.filter(id=wanted).exists():
                    Selection.objects.count()
        answer: Response = honest(self, request, *args, **kwargs)
        return answer

    monkeypatch.setattr(address.view, "get", curious)
    assert reported(question, house, ledger, address)


@pytest.mark.parametrize("asked", ["count", "cursor"])
def test_a_count_of_all_rows_and_a_cursor_that_is_trusted_are_reported(
    house: House, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    address = address_of("marketplace.list_orders")
    question = variants.test_a_count_counts_what_the_list_shows_and_a_stranger_s_cursor_shows_no_more
    assert not reported(question, house, ledger, address)
    house.told.clear()
    honest = address.view.get  # type: ignore[attr-defined] # the view of a list

    def trusting(self: HouseView, request: Any, *args: Any, **kwargs: Any) -> Response:
        with pytest.MonkeyPatch.context() as patch, both_walls_down():
            if asked in request.query_params:
                patch.setattr(EntityQuerySet, "visible_to", lambda rows, _: rows)
            answer: Response = honest(self, request, *args, **kwargs)
        if asked == "count":
            shown = self.actor.tenant_id
            answer.data["items"] = [
                each for each in answer.data["items"] if str(shown) in str(each.get("tenant_id"))
            ]
        return answer

    monkeypatch.setattr(address.view, "get", trusting)
    assert reported(question, house, ledger, address)


@pytest.mark.parametrize("how", ["options", "initial", "_find"])
def test_a_verb_or_a_version_that_tells_a_stranger_s_object_from_none_is_reported(
    house: House, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    address = address_of("aggregation.change_offer")
    question = variants.test_no_header_and_no_verb_tells_a_stranger_s_object_from_none
    assert not reported(question, house, ledger, address)
    house.told.clear()
    honest = getattr(address.view, how)

    def curious(self: HouseView, *args: Any, **kwargs: Any) -> Any:
        if how == "_find":
            if "If-Match" in self.request.headers and there(address, pk=args[2]["pk"]):
                raise errors.StaleGeneration(current="")
        elif (how == "options" or self.request.method == "PUT") and there(address, pk=kwargs["pk"]):
            raise errors.Forbidden(operation=address.operation)
        return honest(self, *args, **kwargs)

    monkeypatch.setattr(address.view, how, curious)
    assert reported(question, house, ledger, address)


def test_a_key_that_is_looked_for_among_all_tenants_is_reported(
    house: House, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = address_of("marketplace.cancel_order")
    question = variants.test_another_s_idempotency_key_replays_nothing
    assert not reported(question, house, ledger, address)
    house.told.clear()
    honest = idempotency.claim_key

    def forgetful(request: Any, tenant: Any) -> Any:
        stored = StoredReply.objects.filter(key=request.headers["Idempotency-Key"]).first()
        if stored is not None:
            known = idempotency.Reply(
                bytes(stored.fingerprint), stored.status, stored.headers, bytes(stored.body)
            )
            raise idempotency.Replay(known)
        return honest(request, tenant)

    monkeypatch.setattr(idempotency, "claim_key", forgetful)
    assert reported(question, house, ledger, address)
