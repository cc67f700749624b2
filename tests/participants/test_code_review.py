"""Codes of legal entities over HTTP: organisation codes, one entity in two roles, and the review of a failed digit."""

import pytest

from kernel.models.outbox import EventRecord
from kernel.organisation_codes import check_character
from participants.models import Decision
from tests.participants.newcomers import Newcomer, application, checked, code_of, serial
from tests.support.cast import World

pytestmark = pytest.mark.django_db
ALL = "/api/v1/organisations"
ISSUED = "91350211M00013FA1N"  # really issued, and fails its check digit


def organisation_code() -> str:
    """An invented organisation code with a right check character, never the same twice."""
    body = f"DEM{next(serial):05d}"
    return body + check_character(body)


def affiliates(firm: Newcomer) -> list[str]:
    standing = firm.get(f"{firm.here}/standing").json()
    assert standing["affiliated"] is bool(standing["affiliates"])
    return list(standing["affiliates"])


def test_an_entity_without_a_social_credit_code_registers_with_its_organisation_code() -> None:
    code = organisation_code()
    told = Newcomer(code=f"{code[:8]}-{code[8:]}").told["organisation"]
    assert (told["code"], told["code_check"]) == (code, "passed")


def test_one_entity_in_two_roles_is_two_affiliated_organisations(world: World) -> None:
    code = organisation_code()
    first = Newcomer(code=f"91320000{code}0")  # its own check digit may fail: no matter here
    second = Newcomer(code=code, kind="resale_provider")
    assert affiliates(first) == [second.id]
    assert affiliates(second) == [first.id]
    for who in (world.otto, world.rhea):
        assert who.get(f"{first.here}/standing").json()["affiliates"] == [second.id]
    again = application(code=code)  # the same entity in the same kind, by its other code
    assert code_of(world.nobody.post(ALL, again)) == (409, "already_registered")


def test_a_declaration_by_the_other_form_of_the_code_affiliates_too() -> None:
    first = Newcomer()
    second = Newcomer(affiliates=[first.row.code[8:17]])
    assert affiliates(first) == [second.id]
    assert affiliates(second) == [first.id]


def test_a_code_that_fails_its_check_digit_waits_for_a_reviewer_and_is_not_refused(world: World) -> None:
    firm = Newcomer(code=ISSUED)
    firm.submit_all()
    world.otto.post(f"{firm.case}:assign", {})
    answer = world.otto.post(f"{firm.case}:check", Accept_Language="en")
    assert code_of(answer) == (409, "code_unconfirmed")
    assert ISSUED in answer.json()["detail"]
    words = {"confirmed": True, "reason": "与营业执照原件一致"}
    answer = world.otto.post(f"{firm.here}:review-code", words)
    assert (answer.status_code, answer.json()["code_check"]) == (200, "confirmed")
    assert code_of(world.otto.post(f"{firm.here}:review-code", words)) == (409, "state_conflict")
    assert world.otto.post(f"{firm.case}:check").status_code == 200
    assert world.olga.post(f"{firm.case}:certify").status_code == 200
    step = world.rhea.get(f"{firm.here}/decisions").json()["items"][-1]
    assert (step["case"], step["act"], step["reason"]) == ("code", "confirm_code", words["reason"])
    assert EventRecord.objects.get(name="participants.code_reviewed").payload == {"outcome": "confirmed"}


def test_a_refused_code_keeps_the_firm_out_until_it_gives_another(world: World) -> None:
    firm = Newcomer(code=ISSUED)
    firm.submit_all()
    assert (
        world.otto.post(
            f"{firm.here}:review-code", {"confirmed": False, "reason": "执照为另一代码"}
        ).status_code
        == 200
    )
    assert code_of(checked(world, firm)) == (409, "code_unconfirmed")
    wrong = firm.patch(firm.here, {"code": "9135"}, If_Match="*")
    assert wrong.json()["errors"][0]["pointer"] == "/code"
    assert (
        firm.patch(firm.here, {"name": "示范更名（演示数据）"}, If_Match="*").json()["code_check"]
        == "refused"
    )
    right = firm.patch(firm.here, {"code": organisation_code()}, If_Match="*").json()
    assert right["code_check"] == "passed"
    firm.told["organisation"] = right
    firm.submit_all()  # the licences must name the holder by its right code
    assert checked(world, firm).status_code == 200


@pytest.mark.parametrize(("missing", "pointer"), [("confirmed", "/confirmed"), ("reason", "/reason")])
def test_a_review_says_which_and_why(world: World, missing: str, pointer: str) -> None:
    firm = Newcomer(code=ISSUED)
    words = {"confirmed": True, "reason": "一致"}
    words.pop(missing)
    answer = world.otto.post(f"{firm.here}:review-code", words)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)
    assert not Decision.objects.exists()


RIGHTS = [("olga", 403), ("owen", 403), ("rhea", 403), ("ada", 404), ("nobody", 401)]


@pytest.mark.parametrize(("who", "status"), RIGHTS)
def test_only_a_reviewer_reviews(world: World, who: str, status: int) -> None:
    firm = Newcomer(code=ISSUED)
    answer = getattr(world, who).post(f"{firm.here}:review-code", {"confirmed": True, "reason": "x"})
    assert answer.status_code == status
    assert firm.post(f"{firm.here}:review-code", {"confirmed": True, "reason": "x"}).status_code == 403
