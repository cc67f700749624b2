"""The client that openapi-python-client makes of the contract walks from registration to an order, all by its types."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from django.test import Client as DjangoClient

from kernel.tasks import sweep
from tests.aggregation.supply import centre, offer, pool
from tests.laws.house import ROOT
from tests.scheduling.live import demand, open_whole_market
from tests.support.cast import World
from tests.support.contract import contract, part_of
from tests.support.keys import new_node_key
from tests.support.licences import sound

NAME = "node_client"
CALLED = (
    "participants.register_organisation",
    "participants.submit_document",
    "participants.list_cases",
    "participants.assign_case",
    "participants.check_case",
    "participants.certify_case",
    "participants.read_standing",
    "participants.issue_key",
    "aggregation.register_centre",
    "aggregation.register_pool",
    "aggregation.register_offer",
    "aggregation.batch_offers",
    "aggregation.list_offers",
    "kernel.read_operation",
    "marketplace.submit_demand",
    "marketplace.select_demand",
    "marketplace.issue_quote",
    "marketplace.place_order",
    "scheduling.create_selection",
    "scheduling.replay_selection",
)
NODE = "http://testserver"


def in_this_process(request: httpx.Request) -> httpx.Response:
    """The node's answer, over the test's own connection to the database."""
    headers = {
        name: value for name, value in request.headers.items() if name not in ("host", "content-length")
    }
    answer = DjangoClient().generic(
        request.method,
        request.url.raw_path.decode(),
        request.read(),
        content_type=headers.pop("content-type", ""),
        headers=headers,
    )
    return httpx.Response(answer.status_code, headers=dict(answer.items()), content=answer.content)


class Generated:
    """The generated package: `call` by operation id, models by name."""

    def __init__(self, package: Any) -> None:
        """Keep the package."""
        self.package = package

    def model(self, name: str) -> Any:
        """A generated class."""
        return getattr(import_module(f"{NAME}.models"), name)

    def call(self, operation: str, *place: Any, client: Any, **words: Any) -> Any:
        """Call an operation by its id, under a fresh key where it takes one; the detailed answer."""
        floor = operation.split(".", maxsplit=1)[0]
        function = import_module(f"{NAME}.api.{floor}.{operation.replace('.', '_')}").sync_detailed
        if "idempotency_key" in function.__annotations__:
            words.setdefault("idempotency_key", str(uuid4()))
        return function(*place, client=client, **words)

    def client(self, key: str | None = None, language: str = "zh-Hans") -> Any:
        """A client of the node as it stands in this process, with or without a key."""
        words = {
            "base_url": NODE,
            "headers": {"Accept-Language": language},
            "httpx_args": {"transport": httpx.MockTransport(in_this_process)},
        }
        if key is None:
            return self.package.Client(**words)
        return self.package.AuthenticatedClient(
            token=key, prefix="Api-Key", auth_header_name="Authorization", **words
        )


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generated]:
    """A client made of the committed contract as far as it is called here; `./dev check` makes one of all of it."""
    folder = tmp_path_factory.mktemp("client")
    (folder / "openapi.json").write_text(json.dumps(part_of(contract(), CALLED)), encoding="utf-8")
    command = [
        str(Path(sys.executable).with_name("openapi-python-client")),
        *("generate", "--path", str(folder / "openapi.json"), "--config", str(ROOT / "docs" / "client.yaml")),
        *("--meta", "none", "--output-path", str(folder / NAME), "--fail-on-warning"),
    ]
    made = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603
    assert made.returncode == 0, made.stdout + made.stderr
    sys.path.insert(0, str(folder))
    try:
        yield Generated(import_module(NAME))
    finally:
        sys.path.remove(str(folder))
        for name in [each for each in sys.modules if each.split(".")[0] == NAME]:
            del sys.modules[name]
        shutil.rmtree(folder)


@pytest.mark.django_db
def test_a_provider_comes_in_and_lists_its_supply_by_the_generated_client(
    generated: Generated, world: World
) -> None:
    call, model = generated.call, generated.model
    joined = call(
        "participants.register_organisation",
        client=generated.client(),
        body=model("OrganisationInRequest").from_dict(
            {
                "kind": "compute_provider",
                "name": "示范算力商（演示数据）",
                "code": "91320100DEM000057J",
                "division": "320100",
                "person_name": "演示联系人",
                "email": "cora@example.org",
            }
        ),
    ).parsed
    assert isinstance(joined, model("JoinedOut")), joined
    firm = joined.organisation.id
    cora = generated.client(joined.api_key)

    files = generated.package.types.File
    for kind in (
        "business_licence",
        "authorisation",
        "telecom_licence_b11",
        "network_security_filing",
    ):
        paper = model("DocumentInRequest")(
            kind=kind,
            number="演示数据-1",
            valid_until=date(2099, 12, 31),
            particulars=json.dumps(sound(kind, "91320100DEM000057J")),
            file=files(
                payload=BytesIO("%PDF-1.4 演示数据".encode()), file_name="x.pdf", mime_type="application/pdf"
            ),
        )
        assert call("participants.submit_document", firm, client=cora, body=paper).status_code == 201
    case = call("participants.list_cases", client=cora).parsed.items[0].id
    otto, olga = generated.client(world.otto.key), generated.client(world.olga.key)
    assign = model("AssignmentInRequest").from_dict({})
    assert call("participants.assign_case", case, client=otto, body=assign).status_code == 200
    for client, act in ((otto, "check"), (olga, "certify")):
        done = call(f"participants.{act}_case", case, client=client)
        assert done.status_code == 200, done.content
    standing = call("participants.read_standing", firm, client=cora).parsed
    assert standing.certified

    key = call(
        "participants.issue_key",
        firm,
        client=cora,
        body=model("KeyInRequest").from_dict({"name": "supply", "scopes": ["aggregation", "kernel"]}),
    ).parsed
    machine = generated.client(key.api_key)
    for noun, body in (("centre", centre()), ("pool", pool()), ("offer", offer())):
        body.pop("provider", None)
        made = call(
            f"aggregation.register_{noun}",
            client=machine,
            body=model(f"{noun.title()}InRequest").from_dict(body),
        )
        assert made.status_code == 201, made.content
        assert isinstance(made.parsed.id, UUID)

    wrong = generated.call(
        "aggregation.register_offer",
        client=generated.client(key.api_key, "en"),
        body=model("OfferInRequest").from_dict({**offer(offer="second"), "pool": "nowhere"}),
    )
    assert wrong.status_code == 400
    assert isinstance(wrong.parsed, model("ProblemDocument"))
    assert (wrong.parsed.title, wrong.parsed.errors[0].pointer) == (
        "A field contradicts what is registered",
        "/pool",
    )

    items = [{**offer(offer=f"more-{number}")} for number in range(3)]
    later = call(
        "aggregation.batch_offers",
        client=machine,
        body=model("OfferBatchInRequest").from_dict({"items": items}),
        prefer="respond-async",
    )
    assert later.status_code == 202
    assert later.parsed.state == "waiting"
    sweep()
    operation = call("kernel.read_operation", later.parsed.id, client=machine).parsed
    assert (operation.state, operation.status) == ("succeeded", 200)
    assert operation.result["succeeded"] == 3

    seen, cursor = [], generated.package.types.UNSET
    while cursor is not None:
        page = call(
            "aggregation.list_offers",
            client=machine,
            limit=2,
            cursor=cursor,
            order_by=model("AggregationListOffersOrderBy")("offer"),
            state_in=[model("AggregationListOffersStateInItem")(state) for state in ("listed", "draft")],
            expand=[model("AggregationListOffersExpandItem")("pool")],
        ).parsed
        seen += page.items
        cursor = httpx.URL(page.next_).params["cursor"] if page.next_ else None
    assert [each.offer for each in seen] == ["more-0", "more-1", "more-2", offer()["offer"]]
    assert {each.expanded.pool.pool for each in seen} == {pool()["pool"]}
    assert {str(each.provider) for each in seen} == {str(firm)}


@pytest.mark.django_db
def test_a_buyer_reads_bundles_and_reasons_and_orders_by_the_generated_client(
    generated: Generated, world: World, settings: Any
) -> None:
    settings.NODE_KEY = new_node_key()
    open_whole_market(world)
    call, model, ben = generated.call, generated.model, generated.client(world.ben.key, "en")
    terms = model("SelectionInRequest").from_dict(demand())
    assert terms.compute.min_accelerators == 8
    wish = call(
        "marketplace.submit_demand",
        client=ben,
        body=model("DemandInRequest")(title="Reading CT scans", terms=terms),
    ).parsed
    assert wish.terms.from_site == terms.from_site
    found = call("marketplace.select_demand", wish.id, client=ben).parsed
    best, *others = found.answer.bundles
    assert isinstance(best, model("BundleOut"))
    money = best.cny
    assert Decimal(money.compute) + Decimal(money.line) == Decimal(money.total)
    assert all(Decimal(each.cny.total) >= Decimal(money.total) for each in others)
    proofs = [found.spans[span] for span in best.spans]
    assert {proof.basis.value for proof in proofs} <= {"measured", "committed", "estimated"}
    assert sum(proof.latency_us for proof in proofs) <= best.latency_us < terms.max_latency_us
    assert {miss.verdict.value for miss in found.near_misses} == {"inconclusive", "impossible"}
    assert found.answer.rejected.bundles.latency > 0
    assert min(found.answer.rejected.offers.additional_properties.values()) > 0
    assert {each.offer for each in found.answer.pareto} <= {each.offer for each in found.answer.bundles}

    terms.quantity, terms.max_total_cny = 8, 99_999_999.5
    selected = call("scheduling.create_selection", client=ben, body=terms).parsed
    (more,) = [each for each in selected.answer.relax if each.constraint == "quantity"]
    assert (more.from_, more.to < 8, more.admits > 0) == (8, True, True)
    assert selected.demand.max_total_cny == "99999999.5"
    assert selected.access.site == terms.from_site
    replayed = call("scheduling.replay_selection", selected.id, client=ben).parsed
    assert replayed.same_answer
    assert replayed.answer.relax == selected.answer.relax

    wrong = model("DemandInRequest")(
        title="x", terms=model("SelectionInRequest").from_dict({**demand(), "top": 201})
    )
    refused = call("marketplace.submit_demand", client=ben, body=wrong).parsed
    assert isinstance(refused, model("ProblemDocument"))
    assert refused.errors[0].pointer == "/terms/top"

    quote = call(
        "marketplace.issue_quote",
        client=ben,
        body=model("QuoteInRequest")(selection=found.selection, bundle=0),
    ).parsed
    assert Decimal(quote.total_fen) / 100 == Decimal(money.total).quantize(Decimal("0.01"))
    order = call(
        "marketplace.place_order",
        client=ben,
        body=model("OrderInRequest")(quote=quote.id, client_ref="generated-1"),
    )
    assert order.status_code == 201, order.content
    assert (order.parsed.quote, order.parsed.total_fen) == (quote.id, quote.total_fen)
