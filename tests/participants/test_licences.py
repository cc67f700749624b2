"""Licence rules: particulars of their declared types, and what a party may sell where, and why not."""

import json
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.clock import SHANGHAI, now, shanghai_date
from participants.domain.licences import Held, SalesRights, report_due
from participants.domain.particulars import covers
from participants.models import Document
from participants.selectors.licences import sales_rights, turning
from participants.selectors.profiles import certification_profile
from tests.participants.newcomers import Newcomer, certified, code_of, days_ahead, renew
from tests.support.cast import World
from tests.support.licences import sound

ENTITY, TODAY = "600037341", date(2026, 11, 25)
LICENCE = {
    "holder_code": "91110000600037341L",
    "cities": ["320500"],
    "issued_on": "2024-01-01",
    "annual_report": 2025,
}
FILING = {"unit": "平台", "level": 3, "last_test": "2026-01-01", "next_test": "2027-01-01"}


def rights(*held: Held) -> SalesRights:
    profile = certification_profile()
    return SalesRights(ENTITY, profile.products["compute_provider"], held, profile.labels, TODAY)


def licence(until: date = date(2027, 1, 1), **changes: Any) -> Held:
    return Held("telecom_licence_b11", until, {**LICENCE, **changes})


def filing(**changes: Any) -> Held:
    return Held("network_security_filing", date(2027, 1, 1), {**FILING, **changes})


WRONG = [
    ((), ["missing", "missing"]),
    ((filing(),), ["missing"]),
    ((licence(until=TODAY - timedelta(days=1)), filing()), ["expired"]),
    ((licence(until=TODAY), filing()), []),
    ((licence(holder_code="D2143569X"), filing()), ["other_holder"]),
    ((licence(holder_code=ENTITY), filing()), []),
    ((licence(cities=["320100"]), filing()), ["not_covered"]),
    ((licence(cities=["320100"]), licence(cities=["320000"]), filing()), []),
    ((licence(annual_report=2024), filing()), ["report_overdue"]),
    ((licence(issued_on="2026-02-01", annual_report=2000), filing()), []),
    ((licence(), filing(next_test="2026-11-24")), ["test_overdue"]),
    ((licence(), filing(next_test="2026-11-25")), []),
    ((licence(until=TODAY - timedelta(days=1), cities=[]), filing()), ["expired", "not_covered"]),
]


@pytest.mark.parametrize(("held", "told"), WRONG, ids=range(len(WRONG)))
def test_each_thing_that_is_wrong_with_a_licence_is_told(held: tuple[Held, ...], told: list[str]) -> None:
    found = rights(*held).why_not("intelligent", ["320509"])
    assert [each.want for each in found] == told
    assert all("{" not in each.text.zh + each.text.en for each in found)


def test_a_line_needs_its_licence_at_both_ends_and_two_licences_may_share_the_work() -> None:
    both = rights(licence(cities=["320500"]), licence(cities=["320100"]), filing())
    assert both.why_not("general", ["320509", "320113"]) == []
    assert both.cities("general") == ["320100", "320500"]
    for there, lacking in (
        ("320500", "320113"),
        ("320100", "320509"),
    ):  # whichever end it is, and however they are named
        one = rights(licence(cities=[there]), filing())
        for ends in (["320509", "320113"], ["320113", "320509"]):
            assert [each.text.en for each in one.why_not("general", ends)] == [
                f"Telecom licence, B11 (does not cover {lacking})"
            ]


def test_a_product_of_another_kind_of_party_is_not_sold() -> None:
    assert [each.want for each in rights(licence(), filing()).why_not("otn", [])] == ["not_sold"]


@given(st.integers(100000, 999999).map(str), st.integers(100000, 999999).map(str))
def test_a_division_covers_its_own_places_only(division: str, city: str) -> None:
    prefix = division.rstrip("0").ljust(2, "0")
    prefix += "0" * (len(prefix) % 2)
    assert covers(division, city) == (division == "100000" or city.startswith(prefix))


@pytest.mark.parametrize(
    ("today", "report", "due"),
    [
        ("2026-03-31", 2024, None),
        ("2026-04-01", 2024, 2025),
        ("2026-04-01", 2025, None),
        ("2026-03-31", 2023, 2024),
    ],
)
def test_a_report_of_the_year_before_is_due_at_the_end_of_march(
    today: str, report: int, due: int | None
) -> None:
    facts = {"issued_on": "2020-01-01", "annual_report": report}
    assert report_due(facts, date.fromisoformat(today)) == due


BAD = [
    ({"holder_code": "9132"}, "/particulars/holder_code"),
    ({"cities": "320500"}, "/particulars/cities"),
    ({"cities": ["3205"]}, "/particulars/cities"),
    ({"cities": []}, "/particulars/cities"),
    ({"issued_on": "2026-02-30"}, "/particulars/issued_on"),
    ({"annual_report": "2025"}, "/particulars/annual_report"),
    ({"annual_report": True}, "/particulars/annual_report"),
    ({"holder": "x" * 201}, "/particulars/holder"),
    ({"shoe_size": 43}, "/particulars/shoe_size"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("change", "pointer"), BAD, ids=str)
def test_a_wrong_particular_names_its_field_and_leaves_nothing(change: dict[str, Any], pointer: str) -> None:
    firm = Newcomer()
    facts = {**sound("telecom_licence_b11", firm.row.code), **change}
    answer = firm.submit("telecom_licence_b11", particulars=json.dumps(facts))
    assert code_of(answer) == (400, "unusable_document")
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert not Document.objects.exists()


@pytest.mark.django_db
def test_all_wrong_particulars_are_told_at_once_each_with_its_form() -> None:
    answer = Newcomer().submit("telecom_licence_b11", particulars='{"holder_code": "9132", "shoe_size": 43}')
    (fault,) = answer.json()["errors"]
    assert fault["pointer"] == "/particulars/shoe_size"  # the first
    asked = [part.partition(":")[0].strip() for part in fault["detail"].replace("；", ";").split(";")]
    named = [name for name in asked if name.isidentifier()]
    assert named == ["shoe_size", "holder", "holder_code", "cities", "issued_on"]
    assert "YYYY-MM-DD" in fault["detail"]
    assert not Document.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["[]", "not json", '"x"'])
def test_particulars_are_a_json_object(text: str) -> None:
    answer = Newcomer().submit("authorisation", particulars=text)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/particulars"


@pytest.mark.django_db
def test_a_certified_firm_loses_the_product_and_not_its_certification(world: World) -> None:
    firm = certified(world)
    here = f"{firm.here}/licences"
    assert all(row["sellable"] and row["cities"] == ["100000"] for row in firm.get(here).json()["products"])
    held = Document.objects.filter(organisation=firm.id, kind="telecom_licence_b11")
    held.update(valid_until=days_ahead(-1))
    told = firm.get(here, Accept_Language="en").json()["products"][0]
    assert (told["sellable"], told["cities"]) == (False, [])
    assert told["shortfalls"][0]["text"] == "Telecom licence, B11 (expired)"
    standing = firm.get(f"{firm.here}/standing").json()
    assert (standing["certified"], standing["suspensions"]) == (True, [])
    firm.submit("telecom_licence_b11")
    assert not firm.get(here).json()["products"][0]["sellable"]  # nobody has accepted it
    firm.post(f"{firm.case}:withdraw")
    renew(world, firm, "telecom_licence_b11")
    assert firm.get(here).json()["products"][0]["sellable"]
    assert firm.get(f"{here}?city=32").json()["errors"][0]["parameter"] == "city"


@pytest.mark.django_db
def test_the_rights_of_many_cost_what_those_of_one_cost(world: World, django_assert_num_queries: Any) -> None:
    parties = [each.organisation.id for each in (world.ada, world.cleo, world.lin, world.ben)]
    today = shanghai_date(now())
    for asked in (parties[:1], parties):
        with django_assert_num_queries(2):
            assert set(sales_rights(asked, today=today)) == set(asked)


FAR = date(2029, 1, 1)
TURNING_DAYS = [
    (
        date(2027, 2, 1),
        date(2027, 2, 1),
        {},
    ),  # the last day of the document; from the next on it does not count
    (date(2027, 2, 1), FAR, {"next_test": "2027-02-01"}),
    (date(2027, 3, 31), FAR, {"issued_on": "2024-01-01", "annual_report": 2025}),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("last", "until", "particulars"), TURNING_DAYS, ids=["its end", "test", "report"])
def test_a_day_turns_those_of_whom_a_document_ends_by_date(
    world: World, last: date, until: date, particulars: dict[str, Any]
) -> None:
    """Asked once a day for the snapshot, so that nobody looks at all that is sold at midnight."""
    firm = certified(world)
    Document.objects.update(valid_until=date(2030, 1, 1), particulars={})
    mine = Document.objects.filter(organisation=firm.id, kind="telecom_licence_b11")
    assert mine.update(valid_until=until, particulars=particulars) == 1
    noon = datetime.combine(last, time(12), SHANGHAI)
    day = timedelta(days=1)
    assert turning(noon - day, noon) == turning(noon, noon + day / 2 - timedelta.resolution) == set()
    assert turning(noon, noon + day / 2) == turning(noon - 9 * day, noon + 9 * day) == {UUID(firm.id)}
    assert turning(noon + day, noon + 2 * day) == set()
    mine.update(accepted_at=None)
    assert turning(noon, noon + day) == set()
