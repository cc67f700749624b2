"""Lists page by page: stable while rows are added, opaque cursors, no unknown parameter, a constant query count."""

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kernel.api.pagination import MAX_LIMIT, Cursor
from kernel.ids import new_id
from kernel.models import Proposal
from tests.support.cast import World

LIST = "/api/v1/proposals"
pytestmark = pytest.mark.django_db


def add(world: World, count: int) -> list[str]:
    """Open proposals of Rhea's authority; their ids, newest first."""
    rhea = world.rhea
    rows = Proposal.objects.bulk_create(
        Proposal(
            id=new_id(), tenant_id=rhea.organisation.id, kind="test", subject=new_id(), proposer=rhea.user.id
        )
        for _ in range(count)
    )
    return sorted((str(row.id) for row in rows), reverse=True)


def walk(world: World, path: str) -> list[str]:
    """The ids of every page, following `next`."""
    seen: list[str] = []
    while path:
        page = world.rhea.get(path).json()
        seen += [each["id"] for each in page["items"]]
        path = page["next"]
    return seen


def test_the_pages_together_are_the_list_newest_first(world: World) -> None:
    ids = add(world, 7)
    assert walk(world, f"{LIST}?limit=3") == ids
    assert walk(world, f"{LIST}?limit=7") == ids


def test_rows_added_and_removed_between_pages_neither_repeat_nor_hide_the_others(world: World) -> None:
    ids = add(world, 6)
    first = world.rhea.get(f"{LIST}?limit=3").json()
    assert [each["id"] for each in first["items"]] == ids[:3]
    add(world, 4)
    Proposal.objects.filter(id=ids[2]).delete()
    assert walk(world, first["next"]) == ids[3:]


def test_next_keeps_the_filters_and_is_a_link_header_too(world: World) -> None:
    add(world, 3)
    page = world.rhea.get(f"{LIST}?limit=1&state=open")
    query = parse_qs(urlsplit(page.json()["next"]).query)
    assert (query["state"], query["limit"]) == (["open"], ["1"])
    assert page["Link"] == f'<{page.json()["next"]}>; rel="next"'
    assert "Link" not in world.rhea.get(f"{LIST}?limit=3")


def test_rows_are_counted_only_when_asked(world: World) -> None:
    add(world, 3)
    assert "count" not in world.rhea.get(LIST).json()
    assert world.rhea.get(f"{LIST}?limit=1&count=true").json()["count"] == 3
    assert "count" not in world.rhea.get(f"{LIST}?count=false").json()


@pytest.mark.parametrize(
    ("query", "code", "parameter"),
    [
        ("cursor=x", "invalid_field", "cursor"),
        ("cursor=%E4%B8%AD", "invalid_field", "cursor"),
        ("cursor=" + "A" * 500, "invalid_field", "cursor"),
        ("cursor=" + Cursor(UUID(int=7)).encode()[:-4], "invalid_field", "cursor"),
        ("limit=0", "invalid_input", "limit"),
        (f"limit={MAX_LIMIT + 1}", "invalid_input", "limit"),
        ("limit=ten", "invalid_input", "limit"),
        ("state=nonsense", "invalid_input", "state"),
        ("state=open&state=withdrawn", "invalid_field", "state"),
        ("limit=1&limit=1", "invalid_field", "limit"),
        ("order_by=proposer__password", "invalid_input", "order_by"),
        ("order_by=kind", "invalid_input", "order_by"),
        ("fields=id,proposer__password", "invalid_field", "fields"),
        ("expand=proposer", "unknown_parameter", "expand"),
        ("limit=1_0", "invalid_input", "limit"),
        ("id__in=7", "invalid_input", "id__in"),
        ("created_at__gte=yesterday", "invalid_input", "created_at__gte"),
        ("cursor=" + Cursor(UUID(int=7)).encode(), "invalid_field", "cursor"),
        ("tenant_id=1", "unknown_parameter", "tenant_id"),
        ("kind__startswith=a", "unknown_parameter", "kind__startswith"),
        ("_connector=OR", "unknown_parameter", "_connector"),
    ],
)
def test_a_wrong_parameter_is_named(world: World, query: str, code: str, parameter: str) -> None:
    add(world, 1)
    refused = world.rhea.get(f"{LIST}?{query}")
    assert (refused.status_code, refused.json()["code"]) == (400, code)
    (error,) = refused.json()["errors"]
    assert (error["parameter"], error.keys()) == (parameter, {"parameter", "code", "detail"})


def test_a_wrong_choice_is_told_with_the_choices(world: World) -> None:
    for language, says in (
        ("en", "One of: -created_at, created_at"),
        ("zh", "可选：-created_at, created_at"),
    ):
        (error,) = world.rhea.get(f"{LIST}?order_by=zz", Accept_Language=language).json()["errors"]
        assert says in error["detail"]


def test_a_cursor_of_another_tenant_s_row_shows_nothing_of_it(world: World) -> None:
    add(world, 2)
    theirs = urlsplit(world.rhea.get(f"{LIST}?limit=1").json()["next"]).query
    assert world.otto.get(f"{LIST}?{theirs}").json()["items"] == []


@pytest.mark.parametrize(
    "other", ["order_by=created_at", "state=open", "kind=x", "id__in=" + str(UUID(int=7))]
)
def test_a_cursor_of_another_order_or_filter_is_refused(world: World, other: str) -> None:
    add(world, 3)
    cursor = parse_qs(urlsplit(world.rhea.get(f"{LIST}?limit=1").json()["next"]).query)["cursor"][0]
    assert world.rhea.get(f"{LIST}?limit=2&count=true&fields=id&cursor={cursor}").status_code == 200
    refused = world.rhea.get(f"{LIST}?{other}&cursor={cursor}")
    assert (refused.status_code, refused.json()["errors"][0]["parameter"]) == (400, "cursor")
    elsewhere = world.ada.get(f"/api/v1/pools?cursor={cursor}")
    assert (elsewhere.status_code, elsewhere.json()["errors"][0]["parameter"]) == (400, "cursor")


def test_a_cursor_of_one_s_own_making_with_what_no_text_may_hold_is_refused(world: World) -> None:
    by_name = "/api/v1/organisations?order_by=name"
    assert world.ben.organisation != world.rhea.organisation, "so that there is a next page"
    cursor = parse_qs(urlsplit(world.rhea.get(f"{by_name}&limit=1").json()["next"]).query)["cursor"][0]
    made = replace(Cursor.decode(cursor), value="a\0b").encode()
    refused = world.rhea.get(f"{by_name}&cursor={made}")
    assert (refused.status_code, refused.json()["errors"][0]["parameter"]) == (400, "cursor")


def test_the_oldest_may_come_first(world: World) -> None:
    ids = add(world, 5)
    assert walk(world, f"{LIST}?limit=2&order_by=created_at") == ids[::-1]


def test_rows_are_asked_for_by_id_and_by_time(world: World) -> None:
    ids = add(world, 4)
    assert walk(world, f"{LIST}?limit=1&id__in={ids[0]},{ids[3]}") == [ids[0], ids[3]]
    assert walk(world, f"{LIST}?id__in={ids[0]}&id__in={ids[3]}") == [ids[0], ids[3]]
    assert walk(world, f"{LIST}?created_at__gte=2099-01-01T00:00:00Z") == []
    assert walk(world, f"{LIST}?created_at__lt=2099-01-01T00:00:00%2B08:00") == ids


@pytest.mark.parametrize("time", ["2026-12-01", "2026-12-01T09:00:00", "2026-12-01T09:00:00+08:00"])
def test_a_time_without_its_offset_or_with_a_bare_plus_is_told_how_it_is_written(
    world: World, time: str
) -> None:
    for language, words in (
        ("zh-hans", "%2B）；UTC 请以 Z 结尾"),
        ("en", "+ is written %2B); UTC ends in Z"),
    ):
        refused = world.rhea.get(f"{LIST}?created_at__gte={time}", Accept_Language=language)
        (error,) = refused.json()["errors"]
        assert (refused.status_code, error["code"]) == (400, "no_offset")
        assert error["detail"].endswith(words)


def test_an_answer_has_only_the_members_that_were_asked_for_and_the_id(world: World) -> None:
    (one,) = add(world, 1)
    page = world.rhea.get(f"{LIST}?fields=kind,state").json()
    assert page["items"] == [{"id": one, "kind": "test", "state": "open"}]
    refused = world.rhea.get(f"{LIST}?fields=kind,secret", Accept_Language="en").json()["errors"][0]
    assert "Unknown: secret" in refused["detail"]
    assert "proposer" in refused["detail"]


def test_s11_two_rows_and_sixty_cost_the_same_number_of_queries(world: World) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            page: Any = world.rhea.get(f"{LIST}?limit=200&count=true").json()
        assert page["items"]
        return len(queries)

    add(world, 2)
    world.rhea.get(LIST)
    few = cost()
    add(world, 58)
    assert cost() == few
