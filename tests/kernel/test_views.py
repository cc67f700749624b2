"""The order in a view is law; versions, problems, languages, and what strangers learn."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from rest_framework.request import Request

from kernel.api import throttles
from kernel.ids import new_id
from kernel.models import Proposal
from kernel.permissions import table
from participants.models import ApiKey
from tests.support.caller import Caller
from tests.support.cast import World

BOXES = "/api/v1/boxes"
BOX = {"kind": "small", "size": 1}
WITHIN_A_MINUTE = 1_000.0  # seconds since the epoch: no window ends while a test counts
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("boxes")]


@pytest.fixture
def box(world: World) -> Any:
    """A box of Rhea's authority."""
    return world.rhea.post(BOXES, BOX).json()


@pytest.fixture
def no_more_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody has used up the rate."""
    monkeypatch.setattr(throttles.ActorThrottle, "allow_request", lambda *_: False)
    monkeypatch.setattr(throttles.ActorThrottle, "wait", lambda _: 7.2)


def code(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


class TestTheOrder:
    """Each call breaks one rule more than the one below it; the first in the order must speak."""

    BAD = {"kind": "x" * 99}

    @pytest.mark.usefixtures("no_more_calls")
    def test_401_before_429(self, world: World) -> None:
        assert code(world.nobody.patch(f"{BOXES}/{new_id()}")) == (401, "unauthenticated")

    @pytest.mark.usefixtures("no_more_calls")
    def test_429_before_404(self, world: World) -> None:
        refused = world.rhea.patch(f"{BOXES}/{new_id()}", self.BAD)
        assert code(refused) == (429, "throttled")
        assert refused["Retry-After"] == "8"

    def test_404_before_403(self, world: World, box: Any) -> None:
        assert code(world.ada.patch(f"{BOXES}/{box['id']}", self.BAD)) == (404, "not_found")

    def test_403_before_the_key(self, world: World, box: Any) -> None:
        refused = world.owen.patch(f"{BOXES}/{box['id']}", self.BAD, Idempotency_Key="")
        assert code(refused) == (403, "forbidden")

    def test_the_key_before_if_match(self, world: World, box: Any) -> None:
        refused = world.rhea.patch(f"{BOXES}/{box['id']}", self.BAD, Idempotency_Key="")
        assert code(refused) == (400, "idempotency_key_missing")

    def test_if_match_before_the_state(self, world: World, box: Any) -> None:
        Proposal.objects.update(state="withdrawn")
        assert code(world.rhea.patch(f"{BOXES}/{box['id']}", self.BAD)) == (428, "if_match_missing")
        stale = world.rhea.patch(f"{BOXES}/{box['id']}", self.BAD, If_Match='"9"')
        assert code(stale) == (412, "stale_generation")
        assert '"1"' in stale.json()["detail"]

    def test_the_state_before_the_input(self, world: World, box: Any) -> None:
        Proposal.objects.update(state="withdrawn")
        refused = world.rhea.patch(f"{BOXES}/{box['id']}", self.BAD, If_Match='"1"')
        assert code(refused) == (409, "state_conflict")
        assert "不能执行该操作；该操作适用于" in refused.json()["detail"]

    def test_the_input_before_the_act(self, world: World, box: Any) -> None:
        refused = world.rhea.patch(f"{BOXES}/{box['id']}", self.BAD, If_Match='"1"')
        assert code(refused) == (400, "invalid_input")
        assert {each["pointer"] for each in refused.json()["errors"]} == {"/kind", "/size"}
        assert Proposal.objects.get().state == "open"

    def test_then_the_act(self, world: World, box: Any) -> None:
        done = world.rhea.patch(f"{BOXES}/{box['id']}", BOX, If_Match='"1"')
        assert (done.status_code, done["ETag"], done.json()["state"]) == (200, '"2"', "withdrawn")


def test_what_another_tenant_has_and_what_nobody_has_are_one_answer(world: World, box: Any) -> None:
    def asked(path: str) -> tuple[Any, int]:
        with CaptureQueriesContext(connection) as queries:
            response = world.otto.get(path, X_Request_Id="the-same-id")
        return (response.status_code, response.json(), sorted(response.headers)), len(queries)

    world.otto.get(BOXES)
    assert asked(f"{BOXES}/{box['id']}") == asked(f"{BOXES}/{new_id()}")


def test_a_tenant_sees_its_own_rows_and_the_operator_s_auditor_all(world: World, box: Any) -> None:
    assert [each["id"] for each in world.rhea.get(BOXES).json()["items"]] == [box["id"]]
    assert [each["id"] for each in world.owen.get(BOXES).json()["items"]] == [box["id"]]
    Proposal.objects.update(tenant_id=new_id())
    assert world.rhea.get(BOXES).json()["items"] == []
    assert world.rhea.get(f"{BOXES}/{box['id']}").status_code == 404
    assert world.owen.get(f"{BOXES}/{box['id']}").status_code == 200


def test_a_reader_of_all_may_not_act_on_a_row(world: World, box: Any) -> None:
    assert code(world.owen.patch(f"{BOXES}/{box['id']}", BOX, If_Match='"1"')) == (403, "forbidden")


def test_a_key_acts_within_its_scopes_and_may_always_do_what_everybody_may(world: World, box: Any) -> None:
    assert world.rhea.with_scopes("kernel").get(BOXES).status_code == 200
    assert world.rhea.with_scopes("kernel.list_boxes").get(BOXES).status_code == 200
    assert code(world.rhea.with_scopes("kernel.list_boxes").post(BOXES, BOX)) == (403, "scope_missing")
    narrow = world.rhea.with_scopes("identifiers")
    refused = narrow.get(BOXES, Accept_Language="en")
    assert code(refused) == (403, "scope_missing")
    assert "kernel.list_boxes" in refused.json()["detail"]
    assert "(identifiers)" in refused.json()["detail"]
    assert narrow.get("/api/v1/me").json()["operations"]["kernel.read_root"] == "all"


def test_a_key_without_scopes_reaches_nothing_but_what_everybody_may(world: World, box: Any) -> None:
    ApiKey.objects.filter(id=world.rhea.row.id).update(scopes=[])
    assert code(world.rhea.get(f"{BOXES}/{box['id']}")) == (404, "not_found")
    assert code(world.rhea.post(BOXES, BOX)) == (403, "scope_missing")
    everybody_s = {name: row["anonymous"].value for name, row in table().items() if "anonymous" in row}
    assert world.rhea.get("/api/v1/me").json()["operations"] == everybody_s


def test_a_yes_or_no_filter_that_nobody_asked_for_hides_nothing(world: World, box: Any) -> None:
    def found(query: str) -> int:
        return len(world.rhea.get(BOXES + query).json()["items"])

    assert (found(""), found("?approver__isnull=true"), found("?approver__isnull=false")) == (1, 1, 0)


def test_a_system_that_runs_elsewhere_says_where(world: World, settings: Any) -> None:
    assert world.rhea.get("/api/v1/elsewhere").status_code == 200
    settings.NODE_ROLE, settings.UPSTREAM_NAME = "national", "江苏节点"
    refused = world.rhea.get("/api/v1/elsewhere")
    assert code(refused) == (404, "not_run_here")
    assert "江苏节点" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("asked", "title", "language"),
    [
        (None, "未找到", "zh-hans"),
        ("en", "Not found", "en"),
        ("en-GB,en;q=0.9", "Not found", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "未找到", "zh-hans"),
        ("fr", "未找到", "zh-hans"),
        ("zh", "未找到", "zh-hans"),
        ("zh-CN", "未找到", "zh-hans"),
        ("zh-Hans-CN", "未找到", "zh-hans"),
        ("en-GB", "Not found", "en"),
        ("zh;q=0.2,en;q=0.9", "Not found", "en"),
        ("en;q=0.2, zh-Hans;q=0.9", "未找到", "zh-hans"),
        ("fr,en;q=0.5", "Not found", "en"),
        ("*", "未找到", "zh-hans"),
        ("en;q=0", "未找到", "zh-hans"),
        ("en;q=0, *", "未找到", "zh-hans"),
        ("en;q=0.0,zh;q=0.1", "未找到", "zh-hans"),
        ("zh;q=0", "Not found", "en"),
        ("zh;q=0, *;q=0", "未找到", "zh-hans"),
        ("en;q=0, *;q=0", "未找到", "zh-hans"),
        ("zh-CN;q=0.000, *;q=0.1", "Not found", "en"),
        ("zh;q=0,en;q=0", "未找到", "zh-hans"),
        ("*;q=0", "未找到", "zh-hans"),
        ("*;q=0, en", "Not found", "en"),
        ("zh;q=0.1, *", "Not found", "en"),
        ("*, en;q=0.5", "未找到", "zh-hans"),
        ("en-GB;q=0, en", "Not found", "en"),
        ("fr, en;q=0.5, zh;q=0", "Not found", "en"),
        (";;q=,/%00", "未找到", "zh-hans"),
        ("x" * 4000, "未找到", "zh-hans"),
    ],
)
@pytest.mark.parametrize("path", [f"{BOXES}/{UUID(int=7)}", "/api/v1/castles"])
def test_a_problem_speaks_the_caller_s_language(
    world: World, path: str, asked: str | None, title: str, language: str
) -> None:
    headers = {"Accept_Language": asked} if asked else {}
    refused = world.rhea.get(path, **headers)
    document = refused.json()
    assert (document["title"], refused["Content-Language"]) == (title, language)
    assert "Accept-Language" in refused["Vary"]
    assert refused["Content-Type"] == "application/problem+json"
    assert set(document) == {"type", "title", "status", "detail", "code", "request_id"}
    assert document["type"] == "/api/v1/problems#not_found"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"{", (400, "malformed_body")),
        (b"[]", (400, "invalid_input")),
        (b'{"kind": "a\\u0000b", "size": 1}', (400, "invalid_input")),
        (b'{"kind": "a", "size": 1e400}', (400, "invalid_input")),
        (b'{"kind": "a", "size": NaN}', (400, "malformed_body")),
        (b'{"kind": {"$gt": 1}, "size": 1}', (400, "invalid_input")),
        (b"\xff\xfe", (400, "malformed_body")),
        (b"[" * 100_000, (400, "malformed_body")),
        (b'{"kind": "a", "size": 1, "size": 2}', (400, "invalid_field")),
        (b'{"kind":' * 65 + b"1" + b"}" * 65, (400, "invalid_input")),
        (b'{"kind":' * 300 + b'"\\u0000"' + b"}" * 300, (400, "invalid_input")),
    ],
)
def test_a_bad_body_is_a_clear_problem_and_never_a_mistake_of_ours(
    world: World, body: bytes, expected: tuple[int, str]
) -> None:
    assert code(world.rhea.post(BOXES, body)) == expected
    assert not Proposal.objects.exists()


def test_a_body_that_is_too_large_says_how_much_is_read(world: World, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    refused = world.rhea.post(BOXES, {"kind": "x" * 200, "size": 1})
    assert code(refused) == (413, "body_too_large")
    assert "100" in refused.json()["detail"]


def test_other_methods_formats_and_content_types_are_problems_too(world: World) -> None:
    assert code(world.rhea.delete(BOXES)) == (405, "method_not_allowed")
    assert code(world.rhea.get(BOXES, Accept="text/html")) == (406, "not_acceptable")
    form = world.rhea.client.post(
        BOXES, "a=1", content_type="text/plain", headers={**world.rhea.standing, "Idempotency-Key": "k"}
    )
    assert code(form) == (415, "unsupported_media_type")
    assert "application/json" in form.json()["detail"]


def test_a_mistake_of_ours_tells_the_request_id_and_nothing_else(world: World) -> None:
    world.nobody.client.raise_request_exception = False
    broken = world.nobody.get("/api/v1/broken", X_Request_Id="call-0001", Accept_Language="en")
    assert code(broken) == (500, "internal")
    assert (broken.json()["request_id"], broken["X-Request-Id"]) == ("call-0001", "call-0001")
    assert "ZeroDivision" not in broken.content.decode()


def test_a_wrong_key_is_told_the_same_whatever_is_wrong(world: World) -> None:
    key = world.ada.key
    prefix = key.rsplit("_", 1)[0]
    wrong = ["", "cin", "cin_a_b", f"{prefix}_{'0' * 64}", key[:-1], key + "0", key.upper(), "\x00"]
    answers = [Caller(each).get("/api/v1/me", X_Request_Id="the-same-id") for each in wrong if each]
    assert {each.content for each in answers} == {answers[0].content}
    assert {each.status_code for each in answers} == {401}


def test_too_many_calls_are_told_when_to_come_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttles.ActorThrottle, "get_rate", lambda _: "2/min")
    monkeypatch.setattr(throttles.ActorThrottle, "timer", lambda _: WITHIN_A_MINUTE)
    cache.clear()
    answers = [world.nobody.get("/api/v1/me", X_Forwarded_For=f"10.0.0.{n}").status_code for n in range(3)]
    assert answers == [200, 200, 429], "a spoofed address is no new caller"
    assert world.ada.get("/api/v1/me").status_code == 200
    cache.clear()


def test_every_counted_answer_says_what_is_left(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttles.ActorThrottle, "get_rate", lambda _: "3/min")
    monkeypatch.setattr(throttles.ActorThrottle, "timer", lambda _: WITHIN_A_MINUTE)
    cache.clear()
    answers = [world.rhea.get(path) for path in (BOXES, f"{BOXES}/{new_id()}", BOXES, BOXES)]
    assert [each.status_code for each in answers] == [200, 404, 200, 429]
    assert {each["RateLimit-Policy"] for each in answers} == {'"actor";q=3;w=60'}
    left = [re.fullmatch(r'"actor";r=(\d+);t=(\d+)', each["RateLimit"]) for each in answers]
    assert [each and each[1] for each in left] == ["2", "1", "0", "0"]
    assert all(each and 0 < int(each[2]) <= 60 for each in left)
    assert 0 < int(answers[-1]["Retry-After"]) <= 60
    cache.clear()


def test_of_calls_at_once_none_is_lost_from_the_count(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight threads count 25 each: were the count read and written back, some of them would overwrite others."""
    monkeypatch.setattr(throttles.ActorThrottle, "timer", lambda _: WITHIN_A_MINUTE)
    cache.clear()
    asked = Request(RequestFactory().get("/api/v1/me"))

    def calls(_: int) -> int:
        throttle = throttles.ActorThrottle()
        assert all(throttle.allow_request(asked, None) for _ in range(25))
        return throttle.count or 0

    with ThreadPoolExecutor(8) as pool:
        assert max(pool.map(calls, range(8))) == 200
    cache.clear()


def test_an_operation_that_will_go_says_so_on_every_answer(world: World) -> None:
    answer = world.rhea.get("/api/v1/old")
    assert answer["Deprecation"] == "@1798761600"
    assert answer["Sunset"] == "Thu, 01 Jul 2027 00:00:00 GMT"
    assert answer["Link"] == '</api/v1/boxes>; rel="successor-version"'
    assert "Deprecation" not in world.rhea.get(BOXES)


def test_without_redis_the_api_goes_on(world: World, settings: Any) -> None:
    nowhere = {**settings.CACHES["default"], "LOCATION": "unix:///nowhere/redis.sock?db=1"}
    settings.CACHES = {"default": nowhere}
    assert world.rhea.get("/api/v1/me").status_code == 200


def test_a_wrong_header_is_named(world: World, box: Any) -> None:
    here, key = f"{BOXES}/{box['id']}", {"Idempotency_Key": "once"}
    made = world.rhea.post(BOXES, BOX, **key)
    assert made.status_code == 201
    for refused, header in (
        (world.rhea.post(BOXES, BOX, Idempotency_Key=""), "Idempotency-Key"),
        (world.rhea.post(BOXES, {**BOX, "size": 2}, **key), "Idempotency-Key"),
        (world.rhea.patch(here, BOX), "If-Match"),
        (world.rhea.patch(here, BOX, If_Match='"9"'), "If-Match"),
    ):
        problem = refused.json()
        assert problem["errors"] == [{"header": header, "code": problem["code"], "detail": problem["detail"]}]


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "x\udfff"], ids=ascii)
def test_text_that_cannot_be_kept_is_refused_where_it_lies(world: World, text: str) -> None:
    for body, pointer in (
        ({"kind": text, "size": 1}, "/kind"),
        ({**BOX, "more": [{}, {"deep": [text]}]}, "/more/1/deep/0"),
        ({**BOX, text: 1}, ""),
    ):
        answer = world.rhea.post(BOXES, body)
        assert code(answer) == (400, "invalid_input")
        assert answer.json()["errors"][0]["pointer"] == pointer
    assert not Proposal.objects.exists()


def test_text_of_the_whole_world_is_kept(world: World) -> None:
    assert world.rhea.post(BOXES, {"kind": "\u7b97\U0001f600", "size": 1}).status_code == 201


def test_every_code_has_its_name_in_both_languages(world: World) -> None:
    page = world.nobody.get("/api/v1/vocabularies", Accept_Language="en").json()
    told = {(each["floor"], each["name"]): each["words"] for each in page}
    assert len(told) == len(page)
    assert {"code": "open", "label": "Open", "zh": "待批准", "en": "Open"} in told["kernel", "ProposalState"]
    assert ("aggregation", "OfferState") in told


def test_the_page_of_the_api_comes_from_this_node_alone(world: World) -> None:
    page = world.nobody.get("/api/v1/docs", Accept="text/html").content.decode()
    named = re.findall(r"""(?:src|href)=["']([^"']+)|url\(([^)]+)\)|https?://[^\s"'<>]+""", page)
    assert "swagger-ui" in page
    assert [each for each in named if any("//" in word for word in each)] == []
    assert not re.search(r"https?://(?!testserver)", page)
