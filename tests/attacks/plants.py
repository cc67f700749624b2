"""Seeded bugs: each is put into a copy of this tree, and the test that guards its invariant must fail there.

`./dev attack plants [CODE …]` (`A1`, `S8` …, or `0046`: what that note of docs/decisions decided; all by default) prints what was
caught by which test; exit 1 where a test passed over a bug. A test that has never failed proves nothing; this is where each of these fails. Who sees what (S19) is put
on trial in every run, by tests/isolation/test_planted.py; here is what lies under it.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from config.embedded.process import clean_environment
from config.embedded.stack import ROOT

LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".run", "__pycache__", ".*_cache", "node_modules")
SECONDS = 300
HIDDEN = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_APP_URL", "REDIS_URL", "CACHE_URL")


@dataclass(frozen=True)
class Plant:
    """In `file` the words `sound` become `bug`, which the invariant or the decision `code` forbids; `test` must find it."""

    code: str
    bug_is: str
    file: str
    sound: str
    bug: str
    test: str


PLANTS = (
    Plant(
        "A1", "a key that was used is taken for a new one",
        "kernel/api/idempotency.py", "    if known is None:\n        return", "    if True:\n        return",
        "tests/kernel/test_idempotency.py",
    ),
    Plant(
        "A1", "a key is answered whatever was asked with it",
        "kernel/api/idempotency.py", "if stored.fingerprint != print_:", "if False:",
        "tests/kernel/test_idempotency.py",
    ),
    Plant(
        "B1", "points are stored after their answer",
        "monitoring/services/telemetry.py",
        "    Telemetry.objects.bulk_create(list(fresh.values()), batch_size=1000)\n",
        "    from threading import Timer\n    from kernel.tenancy import as_node\n"
        "    def late(rows: list[Telemetry]) -> None:\n        with as_node('late'):\n"
        "            Telemetry.objects.bulk_create(rows, ignore_conflicts=True)\n"
        "    Timer(0.05, late, [list(fresh.values())]).start()\n",
        "tests/failure/test_telemetry.py",
    ),
    Plant(
        "C1", "nobody asks whether there is enough",
        "kernel/services/capacity.py", " AND c.standing + c.peak + w.quantity <= c.total", "",
        "tests/kernel/test_capacity.py",
    ),
    Plant(
        "C1", "windows are booked over each other",
        "kernel/services/capacity.py", "if left.get(resource, 0) < quantity:", "if left.get(resource, 0) < 0:",
        "tests/kernel/test_capacity.py",
    ),
    Plant(
        "C3", "what can be had of a bundle is held, the rest is not",
        "kernel/services/capacity.py",
        "    if until is None:\n        resource, quantity", "    if deadlines:\n        return min(deadlines.values())\n"
        "    if until is None:\n        resource, quantity",
        "tests/kernel/test_capacity.py",
    ),
    Plant(
        "D1", "a restored database goes on with the block that it had",
        "identifiers/services/issuing.py", "number_within(block, ", "number_within(0, ",
        "tests/identifiers/test_blocks.py",
    ),
    Plant(
        "G1", "a message that comes again is taken again",
        "nodes/services/incoming.py", "known.record() if known is not None else None\n    )", "None\n    )",
        "tests/nodes/test_receiving.py",
    ),
    Plant(
        "S2", "a job is done once it is begun",
        "kernel/services/jobs.py", "    try:\n        body_of(claimed.name)",
        "    mine.update(done_at=Now(), lease_until=None)\n    try:\n        body_of(claimed.name)",
        "tests/failure/test_workers.py",
    ),
    Plant(
        "S6", "an event waits for its relay in memory alone",
        "kernel/services/outbox.py",
        "    waiting AS (INSERT INTO event_pending (event_id) SELECT id FROM happened ORDER BY place)\n",
        "    waiting AS (SELECT id FROM happened)\n",
        "tests/kernel/test_outbox.py",
    ),
    Plant(
        "S8", "the relay goes on after the last event that it saw",
        "kernel/services/outbox.py", "ON e.id = p.event_id ORDER BY",
        "ON e.id = p.event_id AND e.id::text > coalesce((SELECT max(event_id::text) FROM event_position), '') ORDER BY",
        "tests/kernel/test_outbox.py",
    ),
    Plant(
        "S19", "a connection keeps the scope of who was served before",
        "kernel/database/base.py", "scope == (NOBODY if begins else self._told)", "self._told is not None",
        "tests/kernel/test_tenancy.py",
    ),
    Plant(
        "0043", "one word in a record is believed of a span that is registered as silica",
        "scheduling/domain/evidence.py", "claim.medium == claim.registered == Medium", "claim.medium == Medium",
        "tests/scheduling/test_evidence.py::test_over_a_hundred_kilometres_light_decides",
    ),
    Plant(
        "0044", "an audit leaves every label where it was",
        "scheduling/domain/engine/neutrality.py", "(thing, row[(at + by) % len(row)])", "(thing, row[at])",
        "tests/monitoring/test_fairness.py::test_a_bonus_for_the_operator_s_own_is_found",
    ),
    Plant(
        "0044", "whoever forges an audit's text signs it with the node's name",
        "nodes/services/signatures.py", "        if suite.verify(public, raw, BYTES_CONTEXT + data):\n", "        if raw:\n",
        "tests/monitoring/test_fairness.py::test_a_forged_text_signature_or_key_is_told",
    ),
    Plant(
        "0045", "a span that its carrier withdrew is sold on",
        "scheduling/selectors/sold_lines.py", "if ended is not None and gone is None:", "if False:",
        "tests/marketplace/test_withdrawn_supply.py::test_a_span_that_is_withdrawn_is_sold_at_no_step[hold]",
    ),
    Plant(
        "0046", "machines of an allotment are taken back that the reseller has sold",
        "kernel/services/parts.py", "max(least, taken([part], besides=[bundle])[part])", "least",
        "tests/aggregation/test_allotments.py::test_what_is_unsold_can_be_taken_back_at_once_and_what_is_sold_stays",
    ),
    Plant(
        "0047", "a line product that declares nothing passes for one that promises",
        "scheduling/domain/engine/promises.py", "(promised is not None and promised >= least)", "promised is None or promised >= least",
        "tests/scheduling/test_promises.py::test_what_is_not_declared_fails_and_only_dropping_the_bound_admits_it",
    ),
    Plant(
        "0048", "an order goes on for its term over what others have booked",
        "kernel/services/regrants.py", "for claim in short if not _goes_on(claim, window.end)", "for claim in short if not claim",
        "tests/scheduling/test_room.py::test_a_contract_goes_on_for_its_term_only_as_far_as_others_leave_room",
    ),
    Plant(
        "0049", "the cost map tells a delay of a pair that no tariff serves",
        "scheduling/domain/cost_maps.py",
        'known[each.city] = "any" in zones or zone_of(self._sites[each.site], there) in zones', "known[each.city] = True",
        "tests/scheduling/test_cost_maps.py::test_every_pair_is_what_a_plain_search_says_and_what_the_engine_sells",
    ),
    Plant(
        "0051", "what is wrong in the query of a write is pointed to in its body",
        "kernel/api/views.py", "self.request.method in READS or name in self._parameters", "self.request.method in READS",
        "tests/kernel/test_operations.py::TestTheAnswerLater::test_a_wrong_parameter_is_named_as_one_and_a_wrong_line_is_not",
    ),
    Plant(
        "0057", "a line that was priced for a term is held to the price of another",
        "scheduling/selectors/sold_lines.py", ".order_by(other_term, F(", ".order_by(F(",
        "tests/marketplace/test_changed_facts.py::test_each_price_by_term_is_sold_changed_and_withdrawn_by_itself",
    ),
)  # fmt: skip


def caught(plant: Plant, folder: Path) -> bool:
    """Whether the test fails on the bug, and on nothing less: it is put in, tried, and taken out again."""
    file = folder / plant.file
    sound = file.read_text(encoding="utf-8")
    if sound.count(plant.sound) != 1:
        raise SystemExit(f"{plant.code}: {plant.file} does not hold once: {plant.sound!r}")
    file.write_text(sound.replace(plant.sound, plant.bug), encoding="utf-8")
    try:
        done = subprocess.run(  # noqa: S603 - our own tests
            [
                sys.executable,
                "-m",
                "config.embedded",
                "test",
                plant.test,
                "-n",
                "0",
                "-x",
                "-q",
            ],
            cwd=folder,
            env={name: value for name, value in clean_environment().items() if name not in HIDDEN},
            timeout=SECONDS,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        file.write_text(sound, encoding="utf-8")
    if done.returncode not in (0, 1):  # pytest's own: it could not run
        raise SystemExit(
            f"{plant.code}: {plant.test} did not run\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        )
    return done.returncode == 1


def main() -> int:
    """Put in every bug that is asked for, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "codes", nargs="*", metavar="CODE", help=" ".join(sorted({each.code for each in PLANTS}))
    )
    codes = parser.parse_args().codes or {each.code for each in PLANTS}
    missed = 0
    with tempfile.TemporaryDirectory() as place:
        folder = Path(shutil.copytree(ROOT, Path(place) / "node", ignore=LEFT_OUT))
        for plant in (each for each in PLANTS if each.code in codes):
            begin = time.monotonic()
            good = caught(plant, folder)
            missed += not good
            seconds = time.monotonic() - begin
            said = "ok  " if good else "FAIL"
            print(f"{said} {plant.code}: {plant.bug_is}: {plant.test} ({seconds:.0f} s)", flush=True)  # noqa: T201
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
