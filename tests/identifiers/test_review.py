"""Who looks at an application: the drawn share and what is in doubt go to a person, the rest is issued by rule."""

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from identifiers.domain.lifecycle import IdentifierKind
from identifiers.domain.review import Review, ReviewProfile
from identifiers.models import Identifier, IssuedCode
from identifiers.selectors.profiles import review_profile
from identifiers.services import applications
from identifiers.services import identifiers as services
from identifiers.services.applications import Application, apply_identifiers
from identifiers.services.issuing import issue_by_rule
from identifiers.services.prefixes import accept_prefix
from kernel.actor import SYSTEM
from kernel.models.outbox import EventRecord
from tests.support.cast import World
from tests.support.races import race

CENTRE = {"name": "示范中心", "division": "320509", "design_racks": 1}
FULL = (1 << 64) - 1


def profile(share: int) -> ReviewProfile:
    """A profile that draws so many of a thousand."""
    return ReviewProfile("1", "provisional", "test", share, frozenset({"node"}))


@pytest.mark.parametrize(
    ("case", "review"),
    [
        ((200, "centre", False, 0), Review.SAMPLED),
        ((200, "centre", False, FULL // 5 - 1), Review.SAMPLED),
        ((200, "centre", False, FULL // 5 + 1), Review.BY_RULE),
        ((0, "centre", False, 0), Review.BY_RULE),
        ((1000, "centre", False, FULL), Review.SAMPLED),
        ((0, "centre", True, FULL), Review.DOUBTFUL),
        ((0, "node", False, FULL), Review.DOUBTFUL),
    ],
)
def test_the_profile_says_who_looks(case: tuple[int, str, bool, int], review: Review) -> None:
    share, kind, doubts, draw = case
    assert profile(share).decide(kind, doubts=doubts, draw=draw.to_bytes(8)) is review


def test_the_draw_is_the_stated_share_the_same_again_and_another_s_under_another_secret(
    settings: Any,
) -> None:
    tenant, rule = uuid.uuid4(), review_profile()
    subjects = [uuid.UUID(int=number) for number in range(5000)]

    def drawn() -> list[bool]:
        decided = (
            rule.decide("centre", doubts=False, draw=applications.draw_of(tenant, each)) for each in subjects
        )
        return [each is Review.SAMPLED for each in decided]

    first = drawn()
    assert abs(sum(first) / len(first) - rule.share_permille / 1000) < 0.03
    assert drawn() == first
    settings.SECRET_KEY = "another node's"
    assert drawn() != first


def asked(world: World, monkeypatch: Any, *, share: int, **attributes: Any) -> Identifier:
    """An application under a profile that draws so many of a thousand."""
    monkeypatch.setattr(applications, "review_profile", lambda: profile(share))
    return services.apply_identifier(
        kind=IdentifierKind.CENTRE,
        subject=uuid.uuid4(),
        attributes=CENTRE | attributes,
        actor=world.ada.actor,
    )


@pytest.mark.django_db
def test_the_rule_issues_what_nobody_drew_and_says_so(world: World, monkeypatch: Any) -> None:
    accept_prefix(prefix="86.320000", delegated_by="000000", actor=SYSTEM)
    plain, drawn = asked(world, monkeypatch, share=0), asked(world, monkeypatch, share=1000)
    assert issue_by_rule() == 1
    assert issue_by_rule() == 0
    told = {each: world.ada.get(f"/api/v1/identifiers/{each.id}").json() for each in (plain, drawn)}
    assert (told[plain]["state"], told[plain]["review"]) == ("filing", "by_rule")
    assert (told[drawn]["state"], told[drawn]["review"]) == ("verified", "sampled")
    logged = EventRecord.objects.get(subject=plain.id, name="identifiers.identifier_issued")
    assert (logged.payload["rule"], logged.actor_user) == (review_profile().version, None)
    waiting = world.rhea.get("/api/v1/identifiers?state=verified&review=sampled").json()["items"]
    assert [each["id"] for each in waiting] == [str(drawn.id)]
    assert world.rhea.post(f"/api/v1/identifiers/{drawn.id}:approve").json()["state"] == "filing"


@pytest.mark.django_db
def test_what_was_refused_before_or_lies_nowhere_today_goes_to_a_person(
    world: World, monkeypatch: Any
) -> None:
    assert asked(world, monkeypatch, share=0, division="320584").review == Review.DOUBTFUL  # until 2012
    first = asked(world, monkeypatch, share=0)
    services.refuse_identifier(identifier=first, reason="不符", actor=world.rhea.actor)
    again = services.apply_identifier(
        kind=IdentifierKind.CENTRE, subject=first.subject, attributes=CENTRE, actor=world.ada.actor
    )
    assert (first.review, again.review) == (Review.BY_RULE, Review.DOUBTFUL)


@pytest.mark.django_db(transaction=True)
def test_many_rules_and_a_person_at_once_issue_each_code_once(world: World, monkeypatch: Any) -> None:
    accept_prefix(prefix="86.320000", delegated_by="000000", actor=SYSTEM)
    rows = [asked(world, monkeypatch, share=0) for _ in range(6)]
    person = world.rhea.actor
    race(
        *(issue_by_rule for _ in range(3)),
        *(lambda row=row: services.approve_identifier(identifier=row, actor=person) for row in rows[:3]),
    )
    assert issue_by_rule() == 0
    codes = set(Identifier.objects.values_list("code", flat=True))
    assert (len(codes), IssuedCode.objects.count()) == (6, 6)


@pytest.mark.django_db
def test_many_cost_as_many_statements_as_few(world: World) -> None:
    accept_prefix(prefix="86.320000", delegated_by="000000", actor=SYSTEM)
    actor = world.ada.actor

    def run(count: int) -> int:
        many = [Application(IdentifierKind.CENTRE, uuid.uuid4(), CENTRE) for _ in range(count)]
        with CaptureQueriesContext(connection) as seen:
            apply_identifiers(applications=many, actor=actor)
            issue_by_rule()
        return len(seen)

    assert run(200) == run(20) < 25
