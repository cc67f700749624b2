"""The first people of a node: distinct, invited once, and the command may run again."""

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from identifiers.models import Prefix
from kernel.models.outbox import EventRecord
from participants.models import Membership, Organisation
from tests.participants.newcomers import code_of
from tests.support.caller import Caller

pytestmark = pytest.mark.django_db
NAMES = {"operator_name": "示范运营主体", "regulator_name": "示范通信管理局"}
ROLES = ["operator_system", "operator_security", "operator_audit", "regulator", "regulator"]


def founded(**options: Any) -> list[dict[str, str]]:
    out = io.StringIO()
    call_command("create_node", **{**NAMES, "division": "320000", "json": True, **options}, stdout=out)
    return list(json.loads(out.getvalue())["invitations"])


def seated(seats: list[dict[str, str]]) -> list[Caller]:
    callers = []
    for number, seat in enumerate(seats):
        body = {"name": f"首任{number}", "email": f"first{number}@example.org"}
        answer = Caller().post(f"/api/v1/invitations/{seat['token']}:accept", body)
        assert answer.status_code == 201, answer.content
        callers.append(Caller(answer.json()["api_key"]))
    return callers


def test_five_distinct_people_take_the_first_seats() -> None:
    seats = founded()
    assert [seat["role"] for seat in seats] == ROLES
    people = [caller.get("/api/v1/me").json() for caller in seated(seats)]
    assert len({person["user"] for person in people}) == 5
    assert [person["roles"][0]["code"] for person in people] == ROLES
    administrators = Membership.objects.filter(administers=True)
    assert {row.roles[0] for row in administrators} == {"operator_system", "regulator"}
    assert EventRecord.objects.filter(name="participants.person_invited").count() == 5


def test_a_seat_without_an_address_asks_for_one_and_takes_nobody_elses() -> None:
    first, second, *_ = founded()
    body = {"name": "首任"}
    answer = Caller().post(f"/api/v1/invitations/{first['token']}:accept", body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/email"
    body["email"] = "first@example.org"
    assert Caller().post(f"/api/v1/invitations/{first['token']}:accept", body).status_code == 201
    again = Caller().post(f"/api/v1/invitations/{second['token']}:accept", body)
    assert code_of(again) == (409, "email_known")


def test_founding_again_only_opens_the_seats_that_nobody_took() -> None:
    seats = founded()
    seated([seats[0], seats[3]])
    again = founded()
    assert [seat["role"] for seat in again] == ["operator_security", "operator_audit", "regulator"]
    assert Organisation.objects.count() == 2
    body = {"name": "迟到", "email": "late@example.org"}
    late = Caller().post(f"/api/v1/invitations/{seats[1]['token']}:accept", body)
    assert code_of(late) == (404, "invitation_unknown")
    assert Caller().post(f"/api/v1/invitations/{again[0]['token']}:accept", body).status_code == 201
    assert Membership.objects.filter(administers=True).count() == 2


def test_the_national_node_takes_the_root_prefix_and_others_wait_for_theirs(settings: Any) -> None:
    founded()
    assert not Prefix.objects.exists()
    settings.NODE_ROLE = "national"
    for _ in range(2):
        founded(division="000000")
    assert Prefix.objects.get().prefix == "86"


def test_a_node_that_stands_under_other_names_is_not_founded_anew() -> None:
    founded()
    with pytest.raises(CommandError, match="stands as"):
        founded(operator_name="另一单位")
    assert len(founded()) == 5


def test_people_read_it_too() -> None:
    out = io.StringIO()
    call_command("create_node", **NAMES, stdout=out)
    assert out.getvalue().count("\t") == 10
    assert "5 seats are open" in out.getvalue()
