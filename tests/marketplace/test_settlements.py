"""Settling: once for a period, in balance, the same for every party, recomputed by a stranger."""

import json
import subprocess
import sys
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Sum

from kernel.clock import now
from kernel.models.capacity import Capacity, Claim
from kernel.services.outbox import drain
from marketplace.models import Account, BilledUsage, JournalEntry, Order, Posting, Settlement, Statement
from marketplace.selectors.orders import line_kept, service_end
from marketplace.services.orders import end_order
from scheduling.models import LineOpening
from tests.aggregation.supply import made
from tests.marketplace.trade import (
    EARLIER,
    aged,
    metered,
    open_running_market,
    period,
    policy_in_force,
    reading,
    running,
    served,
    settled,
    sized,
    waived,
)
from tests.support.cast import World
from tests.support.contract import misfits

pytestmark = pytest.mark.django_db
SCENE = open_running_market
SCRIPT = Path(__file__).resolve().parents[2] / "demo" / "verify_statement.py"


def ended_ago(order: Order, *, hours: float) -> None:
    """The order as if it had ended so long before."""
    rows = Order.objects.filter(id=order.id)
    rows.update(ended_at=now() - timedelta(hours=hours), generation=F("generation") + 1)


def verify(folder: Path, statement: dict[str, Any], evidence: dict[str, Any]) -> int:
    for name, document in (("statement", statement), ("evidence", evidence)):
        (folder / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")
    files = [str(folder / "statement.json"), str(folder / "evidence.json")]
    return subprocess.run([sys.executable, str(SCRIPT), *files], check=False).returncode  # noqa: S603 - our own script


def test_a_statement_conserves_every_fen_and_books_one_balanced_entry(world: World) -> None:
    order = served(100)
    metered(world, order, first=0, last=10)
    statement = settled(world, order, first=0, last=20)
    assert {line["part"]: line["amount_fen"] for line in statement["lines"]} == {
        "compute": 112_800,  # 10 h × CNY 112.80
        "line": order.line_fen,  # one month's instalment is all of it
    }
    assert statement["user_fen"] == 112_800 + order.line_fen
    given = ("provider_fen", "line_provider_fen", "fee_fen", "residue_fen")
    assert statement["user_fen"] + statement["voucher_fen"] == sum(statement[name] for name in given)
    entry = JournalEntry.objects.get(id=statement["entry"])
    assert entry.postings.aggregate(sum=Sum("amount_fen"))["sum"] == 0
    assert Posting.objects.aggregate(sum=Sum("amount_fen"))["sum"] == 0


def test_settling_a_period_again_changes_nothing(world: World) -> None:
    order = served(100)
    metered(world, order, first=0, last=10)
    first = settled(world, order, first=0, last=20)
    metered(world, order, first=10, last=12)  # late: it waits for the next period
    again = world.otto.post("/api/v1/settlements", period(order, first=0, last=20))
    assert again.status_code == 200
    assert (Settlement.objects.count(), Statement.objects.count(), JournalEntry.objects.count()) == (1, 1, 1)
    second = settled(world, order, first=20, last=30)
    assert second["lines"][0]["quantity"] == 7200
    assert first["lines"][0]["quantity"] == 36_000
    assert BilledUsage.objects.count() == 2


def test_periods_may_not_overlap_and_must_be_over(world: World) -> None:
    order = served(100)
    settled_id = made(world.otto.post("/api/v1/settlements", period(order, first=0, last=20)))["id"]
    overlap = world.otto.post("/api/v1/settlements", period(order, first=19, last=30))
    assert (overlap.status_code, overlap.json()["code"]) == (409, "period_overlaps")
    future = world.otto.post("/api/v1/settlements", period(order, first=20, last=9999))
    assert future.json()["errors"][0]["pointer"] == "/end"
    backwards = world.otto.post("/api/v1/settlements", period(order, first=30, last=25))
    assert backwards.json()["errors"][0]["pointer"] == "/end"
    assert world.otto.get(f"/api/v1/settlements/{settled_id}").status_code == 200
    assert world.ada.post("/api/v1/settlements", period(order, first=20, last=21)).status_code == 403


def test_a_whole_term_costs_what_was_quoted_however_it_is_cut(world: World) -> None:
    order = served(800)
    for cut, (first, last) in enumerate([(0, 1), (1, 333), (333, 700), (700, 730)]):
        metered(world, order, first=first, last=last)
        settled(world, order, first=first, last=last if cut < 3 else 731)
    sums = Statement.objects.aggregate(user=Sum("user_fen"), voucher=Sum("voucher_fen"))
    assert sums == {"user": order.total_fen, "voucher": 0}


def test_a_line_with_a_minimum_term_is_owed_in_whole_at_its_end(world: World) -> None:
    order = served(800)
    order.facts["bundle"]["line_terms"] |= {"months": 12, "min_months": 12}
    order.advance("facts")
    early = settled(world, order, first=0, last=10)["lines"][1]
    end_order(order=order.id)
    ended_ago(order, hours=1)
    late = settled(world, order, first=10, last=800)["lines"][1]
    assert (early["quantity"], early["begun"], early["least"], early["ending"]) == (1, 1, 12, "running")
    assert (late["quantity"], late["begun"], late["least"], late["ending"]) == (11, 1, 12, "term")
    assert early["amount_fen"] + late["amount_fen"] == order.line_fen


def test_what_was_delivered_late_and_cut_short_owes_the_months_that_began(world: World) -> None:
    order = served(100)
    order.facts["bundle"]["line_terms"] |= {"months": 12, "min_months": 12}
    order.ends_by = now() - timedelta(hours=50)  # as others have booked what comes after
    order.advance("facts", "ends_by")
    end_order(order=order.id)
    ended_ago(order, hours=1)
    line = settled(world, order, first=0, last=100)["lines"][1]
    assert (line["quantity"], line["ending"]) == (1, "late")


def test_a_line_by_the_hour_that_its_user_ends_owes_the_hours_that_began(
    world: World, tmp_path: Path
) -> None:
    order = served(3)
    terms = order.facts["bundle"]["line_terms"]
    terms |= {"billing": "elastic", "min_months": 12, "months": 12}
    order.advance("facts")
    one_off = int(Decimal(terms["one_off_cny"]) * 100)
    due = [one_off + round(Fraction((order.line_fen - one_off) * hours, 730)) for hours in range(4)]
    first = settled(world, order, first=0, last=1)["lines"][1]
    assert world.ben.post(f"/api/v1/orders/{order.id}:end", {"reason": "不需要了"}).status_code == 200
    ended_ago(order, hours=0.5)
    second = settled(world, order, first=1, last=3)
    line, told = second["lines"][1], ("rule", "counts", "quantity", "begun", "least", "ending")
    assert [line[name] for name in told] == ["line_hours", "hour", 2, 3, 0, "user"]
    assert (first["amount_fen"], line["amount_fen"]) == (due[1], due[3] - due[1])
    evidence = world.ben.get(f"/api/v1/statements/{second['id']}/evidence").json()
    assert misfits("StatementEvidenceOut", evidence) == []
    assert verify(tmp_path, second, evidence) == 0
    evidence["line"]["served"][0]["end"] = evidence["line"]["served"][0]["start"]
    assert verify(tmp_path, second, evidence) == 1


def test_a_line_that_nobody_waited_for_is_paid_from_its_acceptance(world: World) -> None:
    order = aged(waived(world), 100)
    metered(world, order, first=0, last=10)
    before = settled(world, order, first=0, last=50)["lines"][1]
    assert (before["amount_fen"], before["quantity"], before["ending"]) == (0, 0, "not_accepted")
    opening = LineOpening.objects.filter(order=order.id)
    assert opening.get().billed_at is None
    opening.update(state="delivered", generation=F("generation") + 1)
    assert world.ben.post(f"/api/v1/line-openings/{opening.get().id}:accept").status_code == 200
    drain()
    order = aged(Order.objects.get(id=order.id), 1)
    assert opening.get().state == "billed"
    assert order.line_accepted_at
    assert opening.get().billed_at == order.line_accepted_at + timedelta(hours=1)
    metered(world, order, first=51, last=60)
    waiting = settled(world, order, first=51, last=100)["lines"][1]
    assert (waiting["amount_fen"], waiting["ending"]) == (0, "running")
    after = settled(world, order, first=100, last=101)["lines"][1]
    assert (after["amount_fen"], after["quantity"]) == (order.line_fen, 1)


def test_a_line_that_its_carrier_declines_is_not_paid(world: World) -> None:
    order = aged(waived(world), 800)
    opening = LineOpening.objects.filter(order=order.id)
    opening.update(state="to_survey", generation=F("generation") + 1)
    path = f"/api/v1/line-openings/{opening.get().id}:decline"
    kept = Claim.objects.filter(bundle=order.id, state="confirmed").values_list("resource_id", flat=True)
    spans = set(line_kept(order).spans)
    taken = (
        Capacity.objects.filter(resource__in=spans)
        .order_by("resource")
        .annotate(taken=F("standing") + F("peak"))
    )
    sums = taken.values_list("taken", flat=True)
    before, mbps = list(sums), order.facts["bundle"]["bandwidth_mbps"]
    assert spans <= set(kept.all())
    assert world.lin.post(path, {"reason": "管道已满"}).status_code == 200
    drain()
    assert set(kept.all()) == {UUID(order.facts["bundle"]["pool"])}
    assert list(sums.all()) == [each - mbps for each in before], "the spans are free, and sold again"
    metered(world, order, first=0, last=10)
    end_order(order=order.id)
    ended_ago(order, hours=1)
    statement = settled(world, order, first=0, last=800)
    assert (statement["line_provider_fen"], statement["lines"][1]["ending"]) == (0, "not_accepted")


def test_on_an_accelerated_clock_a_day_of_service_passes_in_a_second(world: World, settings: Any) -> None:
    settings.DAY_SECONDS = 1
    order = running(world)
    assert order.billing_started_at is not None
    order.billing_started_at -= timedelta(seconds=2)
    order.advance("billing_started_at")
    assert world.ben.get(f"/api/v1/orders/{order.id}").json()["clock_rate"] == 86_400
    metered(world, order, first=0, last=48)
    statement = settled(world, order, first=0, last=48)
    assert statement["lines"][0]["amount_fen"] == 48 * 11_280
    too_far = reading(order, first=48, last=720)
    answer = world.ada.post("/api/v1/meter-records", too_far)
    assert answer.json()["errors"][0]["pointer"] == "/window_end"
    assert service_end(order) - order.billing_started_at == timedelta(microseconds=30_416_666)


def test_both_sides_read_the_same_statement_and_nobody_else_does(world: World) -> None:
    order = served(100)
    metered(world, order, first=0, last=10)
    path = f"/api/v1/statements/{settled(world, order, first=0, last=20)['id']}"
    texts = {party.get(path).content for party in (world.ben, world.ada, world.lin, world.rhea, world.aude)}
    assert len(texts) == 1
    assert world.ben.get(path).json()["marking"] == "演示数据", (
        "what was ordered is invented, so is what is owed"
    )
    for outsider in (world.bea, world.cleo):
        assert outsider.get(path).status_code == 404
        assert outsider.get(f"{path}/evidence").status_code == 404
        assert outsider.get("/api/v1/statements").json()["items"] == []


def test_a_stranger_recomputes_the_statement_to_the_fen(world: World, tmp_path: Path) -> None:
    sized(world.ben)
    policy_in_force(world)
    order = served(100)
    made(world.ben.post("/api/v1/voucher-claims", {"order": str(order.id)}))
    metered(world, order, first=0, last=7, machine_seconds=25_001)
    settled(world, order, first=0, last=7)
    metered(world, order, first=7, last=20)
    statement = settled(world, order, first=7, last=20)
    evidence = world.lin.get(f"/api/v1/statements/{statement['id']}/evidence").json()
    assert misfits("StatementEvidenceOut", evidence) == []
    assert statement["voucher_fen"] > 0
    assert verify(tmp_path, statement, evidence) == 0
    assert verify(tmp_path, statement | {"user_fen": statement["user_fen"] - 1}, evidence) == 1
    evidence["compute"]["readings"][0]["provider_machine_seconds"] -= 3600
    assert verify(tmp_path, statement, evidence) == 1
    assert verify(tmp_path, {}, {}) == 2


def test_the_cap_binds_and_the_voucher_pays_no_more_than_it_leaves(world: World, tmp_path: Path) -> None:
    sized(world.ben)
    policy_in_force(world)
    for claim in EARLIER:
        body = {
            "enterprise": world.ben.organisation.code,
            "claimed_on": claim["claimed_on"],
            "contract_ref": claim["contract_ref"],
            "claimed_fen": claim["claimed_fen"],
            "redeemed_fen": claim["claimed_fen"],
            "evidence": claim["claim"],
        }
        proposed = made(world.otto.post("/api/v1/voucher-balances", body))
        made(world.olga.post(f"/api/v1/proposals/{proposed['id']}:approve"))
    order = served(730)
    with_claim = made(world.ben.post("/api/v1/voucher-claims", {"order": str(order.id)}))
    metered(world, order, first=0, last=729)
    statement = settled(world, order, first=0, last=730)
    assert with_claim["amount_fen"] <= with_claim["eligible_fen"] // 5
    assert statement["voucher_fen"] == with_claim["amount_fen"] == 600_000  # a fifth would be 1,644,624
    evidence = world.ben.get(f"/api/v1/statements/{statement['id']}/evidence").json()
    assert misfits("StatementEvidenceOut", evidence) == []
    assert verify(tmp_path, statement, evidence) == 0


def test_a_closed_period_needs_two_people(world: World) -> None:
    order = served(100)
    row = made(world.otto.post("/api/v1/settlements", period(order, first=0, last=20)))
    proposal = made(world.otto.post(f"/api/v1/settlements/{row['id']}:propose-closing"))
    path = f"/api/v1/proposals/{proposal['id']}:approve"
    assert world.otto.post(path).json()["code"] == "same_person"
    assert world.owen.post(path).status_code == 403
    assert world.olga.post(path).status_code == 200
    assert world.otto.get(f"/api/v1/settlements/{row['id']}").json()["state"] == "closed"
    again = world.otto.post(f"/api/v1/settlements/{row['id']}:propose-closing")
    assert (again.status_code, again.json()["code"]) == (409, "state_conflict")


def reverse(world: World, entry: str) -> Any:
    proposal = made(
        world.otto.post(f"/api/v1/journal-entries/{entry}:propose-reversal", {"reason": "计量有误"})
    )
    return world.olga.post(f"/api/v1/proposals/{proposal['id']}:approve")


def test_an_entry_is_reversed_once_and_its_usage_can_be_billed_again(world: World) -> None:
    order = served(100)
    usage = metered(world, order, first=0, last=10)
    statement = settled(world, order, first=0, last=20)
    assert reverse(world, statement["entry"]).status_code == 200
    assert reverse(world, statement["entry"]).json()["code"] == "entry_reversed"
    reversal = JournalEntry.objects.get(reverses=statement["entry"])
    assert reverse(world, str(reversal.id)).json()["code"] == "entry_reversed"
    assert world.ben.get(f"/api/v1/statements/{statement['id']}").json()["reversed"] is True
    balances = world.otto.get("/api/v1/accounts").json()["items"]
    assert {row["balance_fen"] for row in balances} == {0}
    metered(
        world, order, first=0, last=10, sequence=99, corrects=usage["provider_record"]["id"],
        machine_seconds=35_999,
    )  # fmt: skip
    second = settled(world, order, first=20, last=30)
    assert [line["quantity"] for line in second["lines"]] == [35_999, 1]


def one_sided(entry: JournalEntry, account: Account) -> None:
    Posting.objects.create(entry=entry, account=account, amount_fen=1)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what a commit does


def test_the_database_refuses_an_entry_out_of_balance_and_any_change_to_one(world: World) -> None:
    order = served(100)
    metered(world, order, first=0, last=10)
    statement = settled(world, order, first=0, last=20)
    posting = Posting.objects.filter(entry=statement["entry"]).first()
    assert posting is not None
    entry = JournalEntry.objects.create(tenant_id=order.tenant_id, kind="statement")
    with pytest.raises(DatabaseError, match="does not balance"), transaction.atomic():
        one_sided(entry, posting.account)
    for rows in (Posting.objects.all(), JournalEntry.objects.all(), Statement.objects.all()):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        Posting.objects.update(amount_fen=0)


def test_a_statement_that_loses_a_fen_cannot_be_stored(world: World) -> None:
    order = served(100)
    metered(world, order, first=0, last=10)
    row = Statement.objects.get(id=settled(world, order, first=0, last=20)["id"])
    entry = JournalEntry.objects.create(tenant_id=order.tenant_id, kind="statement")
    values = {f.attname: getattr(row, f.attname) for f in Statement._meta.fields if f.name != "id"}
    other = Settlement.objects.create(
        period=(row.settlement.period.upper, row.settlement.period.upper.replace(year=2999)), profile="t"
    )
    values |= {"entry_id": entry.id, "settlement_id": other.id, "fee_fen": row.fee_fen + 1}
    with pytest.raises(DatabaseError, match="statement_conserves"), transaction.atomic():
        Statement.objects.create(**values)


def test_members_see_their_own_balances_only(world: World) -> None:
    order = served(100)
    metered(world, order, first=0, last=10)
    statement = settled(world, order, first=0, last=20)
    (own,) = world.ada.get("/api/v1/accounts").json()["items"]
    assert (own["kind"], own["balance_fen"]) == ("compute_receivable", -statement["provider_fen"])
    assert world.cleo.get("/api/v1/accounts").json()["items"] == []
    assert world.ada.get("/api/v1/journal-entries").status_code == 403
    assert len(world.aude.get("/api/v1/journal-entries").json()["items"]) == 1
