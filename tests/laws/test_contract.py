"""Laws about the API: the committed OpenAPI is the code's, and every operation has its row of permissions."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver, path
from django.utils.translation import override
from drf_spectacular.drainage import GENERATOR_STATS
from rest_framework import serializers
from rest_framework.parsers import JSONParser
from rest_framework.views import APIView

from aggregation.domain.imports import READERS
from kernel.api.decimals import PlainDecimalField
from kernel.api.deprecation import Deprecation
from kernel.api.instants import DayField, InstantField
from kernel.api.integers import PlainIntegerField
from kernel.api.parsers import DistinctParser
from kernel.api.schema import EVERY_PROBLEM, WRITE_PROBLEMS
from kernel.api.views import HouseView
from kernel.permissions import read_table, table
from marketplace.models import JournalEntry, Posting
from scheduling.domain.ends import COVERED_COLUMNS
from scheduling.domain.topologies.disclosures import (
    COMMITTED_COLUMNS,
    SITE_COLUMNS,
    SPAN_COLUMNS,
    TARIFF_COLUMNS,
)
from tests.laws.house import FLOORS, import_every_floor
from tests.support.caller import Caller
from tests.support.contract import CONTRACT, misfits, read

OPERATION = re.compile(r"(?P<floor>[a-z]+)\.[a-z]+(_[a-z0-9]+)+")
DOCUMENTS = {"api/v1/openapi", "api/v1/docs"}
WRITES = {"post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The API as the code describes it now, without a warning; whose line it would name takes longer than all else."""
    file = tmp_path_factory.mktemp("openapi") / "openapi.yaml"
    with override(settings.LANGUAGE_CODE), pytest.MonkeyPatch.context() as patch:  # whatever a test has read
        patch.setattr(GENERATOR_STATS, "enable_trace_lineno", lambda: None)
        call_command("spectacular", file=str(file), fail_on_warn=True)
    return file.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def described(written: str) -> dict[str, Any]:
    """The same, read."""
    return read(written)


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and words of each operation of an OpenAPI document."""
    for address, methods in document["paths"].items():
        for method, words in methods.items():
            yield address, method, words


def complaints(document: dict[str, Any], rows: set[str]) -> Iterator[str]:
    """What is wrong between an OpenAPI document and the operations of the permission table."""
    ids = [words["operationId"] for _, _, words in operations(document)]
    for each in sorted(set(ids)):
        named = OPERATION.fullmatch(each)
        if not named or named["floor"] not in FLOORS:
            yield f"{each} is not floor.verb_noun"
        if ids.count(each) > 1:
            yield f"{each} is said of {ids.count(each)} operations"
    yield from (f"{each} has no row in config/permissions.yaml" for each in sorted(set(ids) - rows))
    yield from (f"{each} has a row and no address" for each in sorted(rows - set(ids)))
    for address, method, words in operations(document):
        if "description" not in words and "summary" not in words:
            yield f"{method.upper()} {address} does not say what it does"


def strangers(patterns: list[Any], at: str = "") -> Iterator[str]:
    """Addresses of the API that are no HouseView, and so ask none of the questions of the house."""
    for each in patterns:
        here = at + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from strangers(each.url_patterns, here)
        elif isinstance(each, URLPattern) and here.startswith("api/") and here not in DOCUMENTS:
            view = getattr(each.callback, "view_class", None)
            if not (isinstance(view, type) and issubclass(view, HouseView)):
                yield here


def test_the_committed_contract_is_the_code_s(written: str) -> None:
    assert CONTRACT.read_text(encoding="utf-8") == written, (
        "the API changed: run `./dev manage spectacular --file docs/openapi.yaml` and read the difference"
    )


def test_every_operation_has_a_row_and_every_row_an_operation(described: dict[str, Any]) -> None:
    assert list(complaints(described, set(table()))) == []


@pytest.mark.django_db
def test_the_root_links_to_everything_that_can_be_read_without_naming_an_object(
    described: dict[str, Any],
) -> None:
    linked = {urlsplit(link).path for link in Caller().get("/api/v1").json()["links"].values()}
    readable = {
        path
        for path, verbs in described["paths"].items()
        if path.startswith("/api/") and "{" not in path and "get" in verbs
        if not any(each.get("required") for each in verbs["get"].get("parameters", ()))
    }
    assert readable - linked == set()


def test_every_address_of_the_api_asks_the_questions_of_the_house() -> None:
    assert list(strangers(get_resolver().url_patterns)) == []


def test_an_operation_without_a_row_and_a_row_without_an_operation_are_noticed() -> None:
    one = {"operationId": "kernel.read_root", "description": "Reads."}
    document = {
        "paths": {"/a": {"get": one}, "/b": {"get": one}, "/c": {"get": {"operationId": "listThings"}}}
    }
    assert list(complaints(document, {"kernel.read_me"})) == [
        "kernel.read_root is said of 2 operations",
        "listThings is not floor.verb_noun",
        "kernel.read_root has no row in config/permissions.yaml",
        "listThings has no row in config/permissions.yaml",
        "kernel.read_me has a row and no address",
        "GET /c does not say what it does",
    ]


def test_a_view_that_is_no_view_of_the_house_is_noticed() -> None:
    assert list(strangers([path("api/v1/back-door", APIView.as_view())])) == ["api/v1/back-door"]


def test_a_role_that_nobody_knows_is_refused_in_the_table() -> None:
    with pytest.raises(ValueError, match="unknown role emperor"):
        read_table({"groups": {}, "operations": {"kernel.read_root": {"emperor": "all"}}})


def test_a_reach_that_nobody_knows_is_refused_in_the_table() -> None:
    with pytest.raises(ValueError, match="most"):
        read_table({"groups": {}, "operations": {"kernel.read_root": {"regulator": "most"}}})


def test_a_fault_is_of_exactly_one_place() -> None:
    words, places = {"code": "x", "detail": "x"}, [{"pointer": ""}, {"parameter": "x"}, {"header": "x"}]
    for place in places:
        assert misfits("ProblemItem", words | place) == []
        for other in places:
            assert place == other or misfits("ProblemItem", words | place | other)
    assert misfits("ProblemItem", words)


def test_no_write_has_a_parameter_and_a_member_of_one_name(described: dict[str, Any]) -> None:
    """The base tells what is wrong in the query from what is wrong in the body by the names alone."""
    both = 0
    for address, method, words in operations(described):
        bodies = (each["schema"] for each in words.get("requestBody", {}).get("content", {}).values())
        members = {name for body in bodies for name in members_of(described, body)}
        query = {each["name"] for each in words.get("parameters", ()) if each["in"] == "query"}
        assert not query & members, (method, address)
        both += bool(query and members)
    assert both, "networks:import has both"


def test_a_client_can_be_made_of_it_and_believed(described: dict[str, Any]) -> None:
    """One type for one schema, since a client names a body by it; no choice that null fits twice; a 304 where it occurs."""
    for address, method, words in operations(described):
        content = words.get("requestBody", {}).get("content", {})
        kinds = [kind for kind, body in content.items() if kind.endswith("json") and "$ref" in body["schema"]]
        assert len(kinds) <= 1, (method, address)
        known = method == "get" and "200" in words["responses"]
        assert known == ("304" in words["responses"]), (method, address)
    assert "[{}, {'type': 'null'}]" not in repr(described)


def test_an_import_of_rows_names_its_columns(described: dict[str, Any]) -> None:
    columns = {
        "scheduling.import_sites": SITE_COLUMNS,
        "scheduling.import_spans": SPAN_COLUMNS,
        "scheduling.import_committed_lines": COMMITTED_COLUMNS,
        "scheduling.import_tariffs": TARIFF_COLUMNS,
        "scheduling.import_covered_addresses": COVERED_COLUMNS,
    }
    wanted = {name: [each.name for each in columns[name]] for name in columns}
    wanted["aggregation.import_offers"] = list(READERS)
    for _, _, words in operations(described):
        named = set(re.findall(r"\w+", words["description"]))
        assert set(wanted.pop(words["operationId"], ())) <= named, words["operationId"]
    assert not wanted


def members_of(document: dict[str, Any], schema: dict[str, Any]) -> set[str]:
    """The members at the top of a body."""
    name = schema.get("$ref", "").rsplit("/", 1)[-1]
    return set(document["components"]["schemas"].get(name, schema).get("properties", ()))


def test_every_operation_says_how_one_signs_in(described: dict[str, Any]) -> None:
    schemes = described["components"]["securitySchemes"]
    assert (schemes["Session"]["in"], schemes["Session"]["name"]) == ("cookie", settings.SESSION_COOKIE_NAME)
    assert f"HTTP_{schemes['Csrf']['name'].upper().replace('-', '_')}" == settings.CSRF_HEADER_NAME
    for address, method, words in operations(described):
        ways = [set(way) for way in words["security"]]
        if ways in ([set()], [{"Signature"}]):
            assert (ways == [{"Signature"}]) <= ("/federation/" in address), address
            continue
        session = {"Session"} if method == "get" else {"Session", "Csrf"}
        assert ways == [{"ApiKey"}, {"OAuth2"}, session], f"{method} {address}"


def test_every_write_takes_a_key_or_names_its_own(described: dict[str, Any]) -> None:
    views = {
        view.operations[m.upper()]: view
        for view in house_views()
        for m in WRITES
        if m.upper() in view.operations
    }
    for address, method, words in operations(described):
        if method in WRITES and not views[words["operationId"]].natural_key:
            headers = {each["name"] for each in words.get("parameters", []) if each["in"] == "header"}
            assert "Idempotency-Key" in headers, f"{method} {address}"


def test_what_will_go_names_its_successor_and_a_day_far_enough() -> None:
    wrong = [
        f"{view.__name__} {method}: {complaint}"
        for view in house_views()
        for method, notice in view.deprecated.items()
        for complaint in notice.complaints()
    ]
    assert wrong == []


def test_a_notice_that_is_too_short_or_leads_nowhere_is_noticed() -> None:
    assert len(Deprecation(date(2027, 1, 1), date(2027, 6, 29), "").complaints()) == 2
    assert Deprecation(date(2027, 1, 1), date(2027, 6, 30), "/api/v1/me").complaints() == []


def test_every_operation_documents_its_problems_and_its_headers(described: dict[str, Any]) -> None:
    for address, method, words in operations(described):
        told = words["responses"]
        wanted = set(EVERY_PROBLEM) | (set(WRITE_PROBLEMS) if method in WRITES else set())
        assert wanted <= set(told), f"{method} {address}"
        for status, stated in told.items():
            shared = described["components"]["responses"]
            answer = shared[stated["$ref"].rsplit("/", 1)[1]] if "$ref" in stated else stated
            if "$ref" in stated and status != "304":
                assert answer["content"]["application/problem+json"]["example"]["status"] == int(status)
            assert "RateLimit" in answer["headers"], f"{method} {address} {status}"


def test_every_json_body_is_read_with_every_key_once() -> None:
    wrong = [
        f"{view.__name__}: {parser.__name__}"
        for view in house_views()
        for parser in view.parser_classes
        if issubclass(parser, JSONParser) and not issubclass(parser, DistinctParser)
    ]
    assert wrong == []


def test_every_time_that_a_caller_writes_has_its_offset() -> None:
    """Of all that is no answer; that no answer is read is a law of sources."""
    import_every_floor()
    read = [kind for kind in serializers_of_the_house() if not kind.__name__.endswith("Out")]
    times = [each for kind in read for each in taken(serializers.DateTimeField, kind(), kind.__name__)]
    assert len(times) > len(read) / 2
    assert [name for name, field in times if not isinstance(field, InstantField)] == []


def test_every_day_that_a_caller_writes_is_one_of_the_calendar() -> None:
    import_every_floor()
    read = [kind for kind in serializers_of_the_house() if not kind.__name__.endswith("Out")]
    days = [each for kind in read for each in taken(serializers.DateField, kind(), kind.__name__)]
    assert len(days) > 3
    assert [name for name, field in days if not isinstance(field, DayField)] == []


def test_every_decimal_that_a_caller_writes_is_read_plainly() -> None:
    import_every_floor()
    read = [kind for kind in serializers_of_the_house() if not kind.__name__.endswith("Out")]
    decimals = [each for kind in read for each in taken(serializers.DecimalField, kind(), kind.__name__)]
    assert len(decimals) > 20
    assert [name for name, field in decimals if not isinstance(field, PlainDecimalField)] == []


def test_every_whole_number_that_a_caller_writes_is_read_plainly() -> None:
    import_every_floor()
    read = [kind for kind in serializers_of_the_house() if not kind.__name__.endswith(("Out", "Document"))]
    numbers = [each for kind in read for each in taken(serializers.IntegerField, kind(), kind.__name__)]
    assert len(numbers) > 100
    assert [name for name, field in numbers if not isinstance(field, PlainIntegerField)] == []


def test_a_time_that_would_be_read_as_utc_is_noticed_however_deep() -> None:
    inner = type("Inner", (serializers.Serializer,), {"at": serializers.DateTimeField()})
    members = {
        "start": InstantField(),
        "made_at": serializers.DateTimeField(read_only=True),
        "days": serializers.ListField(child=serializers.DateTimeField()),
        "rows": inner(many=True),
    }
    outer = type("Outer", (serializers.Serializer,), members)
    times = taken(serializers.DateTimeField, outer(), "Outer")
    plain = [name for name, field in times if not isinstance(field, InstantField)]
    assert plain == ["Outer.days", "Outer.rows.at"]


def test_every_list_within_an_answer_has_an_order_of_its_own() -> None:
    """Without one the table gives the rows in whichever its pages have them, another once a row has changed."""
    import_every_floor()
    lists = [each for kind in serializers_of_the_house(serializers.ModelSerializer) for each in rows_of(kind)]
    assert len(lists) > 5
    assert [name for name, model in lists if not model._meta.ordering] == []


def test_a_list_without_an_order_is_noticed() -> None:
    meta = type("Meta", (), {"model": JournalEntry, "fields": ("bookings", "kind")})
    members: dict[str, Any] = {
        "bookings": serializers.PrimaryKeyRelatedField(source="postings", many=True, read_only=True)
    }
    lists = dict(rows_of(type("EntryOut", (serializers.ModelSerializer,), {"Meta": meta, **members})))
    assert lists == {"EntryOut.bookings": Posting}


def rows_of(out: type[Any]) -> Iterator[tuple[str, type[Model]]]:
    """The lists of an answer that are the rows of a relation, each with its table."""
    for name, field in out().fields.items():
        if isinstance(field, serializers.ListSerializer | serializers.ManyRelatedField):
            here: Any = out.Meta.model
            for step in field.source_attrs:
                known = {each.name: each.related_model for each in here._meta.get_fields()} if here else {}
                here = known.get(step)
            if here:
                yield f"{out.__name__}.{name}", here


def taken(kind: type[Any], field: Any, name: str) -> Iterator[tuple[str, Any]]:
    """What of a kind a caller may write in a field, each with where it stands."""
    if isinstance(field, kind):
        yield name, field
    if child := getattr(field, "child", None):
        yield from taken(kind, child, name)
    for inner, each in getattr(field, "fields", {}).items():
        if not each.read_only:
            yield from taken(kind, each, f"{name}.{inner}")


def serializers_of_the_house(base: type[Any] = serializers.Serializer) -> Iterator[type[Any]]:
    """Every serializer of a floor."""
    for each in base.__subclasses__():
        if each.__module__.split(".")[0] in FLOORS:
            yield each
        yield from serializers_of_the_house(each)


def house_views(base: type[HouseView] = HouseView) -> Iterator[type[HouseView]]:
    """Every view of the house that serves operations."""
    for each in base.__subclasses__():
        if hasattr(each, "operations"):
            yield each
        yield from house_views(each)
