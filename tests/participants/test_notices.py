"""Mail about decisions and last days: to who administers the organisation and to its regulators, in their language."""

import pytest

from participants.models import Mail, Membership, User
from participants.tasks import remind
from tests.participants.newcomers import Newcomer, certified, checked, days_ahead, decide, renew
from tests.support.cast import World

pytestmark = pytest.mark.django_db


def texts(letter: str) -> dict[str, str]:
    """The waiting mails of a letter: subject and body by the first part of the address."""
    rows = Mail.objects.filter(letter=f"participants.{letter}").order_by("id")
    found = {row.address.partition("@")[0]: f"{row.subject}\n{row.body}" for row in rows}
    assert len(found) == len(rows)  # nobody twice
    Mail.objects.all().delete()
    return found


@pytest.fixture
def firm(world: World) -> Newcomer:
    """A firm whose administrator reads English; Rhea, its regulator, reads Chinese, and Ron has left."""
    firm = Newcomer(kind="resale_provider", email="eve@example.org", name="示范转售商")
    User.objects.filter(email="eve@example.org").update(language="en")
    assert world.ada
    assert world.rhea
    Membership.objects.filter(id=world.ron.membership.id).update(ended_at=firm.row.created_at)
    firm.submit_all()
    return firm


def test_decisions_are_mailed_with_their_reason_in_the_language_of_each_reader(
    world: World, firm: Newcomer
) -> None:
    checked(world, firm)
    world.olga.post(f"{firm.case}:ask", {"text": "经办人 {who}？"})
    asked = texts("question_asked")
    assert set(asked) == {"eve", "rhea"}
    assert "A question about the application of 示范转售商" in asked["eve"]
    assert "认证审核提问：示范转售商" in asked["rhea"]
    for text in asked.values():
        assert "经办人 {who}？" in text
        assert f"{firm.case}:answer" in text
    world.otto.post(f"{firm.case}:refuse", {"reason": "材料模糊"})
    refused = texts("refused")
    assert "The application of 示范转售商 is refused" in refused["eve"]
    assert "未通过" in refused["rhea"]
    assert all("材料模糊" in text for text in refused.values())
    firm.submit_all()
    decide(world, firm)
    told = texts("certified")
    assert "示范转售商 is certified" in told["eve"]
    assert "已通过认证" in told["rhea"]
    assert all(f"{firm.here}/licences" in text for text in told.values())


def test_a_single_refused_document_is_mailed_to_who_can_mend_it_and_to_nobody_else(
    world: World, firm: Newcomer
) -> None:
    checked(world, firm)
    document = firm.row.documents.filter(kind="authorisation").latest("id")
    path = f"/api/v1/documents/{document.id}:refuse"
    assert world.otto.post(path, {"reason": "缺少盖章 {who}"}).status_code == 200
    told = texts("document_refused")
    assert set(told) == {"eve"}  # the supervision decides nothing here, and is told when the case is decided
    assert "A document of 示范转售商 is refused: Enterprise real name and authorisation" in told["eve"]
    assert "缺少盖章 {who}" in told["eve"]
    assert f"{firm.here}/documents" in told["eve"]
    assert world.otto.post(path, {"reason": "再次"}).status_code == 409
    assert texts("document_refused") == {}
    User.objects.filter(email="eve@example.org").update(language="zh-hans")
    other = firm.row.documents.exclude(id=document.id).latest("id")
    world.otto.post(f"/api/v1/documents/{other.id}:refuse", {"reason": "已过期"})
    assert "未予接受" in texts("document_refused")["eve"]


def test_every_step_of_a_qualification_is_mailed_with_its_reason(world: World, firm: Newcomer) -> None:
    decide(world, firm)
    renew(world, firm, "qualification_application")
    for act, zh, en in (
        ("grant", "有效", "Granted"),
        ("suspend", "已暂停", "Suspended"),
        ("restore", "有效", "Granted"),
        ("revoke", "已撤销", "Revoked"),
    ):
        terms = {"act": act, "reason": f"理由 {act}", "valid_until": days_ahead(300)}
        proposal = world.otto.post(f"{firm.here}:propose-qualification", terms).json()["id"]
        assert texts("qualification_decided") == {}  # one person decides nothing
        assert world.olga.post(f"/api/v1/proposals/{proposal}:approve").status_code == 200
        told = texts("qualification_decided")
        assert set(told) == {"eve", "rhea"}
        assert f"is now: {en} (last day {days_ahead(300)})" in told["eve"]
        assert f"转售调度资质现为：{zh}" in told["rhea"]
        assert all(f"理由 {act}" in text for text in told.values())


def test_a_reminder_is_mailed_once(world: World) -> None:
    firm = certified(world, email="eve@example.org", name="示范算力商丙")
    User.objects.filter(email="eve@example.org").update(language="en")
    assert world.rhea
    firm.row.documents.filter(kind="authorisation").update(valid_until=days_ahead(29))
    texts("certified")
    remind()
    told = texts("last_day_near")
    assert set(told) == {"eve", "rhea"}
    assert "authorisation of the agent ends in 29 days" in told["eve"]
    assert "企业实名及经办人授权书 29 天后到期" in told["rhea"]
    remind()
    assert texts("last_day_near") == {}
