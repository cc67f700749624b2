"""Fairness audits (INVARIANTS C-8): a market in which nobody is favoured is shown to be so, and a favour is found."""

import io
import json
from base64 import b64encode
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from shutil import copytree
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from kernel.clock import now
from kernel.crypto.digests import content_digest
from kernel.crypto.keys import write_key
from kernel.crypto.suite import SUITES, Suite
from kernel.models.outbox import EventRecord
from kernel.objects import canonical_json
from kernel.services.jobs import run_next_job
from monitoring.models import FairnessAudit
from monitoring.services import fairness
from monitoring.services.fairness import go_on
from nodes.services import signing
from nodes.services.signatures import is_ours
from scheduling.domain.engine import selection as engine
from scheduling.domain.engine.costs import Costs, costs_of
from scheduling.models import Selection, SupplyVersion
from scheduling.selectors import supply
from scheduling.services.supply import forget_versions, refresh_supply
from tests.aggregation.supply import bring_to_market, made
from tests.scheduling.live import chosen, let_a_second_pass, open_market
from tests.support.cast import World
from tests.support.keys import new_node_key

pytestmark = pytest.mark.django_db
PATH = "/api/v1/fairness-audits"
SEED = "2026-11-27"
OTHER = signing.own_keys(new_node_key())[0].jwk


def two_providers(world: World) -> None:
    """Ada and Cleo sell the same at one price; the operator declares that Ada's firm is its own; Ben and Bea buy."""
    open_market(world)
    bring_to_market(world.cleo, suffix="-2")
    let_a_second_pass()
    own = world.otto.organisation
    own.affiliate_entities = [world.ada.organisation.legal_entity]
    own.save(update_fields=["affiliate_entities"])
    assert world.ben.organisation
    assert world.bea.organisation


SCENE = two_providers


def opened(world: World, **body: Any) -> dict[str, Any]:
    period = {"start": (now() - timedelta(hours=1)).isoformat(), "end": now().isoformat(), "seed": SEED}
    return dict(made(world.rhea.post(PATH, period | body)))


def audited(world: World, **body: Any) -> dict[str, Any]:
    """A fairness audit that its jobs have brought to an end."""
    made_ = opened(world, **body)
    while FairnessAudit.objects.get(id=made_["id"]).state == "running":
        assert run_next_job()
    return dict(made(world.rhea.get(f"{PATH}/{made_['id']}")))


def favour(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Plant a bug: what the firm of this code sells ranks as if it were cheaper."""

    class Favouring(Costs):
        by_price = False

        def rank(self, row: int, product: Any, line: Any) -> tuple[bool, int]:
            unknown, total = super().rank(row, product, line)
            mine = favoured["provider"][row] == favoured["code"]
            return unknown, total - total // 100 if mine else total

    favoured: dict[str, Any] = {}

    def favouring_costs_of(there: Any, *args: Any) -> Costs:
        found = costs_of(there, *args)
        favoured.update(
            provider=there.columns.texts["provider"], code=there.columns.codes["provider"].get(code)
        )
        return Favouring(found.columns, found.times, found.stored, found.scorer)

    monkeypatch.setattr(engine, "costs_of", favouring_costs_of)


def figures(result: dict[str, Any], party: str) -> tuple[int, ...]:
    (row,) = [each for each in result["parties"] if each["party"] == party]
    return tuple(row[name] for name in ("eligible", "shown", "first", "first_relabelled", "ordered"))


def test_a_market_without_favour_is_shown_to_be_neutral(world: World) -> None:
    ada, cleo = world.ada.organisation.code, world.cleo.organisation.code
    first = chosen(world.ben)
    chosen(world.bea, providers={"exclude": [cleo]})
    chosen(world.bea, want=[], top=1)
    quote = made(world.ben.post("/api/v1/quotes", {"selection": first["id"], "bundle": 1}))
    made(world.ben.post("/api/v1/orders", {"quote": quote["id"], "client_ref": str(uuid4())}))
    found = audited(world)
    result = found["result"]
    assert (found["state"], found["verdict"], found["examined"], found["size"]) == ("done", "neutral", 3, 3)
    assert (result["outcomes"], result["differences"], result["findings"]) == ({"same": 3}, {}, [])
    assert figures(result, ada) == (3, 3, 3, 3, 0), (
        "of equal price they share the first rank; ids order the page"
    )
    assert figures(result, cleo) == (2, 1, 1, 1, 1)
    assert figures(result, "line-jia") == (3, 3, 3, 3, 1)
    assert result["cut"] == 1, "the page of one has no room for the other of equal price"
    assert found["owned"] == {"compute": sorted([ada, world.otto.organisation.code]), "line": []}
    own, others = (each for each in result["groups"] if each["side"] == "compute")
    assert (own["group"], own["eligible"], others["eligible"]) == ("operator", 3, 2)
    assert is_ours(found["document"], digest=found["digest"], signature=found["signature"])
    assert json.loads(found["document"])["result"] == result
    events = EventRecord.objects.filter(subject=UUID(found["id"])).order_by("occurred_at")
    assert [each.name for each in events] == [
        "monitoring.fairness_audit_opened",
        "monitoring.fairness_audited",
    ]
    assert events[1].payload["digest"] == found["digest"]
    before = FairnessAudit.objects.get(id=found["id"])
    go_on(audit=before.id)
    assert FairnessAudit.objects.get(id=before.id).generation == before.generation, (
        "a job that comes again does nothing"
    )
    again = audited(world, end=found["end"], start=found["start"])
    assert json.loads(again["document"])["result"] == result, "the same seed finds the same"


def test_anybody_works_an_audit_out_again_from_its_files(world: World, tmp_path: Path) -> None:
    chosen(world.ben)
    bring_to_market(world.cleo, suffix="-4")
    let_a_second_pass()
    chosen(world.bea, weights={"cny_per_ms": "1"})
    found = audited(world)
    assert found["verdict"] == "neutral"
    call_command("export_fairness_audit", found["id"], tmp_path)
    assert (tmp_path / "document.json").read_text(encoding="utf-8") == found["document"]
    said = io.StringIO()
    with connection.execute_wrapper(no_statement):
        call_command("verify_fairness_audit", tmp_path, stdout=said)
    signed, told = said.getvalue().splitlines()
    assert (found["key_id"] in signed, told) == (True, "neutral: 2 examined, 2 replayed")

    def wrong(name: str, *lines: str) -> list[str]:
        file, out = tmp_path / name, io.StringIO()
        kept = file.read_text(encoding="utf-8")
        file.write_text("\n".join(lines), encoding="utf-8")
        with pytest.raises(SystemExit, match="1"):
            call_command("verify_fairness_audit", tmp_path, stdout=out)
        file.write_text(kept, encoding="utf-8")
        return out.getvalue().splitlines()

    first, second = (tmp_path / "selections.jsonl").read_text(encoding="utf-8").splitlines()
    assert "1 selections, and 2 were drawn" in wrong("selections.jsonl", second)
    assert "a selection is there twice" in wrong("selections.jsonl", second, second)
    early = json.loads(first) | {"created_at": "2020-01-01T00:00:00+00:00"}
    assert f"selection {early['id']} is not of the period" in wrong(
        "selections.jsonl", json.dumps(early), second
    )
    silent = json.loads(found["document"]) | {"result": {}}
    assert "verdict: None != neutral" in wrong("document.json", json.dumps(silent))
    file = tmp_path / "supply-0.jsonl"
    file.write_text(
        file.read_text(encoding="utf-8").replace('"price_cny_hour": "', '"price_cny_hour": "9'), "utf-8"
    )
    with pytest.raises(SystemExit, match="1"):
        call_command("verify_fairness_audit", tmp_path, stdout=said)
    assert "{'same': 2} != {'forgotten': 1, 'same': 1}" in said.getvalue(), "another price is another hash"
    (tmp_path / "document.json").unlink()
    with pytest.raises(SystemExit, match="2"):
        call_command("verify_fairness_audit", tmp_path, stderr=io.StringIO())


def changed(**members: Any) -> Callable[[Path], None]:
    """Somebody who writes other members into the text."""

    def change(folder: Path) -> None:
        file = folder / "document.json"
        file.write_text(canonical_json(json.loads(file.read_text("utf-8")) | members), "utf-8")

    return change


def signed_anew(folder: Path, *, keys: bool = True, digest: bool = True) -> None:
    """Somebody with a key of its own, who signs another text, and may leave the node's keys or digest."""
    changed(node="310000")(folder)
    key = signing.own_keys(new_node_key())[0]
    data = (folder / "document.json").read_bytes()
    file = folder / "signature.json"
    told = json.loads(file.read_text("utf-8"))
    told["signature"] = b64encode(key.suite.sign(key.private_key, signing.BYTES_CONTEXT + data)).decode()
    if digest:
        told["digest"] = content_digest("sha-256", data)
    file.write_text(json.dumps(told), "utf-8")
    if keys:
        (folder / "node-key.json").write_text(json.dumps(key.jwk), "utf-8")


def other_signature(folder: Path) -> None:
    """Somebody who puts another signature there: as long, and not of this text."""
    file = folder / "signature.json"
    told = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps(told | {"signature": b64encode(bytes(64)).decode()}), "utf-8")


FORGED: list[tuple[str, Callable[[Path], object], int, int]] = [
    ("nothing", lambda _: None, 0, 0),
    ("the text", changed(release="9"), 1, 1),
    ("the signature", other_signature, 1, 1),
    ("the key", lambda folder: (folder / "node-key.json").write_text(json.dumps(OTHER), "utf-8"), 1, 0),
    ("text and signature", lambda folder: signed_anew(folder, keys=False), 1, 1),
    ("text, signature and key, not the digest", lambda folder: signed_anew(folder, digest=False), 1, 1),
    ("everything", signed_anew, 0, 1),
]  # fmt: skip
"""What is forged, by whom, and the exit without and with the node's key had from the node."""


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
def test_a_forged_text_signature_or_key_is_told(
    world: World, tmp_path: Path, settings: Any, suite: Suite
) -> None:
    settings.NODE_KEY = write_key(suite, suite.new_private_key())
    found = audited(world)
    pinned = tmp_path / "pinned.json"
    pinned.write_bytes(world.nobody.get("/api/v1/node-key").content)
    call_command("export_fairness_audit", found["id"], tmp_path / "export")

    def verified(folder: Path, *more: Any) -> tuple[int, str]:
        said = io.StringIO()
        try:
            call_command("verify_fairness_audit", folder, *more, stdout=said, stderr=said)
        except SystemExit as ended:
            return int(str(ended.code)), said.getvalue()
        return 0, said.getvalue()

    for what, forge, bare, with_key in FORGED:
        folder = Path(copytree(tmp_path / "export", tmp_path / what))
        forge(folder)
        by_itself, pinning = verified(folder), verified(folder, "--key", pinned)
        assert (what, by_itself[0], pinning[0]) == (what, bare, with_key)
        assert ("came with the export" in by_itself[1]) == (bare == 0)
        assert (f"{found['key_id']}, which you gave in {pinned}" in pinning[1]) == (with_key == 0)
        assert ("NOT SIGNED" in by_itself[1], "NOT SIGNED" in pinning[1]) == (bare == 1, with_key == 1)
    one = tmp_path / "one.json"
    one.write_text(json.dumps(json.loads(pinned.read_text("utf-8"))["jwk"]), "utf-8")
    assert verified(tmp_path / "export", "--key", one)[0] == 0, "a key by itself"
    for unreadable in ("{}", "[", '{"keys": [{"jwk": {"kty": "RSA"}}]}'):
        one.write_text(unreadable, "utf-8")
        assert verified(tmp_path / "export", "--key", one)[0] == 2, unreadable


def no_statement(*_: Any) -> None:
    raise AssertionError


def test_a_bonus_for_the_operator_s_own_is_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen(world.ben)
    assert audited(world)["verdict"] == "neutral"
    favour(monkeypatch, world.ada.organisation.code)
    favoured = chosen(world.ben)
    assert favoured["ranks"] == [1, 2]
    found = audited(world)
    result = found["result"]
    assert (found["verdict"], result["differences"]) == ("not_neutral", {"ranks": 2})
    assert result["outcomes"] == {"same": 1, "differs": 1} or result["outcomes"] == {"same": 2}
    assert {each["selection"] for each in result["findings"]} >= {favoured["id"]}
    own, others = (each for each in result["groups"] if each["side"] == "compute")
    assert own["first"] > own["first_relabelled"]
    assert others["first"] < others["first_relabelled"]


def test_a_bonus_that_was_taken_out_before_the_audit_is_found_by_the_replay(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as planted:
        favour(planted, world.cleo.organisation.code)
        favoured = chosen(world.ben)
    assert favoured["answer"]["bundles"][0]["offer"] == "wj-910b-hour-2"
    found = audited(world)
    assert (found["verdict"], found["result"]["outcomes"]) == ("not_repeated", {"differs": 1})
    assert found["result"]["findings"][0]["selection"] == favoured["id"]
    own, others = (each for each in found["result"]["groups"] if each["side"] == "compute")
    assert (own["first"], own["first_relabelled"], others["first"], others["first_relabelled"]) == (
        0,
        1,
        1,
        1,
    )


def test_what_cannot_be_replayed_is_counted_with_its_reason(world: World) -> None:
    kept_too_little = Selection.objects.get(id=chosen(world.ben)["id"])
    kept_too_little.id, kept_too_little.access = uuid4(), {"tail": None}
    kept_too_little.save(force_insert=True)
    bring_to_market(world.ada, suffix="-3")
    refresh_supply(everything=True)
    chosen(world.ben)
    found = audited(world)
    assert (found["verdict"], found["result"]["outcomes"]) == ("partly_shown", {"same": 2, "outdated": 1})
    SupplyVersion.objects.update(built_at=now() - timedelta(days=settings.SUPPLY_KEPT_DAYS + 1))
    assert forget_versions()
    found = audited(world)
    assert (found["verdict"], found["result"]["outcomes"]) == ("partly_shown", {"same": 1, "forgotten": 2})
    assert (found["result"]["examined"], found["result"]["replayed"]) == (3, 1)


def test_nothing_to_compare_shows_nothing(world: World) -> None:
    found = audited(world)
    assert (found["verdict"], found["result"]["examined"], found["population"]) == ("not_shown", 0, 0)


def test_a_sample_is_drawn_by_the_seed_and_worked_off_in_slices(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [chosen(world.ben)["id"] for _ in range(5)]
    monkeypatch.setattr(fairness, "SLICE_SECONDS", -1.0)
    monkeypatch.setattr(supply, "_last", None)  # as of a worker that has just begun
    row = FairnessAudit.objects.get(id=opened(world, sample=3)["id"])
    lots = sorted(ids, key=lambda each: sha256(f"{SEED}|{each}".encode()).digest())
    assert (row.population, [str(each) for each in row.selections]) == (5, sorted(lots[:3]))
    seen = set()
    while FairnessAudit.objects.get(id=row.id).state == "running":
        assert run_next_job()
        seen.add(world.rhea.get(f"{PATH}/{row.id}").json()["examined"])
    assert seen == {0, 1, 2, 3}, "each slice is seen once it is committed"
    assert FairnessAudit.objects.get(id=row.id).verdict == "neutral"


def test_a_wrong_question_names_its_field(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(**body: Any) -> tuple[int, str, str]:
        at: datetime = now()
        period = {"start": (at - timedelta(hours=1)).isoformat(), "end": at.isoformat()}
        answer = world.rhea.post(PATH, period | body)
        problem = answer.json()
        return answer.status_code, problem["code"], problem["errors"][0]["pointer"]

    assert refused(start=now().isoformat(), end=(now() - timedelta(hours=1)).isoformat())[1:] == (
        "invalid_field",
        "/end",
    )
    assert refused(end=(now() + timedelta(days=1)).isoformat())[1:] == ("invalid_field", "/end")
    assert refused(sample=0)[2] == "/sample"
    assert refused(seed="two words")[2] == "/seed"
    monkeypatch.setattr(fairness, "MOST_SELECTIONS", 0)
    chosen(world.ben)
    assert refused() == (400, "sample_needed", "/sample")
    assert opened(world, sample=1, seed="")["seed"], "the node draws one"


def test_an_audit_is_the_supervision_s(world: World) -> None:
    made_ = opened(world)
    assert world.aude.post(PATH, {"start": made_["start"], "end": made_["end"]}).status_code == 201, (
        "by mandate"
    )
    assert [world.owen.get(f"{PATH}/{made_['id']}").status_code, world.owen.post(PATH, {}).status_code] == [
        200,
        403,
    ]
    for stranger in (world.ada, world.ben, world.lin):
        assert stranger.get(f"{PATH}/{made_['id']}").status_code == 404
        assert stranger.get(PATH).status_code == 403
