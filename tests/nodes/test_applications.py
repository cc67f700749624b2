"""Applications for a node: what a form lacks, what is frozen, who may write, and what is told to nobody."""

import hashlib
import json
import logging
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from kernel.models import EventRecord
from nodes.domain.applications import (
    FormKind,
    Origin,
    Severity,
    blank_content,
    check_application,
    mask_phone,
    seals_of,
    value_at,
)
from nodes.models import NodeApplication
from nodes.selectors.profiles import application_profile
from tests.nodes.forms import filled
from tests.support.cast import Person, World

PROFILE = application_profile()
REGION, INDUSTRY = FormKind.NODE_REGION, FormKind.NODE_INDUSTRY
URL = "/api/v1/node-applications"
UNIT = {"name": "甲", "address": "乙", "code": "60003734-1"}


def found(content: dict[str, Any], kind: FormKind = REGION) -> list[tuple[str, str, str]]:
    return [(each.pointer, each.rule, each.severity) for each in check_application(kind, content, PROFILE)]


def changed(at: str, value: Any) -> dict[str, Any]:
    """A complete form with one member replaced."""
    content: dict[str, Any] = json.loads(json.dumps(filled()))
    *path, last = at.split("/")[1:]
    holder: Any = content
    for name in path:
        holder = holder[int(name)] if name.isdigit() else holder[name]
    holder[last] = value
    return content


WRONG = [
    ("/applicant", " ", "missing", "error"),
    ("/applicant_unit", "", "missing", "error"),
    ("/recommending_unit", "某厅", "not_on_form", "error"),
    ("/lead/name", "", "missing", "error"),
    ("/lead/address", "", "missing", "error"),
    ("/lead/code", "", "missing", "error"),
    ("/lead/code", "12345", "code_malformed", "error"),
    ("/lead/code", "91110000600037341N", "code_check", "warning"),
    ("/lead/code", "D2143569-0", "code_check", "warning"),
    ("/joint/0/name", "", "missing", "error"),
    ("/joint/0/address", "", "missing", "error"),
    ("/joint/0/code", "91110000600037341l", "code_twice", "error"),
    ("/contact/name", "", "missing", "error"),
    ("/contact/sex", "", "missing", "error"),
    ("/contact/post", "", "missing", "error"),
    ("/contact/phone", "", "missing", "error"),
    ("/contact/phone", "打我手机", "phone_unusual", "warning"),
    ("/contact/email", "", "missing", "error"),
    *((f"/statements/{each}", "\n", "missing", "error") for each in filled()["statements"]),
    ("/builder/name", "", "builder_unnamed", "warning"),
    ("/builder/registered_capital_fen", 4_999_999_999, "capital_low", "warning"),
    ("/builder/registered_capital_fen", None, "capital_low", "warning"),
    ("/builder/sustained_funding", False, "funding_unstated", "warning"),
    ("/operator/name", "", "operator_unnamed", "warning"),
    ("/operator/telecom_licence", "", "licence_missing", "warning"),
    ("/operator/site", None, "site_unstated", "warning"),
    ("/operator/equipment", None, "equipment_unstated", "warning"),
    ("/operator/staff", False, "staff_unstated", "warning"),
    ("/operator/clean_record", None, "record_unstated", "warning"),
]


@pytest.mark.parametrize(("at", "value", "rule", "severity"), WRONG)
def test_what_is_missing_or_wrong_is_named_with_the_way_out(
    at: str, value: Any, rule: str, severity: str
) -> None:
    content = changed(at, value)
    assert found(content) == [(at, rule, severity)]
    (finding,) = check_application(REGION, content, PROFILE)
    assert finding.text.zh.endswith("。")
    assert finding.text.en.endswith(".")
    assert "{" not in finding.text.zh + finding.text.en


def test_a_complete_form_has_nothing_against_it() -> None:
    assert found(filled()) == []
    assert found(filled(joint=[])) == []
    assert found(filled(recommending_unit="某厅"), INDUSTRY) == []
    public = changed("/operator/telecom_licence", "")
    public["operator"]["public_institution"] = True
    assert found(public) == []


def test_a_consortium_has_three_bodies_at_most() -> None:
    others = [UNIT, UNIT | {"code": "91350211M00013FA1N"}, UNIT | {"code": "D2143569-X"}]
    assert ("/joint", "too_many_joint", "error") not in found(filled(joint=others[:2]))
    assert ("/joint", "too_many_joint", "error") in found(filled(joint=others))


def test_an_industry_form_asks_for_its_recommending_unit_and_a_region_s_does_not() -> None:
    assert found(filled(), INDUSTRY) == [("/recommending_unit", "missing", "error")]


def test_only_what_an_official_text_says_is_enforced() -> None:
    for name, rule in PROFILE.rules.items():
        assert rule.text.zh, name
        assert rule.text.en, name
    reported = {name for name, rule in PROFILE.rules.items() if rule.origin is Origin.REPORTED}
    assert reported == {name for _, _, name, severity in WRONG if severity == "warning"} - {
        "code_check",
        "phone_unusual",
    }


@given(
    st.sets(
        st.sampled_from(sorted({at for at, *_ in WRONG if "/joint" not in at and at != "/recommending_unit"}))
    )
)
def test_every_place_left_blank_is_found_and_no_other(places: set[str]) -> None:
    content = json.loads(json.dumps(filled()))
    for at in places:
        *path, last = at.split("/")[1:]
        (content[path[0]] if path else content)[last] = value_at(blank_content(), at)
    assert {pointer for pointer, _, _ in found(content)} == places


@pytest.mark.parametrize("kind", [REGION, INDUSTRY])
def test_every_seal_of_the_public_form_has_its_place(kind: FormKind) -> None:
    places = [entry.at for entry in seals_of(kind, filled(), PROFILE)]
    heads = ["/applicant", "/recommending_unit", "/applicant_unit"]
    assert places == [
        *(at for at in heads if kind is INDUSTRY or at != heads[1]),
        "/lead/name",
        "/joint/0/name",
    ]


def test_the_four_forms_are_told_apart() -> None:
    assert FormKind.codes() == ["node-region", "node-industry", "metro-plan", "metro-summary"]
    assert {kind for kind in FormKind if kind.built} == set(PROFILE.forms)


@pytest.mark.parametrize(
    ("phone", "shown"),
    [("13912345678", "139******78"), ("025-12345678", "025*******78"), ("1234567", "*******"), ("", "")],
)
def test_a_phone_is_masked(phone: str, shown: str) -> None:
    assert mask_phone(phone) == shown


def drafted(person: Person, **given: Any) -> dict[str, Any]:
    answer = person.post(URL, {"kind": "node-region", **given})
    assert answer.status_code == 201, answer.content
    document: dict[str, Any] = answer.json()
    return document


def finalised(person: Person) -> dict[str, Any]:
    row = drafted(person, **filled())
    answer = person.post(f"{URL}/{row['id']}:finalise", If_Match='"1"')
    assert answer.status_code == 200, answer.content
    document: dict[str, Any] = answer.json()
    return document


@pytest.mark.django_db
def test_a_final_form_keeps_its_bytes_and_their_hash_and_never_changes(world: World) -> None:
    row = finalised(world.otto)
    paper = world.rhea.get(f"{URL}/{row['id']}/document")
    assert hashlib.sha256(paper.content).hexdigest() == row["sha256"]
    assert "final" in paper["Content-Disposition"]
    late = world.otto.patch(f"{URL}/{row['id']}", {"applicant": "他省"}, If_Match='"2"')
    assert (late.status_code, late.json()["code"]) == (409, "state_conflict")
    changes: list[dict[str, Any]] = [
        {"content": {}},
        {"state": "draft", "document": None, "sha256": "", "finalised_at": None},
    ]
    for change in changes:
        with pytest.raises(IntegrityError), transaction.atomic():
            NodeApplication.objects.filter(id=row["id"]).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        NodeApplication.objects.filter(id=row["id"]).delete()


@pytest.mark.django_db
def test_the_kept_bytes_are_given_even_where_the_form_would_be_written_otherwise_today(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = finalised(world.otto)
    monkeypatch.setattr("nodes.adapters.forms.docx.write_form", lambda *_, **__: b"another layout")
    paper = world.otto.get(f"{URL}/{row['id']}/document").content
    assert hashlib.sha256(paper).hexdigest() == row["sha256"]


@pytest.mark.django_db
def test_a_final_form_is_followed_by_one_new_version(world: World) -> None:
    row = finalised(world.otto)
    again = world.otto.post(f"{URL}/{row['id']}:reopen")
    assert again.status_code == 201
    assert {name: again.json()[name] for name in ("version", "supersedes", "state", "sha256")} == {
        "version": 2, "supersedes": row["id"], "state": "draft", "sha256": "",
    }  # fmt: skip
    assert again.json()["content"] == row["content"]
    twice = world.otto.post(f"{URL}/{row['id']}:reopen")
    assert (twice.status_code, twice.json()["code"]) == (409, "already_reopened")
    assert again.json()["id"] in twice.json()["detail"]
    assert NodeApplication.objects.count() == 2


@pytest.mark.django_db
def test_reported_rules_do_not_hinder_and_official_ones_do(world: World) -> None:
    blank = blank_content()
    row = drafted(world.otto, **filled(builder=blank["builder"], operator=blank["operator"], applicant=""))
    path = f"{URL}/{row['id']}"
    report = world.rhea.post(f"{path}:check").json()
    assert not report["complete"]
    assert {each["severity"] for each in report["findings"] if each["origin"] == "reported"} == {"warning"}
    refused = world.otto.post(f"{path}:finalise", If_Match='"1"')
    assert (refused.status_code, refused.json()["code"]) == (409, "application_incomplete")
    assert "/applicant" in refused.json()["detail"]
    assert world.otto.patch(path, {"applicant": "示例省"}, If_Match='"1"').status_code == 200
    assert world.rhea.post(f"{path}:check").json()["complete"]
    assert world.otto.post(f"{path}:finalise", If_Match='"2"').status_code == 200


@pytest.mark.django_db
def test_an_amendment_replaces_what_it_names_and_nothing_else(world: World) -> None:
    row = drafted(world.otto, **filled())
    path = f"{URL}/{row['id']}"
    stale = world.otto.patch(path, {"applicant": "他省"}, If_Match='"7"')
    assert stale.status_code == 412
    answer = world.otto.patch(path, {"joint": []}, If_Match='"1"')
    assert answer.json()["content"] == filled(joint=[])


BAD = [
    ({"kind": "metro-plan"}, "/kind", "form_not_built"),
    ({"kind": "metro-summary"}, "/kind", "form_not_built"),
    ({"kind": "other"}, "/kind", "invalid_choice"),
    ({"kind": "node-region", "contact": {"email": "nobody"}}, "/contact/email", "invalid"),
    ({"kind": "node-region", "contact": {"sex": "x"}}, "/contact/sex", "invalid_choice"),
    ({"kind": "node-region", "lead": {"name": "a\x07b"}}, "/lead/name", "unprintable"),
    ({"kind": "node-region", "applicant": "字" * 61}, "/applicant", "max_length"),
    (
        {"kind": "node-region", "builder": {"registered_capital_fen": -1}},
        "/builder/registered_capital_fen",
        "min_value",
    ),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("body", "pointer", "code"), BAD)
def test_what_no_form_takes_is_refused_and_the_field_named(
    world: World, body: dict[str, Any], pointer: str, code: str
) -> None:
    answer = world.otto.post(URL, body)
    assert answer.status_code == 400
    assert (answer.json()["errors"][0]["pointer"], answer.json()["errors"][0]["code"]) == (pointer, code)
    assert not NodeApplication.objects.exists()


@pytest.mark.django_db
def test_the_contact_is_in_no_event_no_log_and_masked_in_lists(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        row = finalised(world.otto)
        world.otto.get(f"{URL}/{row['id']}/document")
        shown = world.rhea.get(URL)
    said = json.dumps(list(EventRecord.objects.values_list("payload", flat=True)), ensure_ascii=False)
    for secret in filled()["contact"]["name"], "025-12345678", "zhang@example.org":
        assert secret not in said
        assert secret not in caplog.text
        assert secret not in shown.content.decode()
    (item,) = shown.json()["items"]
    assert item["contact_phone"] == "025*******78"
    assert Severity.ERROR.value not in said
