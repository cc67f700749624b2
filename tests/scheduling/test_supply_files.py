"""The five CSV files of a supply: what is refused and where, and the hash of what is read."""

import hashlib
import json
from random import Random

import pytest

from scheduling.domain.rows import TABLES, canonical, row_id
from scheduling.domain.supply.snapshot import TableDigest, combine
from scheduling.domain.supply.supply import Supply
from scheduling.domain.supply.supply_files import (
    TERMS_FILE,
    FileError,
    SupplyFiles,
    read_supply,
    write_supply,
)
from tests.scheduling.worlds import small_supply

FILES = {
    "sites.csv": "site,name,lat,lon,city,kind,hop_us\ns1,苏州,31.3,120.6,320500,core,\ns2,,31.1,-0.5,320584,,0\n",
    "spans.csv": (
        "span,line_provider,kind,a,b,km,measured_us,capacity_mbps,reserved_mbps,jitter_us,loss,srlg\n"
        "x1,甲,fibre,s1,s2,23.5,,10000,0,,,duct-1;duct-2\n"
        "x2,甲,commitment,s1,s2,,180,1000,2000,3,0.0001,\n"
    ),
    "tariffs.csv": (
        "line_provider,technology,bandwidth_mbps,zone,one_off_cny,monthly_cny\n甲,otn,1000,any,1000,5000.50\n"
    ),
    "centres.csv": "centre,name,site,design_racks,pue,green_share,mlps_level,region_tags\nc1,,s2,3000,1.25,,3,\n",
    "offers.csv": (
        "offer,centre,provider,kind,accelerator,domestic,accelerators,accelerator_memory_gib,vcpus,memory_gib,"
        "fp64_tflops,fp32_tflops,fp16_tflops,price_cny_hour,available\n"
        "o1,c1,P1,intelligent,Ascend 910B,1,8,64,192,1536,,,320,48.5,10\n"
    ),
}


def read(**changes: str) -> SupplyFiles:
    """The files above, some replaced: `sites=...` stands for sites.csv."""
    texts = FILES | {f"{name}.csv": text for name, text in changes.items()}
    return read_supply({name: text.splitlines(keepends=True) for name, text in texts.items()})


def swapped(table: str, old: str, new: str) -> dict[str, str]:
    """One file with one piece of it replaced."""
    text = FILES[f"{table}.csv"]
    assert old in text
    return {table: text.replace(old, new, 1)}


def test_defaults_fill_empty_and_absent_columns() -> None:
    supply = read().supply
    assert supply.sites["s1"].hop_us == 50
    assert supply.spans["x2"].km == 0
    assert supply.spans["x1"].srlg == ("duct-1", "duct-2")
    tariff = supply.tariffs["甲|otn|1000|any"]
    assert tariff.monthly_cny_per_km == 0
    assert tariff.elastic_cny_hour is None
    assert (tariff.min_months, tariff.terminal_us, tariff.lead_days) == (1, 0, 0)
    assert supply.offers["o1"].fp32_tflops is None


@pytest.mark.parametrize(
    ("table", "old", "new", "line", "column"),
    [
        ("sites", "s2,", "s1,", 3, "site"),
        ("sites", "320584", "32058", 3, "city"),
        ("sites", ",core,\n", ",core,-1\n", 2, "hop_us"),
        ("sites", ",core,\n", ",core,5.0\n", 2, "hop_us"),
        ("sites", ",core,\n", ",core\n", 2, "hop_us"),
        ("spans", "fibre,s1,s2", "fibre,s1,s9", 2, "b"),
        ("spans", "fibre,s1,s2", "fibre,s2,s2", 2, "b"),
        ("spans", "fibre", "copper", 2, "kind"),
        ("spans", "23.5", "23.5001", 2, "km"),
        ("spans", "23.5", "-23.5", 2, "km"),
        ("spans", "23.5", "2e1", 2, "km"),
        ("spans", "23.5", "NaN", 2, "km"),
        ("spans", "23.5", "2 3", 2, "km"),
        ("spans", "23.5", "２３", 2, "km"),
        ("spans", "23.5", "", 2, "km"),
        ("spans", "23.5", "1234567890123", 2, "km"),
        ("spans", ",180,", ",,", 3, "measured_us"),
        ("spans", "0.0001", "1.5", 3, "loss"),
        ("spans", "0.0001", "0.0000000001", 3, "loss"),
        ("tariffs", "otn", "atm", 2, "technology"),
        ("tariffs", "any", "everywhere", 2, "zone"),
        ("tariffs", "5000.50", "5000.50001", 2, "monthly_cny"),
        ("tariffs", "5000.50\n", "5000.50\n甲,otn,1000,any,1,1\n", 3, "line_provider"),
        ("tariffs", "monthly_cny", "monthly", 1, "monthly_cny"),
        ("centres", "s2", "s3", 2, "site"),
        ("centres", ",3,", ",5,", 2, "mlps_level"),
        ("centres", "centre,name", "centre,centre", 1, "centre"),
        ("offers", "o1,c1", "o1,c2", 2, "centre"),
        ("offers", "910B,1", "910B,2", 2, "domestic"),
        ("offers", "intelligent", "quantum", 2, "kind"),
        ("offers", "48.5", "", 2, "price_cny_hour"),
    ],
)
def test_a_bad_row_is_refused_with_its_file_line_and_column(
    table: str, old: str, new: str, line: int, column: str
) -> None:
    with pytest.raises(FileError) as refused:
        read(**swapped(table, old, new))
    assert (refused.value.file, refused.value.line, refused.value.column) == (f"{table}.csv", line, column)
    assert refused.value.reason


TERMS = (
    "line_provider,technology,bandwidth_mbps,zone,one_off_cny,monthly_cny,min_months\n"
    "甲,otn,1000,any,1000,4000.50,12\n甲,otn,1000,any,1000,3000.50,36\n"
)


def test_prices_by_term_are_a_file_of_their_own_and_leave_the_hash_of_the_five() -> None:
    plain, found = read().supply, read(term_tariffs=TERMS).supply
    assert (found.snapshot, plain.extras.terms) == (plain.snapshot, None)
    assert list(found.extras.term_tariffs) == ["甲|otn|1000|any|12", "甲|otn|1000|any|36"]
    assert TERMS_FILE not in dict(write_supply(plain))
    again = read_supply({name: text.splitlines(keepends=True) for name, text in write_supply(found)}).supply
    assert again.extras.terms == found.extras.terms
    assert found.extras.terms is not None
    assert again.extras.term_tariffs == found.extras.term_tariffs
    dearer = read(term_tariffs=TERMS.replace("3000.50", "3000.51")).supply
    assert dearer.extras.terms != found.extras.terms


@pytest.mark.parametrize(
    ("old", "new", "line", "column"),
    [
        (",36\n", ",12\n", 3, "min_months"),  # twice
        (",12\n", ",1\n", 2, "min_months"),  # that is in tariffs.csv
        ("otn,1000,any,1000,4", "otn,1000,same_city,1000,4", 2, "min_months"),  # no such step there
        ("4000.50", "4000.50001", 2, "monthly_cny"),
    ],
)
def test_a_bad_price_by_term_is_refused_with_its_line(old: str, new: str, line: int, column: str) -> None:
    assert old in TERMS
    with pytest.raises(FileError) as refused:
        read(term_tariffs=TERMS.replace(old, new, 1))
    assert (refused.value.file, refused.value.line, refused.value.column) == (TERMS_FILE, line, column)


def test_an_unknown_column_warns_and_changes_nothing() -> None:
    extra = (
        FILES["centres.csv"].replace("region_tags\n", "region_tags,note\n").replace(",3,\n", ",3,,hello\n")
    )
    found = read(centres=extra)
    assert ["note" in warning for warning in found.warnings] == [True]
    assert found.supply.snapshot == read().supply.snapshot


def test_a_byte_order_mark_is_no_part_of_the_first_column() -> None:
    assert read(sites="\ufeff" + FILES["sites.csv"]).supply.snapshot == read().supply.snapshot


def test_writing_and_reading_again_keeps_every_row_and_the_hash() -> None:
    for seed in range(30):
        supply = small_supply(Random(seed))
        again = read_supply(
            {name: text.splitlines(keepends=True) for name, text in write_supply(supply)}
        ).supply
        assert (again.spans, again.offers, again.snapshot) == (supply.spans, supply.offers, supply.snapshot)


def by_the_page(supply: Supply) -> str:
    """The snapshot hash written straight from its definition, without buckets kept in memory."""

    def sha(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()

    tables = []
    for table, rows in zip(TABLES, supply.tables(), strict=True):
        del table
        buckets: dict[int, list[str]] = {bucket: [] for bucket in range(4096)}
        for key, cells in rows:
            text = json.dumps(cells, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            buckets[int(sha(key)[:3], 16)].append(sha(text))
        tables.append(sha("".join(sha("".join(sorted(bucket))) for bucket in buckets.values())))
    return "sha256:" + sha("".join(tables))


def test_the_hash_is_the_one_of_the_definition() -> None:
    supply = read().supply
    assert supply.snapshot == by_the_page(supply)
    cells = canonical(TABLES[1], supply.spans["x2"])
    assert cells == {
        "span": "x2", "line_provider": "甲", "kind": "commitment", "a": "s1", "b": "s2", "km": "0", "measured_us": 180,
        "capacity_mbps": 1000, "reserved_mbps": 2000, "jitter_us": 3, "loss": "0.0001", "srlg": "",
    }  # fmt: skip
    assert canonical(TABLES[2], supply.tariffs["甲|otn|1000|any"])["monthly_cny"] == "5000.5"


def test_the_order_of_rows_and_the_spelling_of_defaults_do_not_change_the_hash() -> None:
    head, *rows = FILES["spans.csv"].splitlines(keepends=True)
    assert read(spans=head + "".join(reversed(rows))).supply.snapshot == read().supply.snapshot
    assert read(**swapped("sites", ",core,\n", ",core,50\n")).supply.snapshot == read().supply.snapshot
    assert read(**swapped("spans", "23.5", "23.500")).supply.snapshot == read().supply.snapshot
    assert read(**swapped("spans", "23.5", "23.501")).supply.snapshot != read().supply.snapshot


def test_rows_that_share_a_bucket_hash_the_same_in_any_order() -> None:
    forwards, backwards = TableDigest(), TableDigest()
    for number in range(9000):
        forwards.put(f"o{number}", {"offer": f"o{number}"})
        backwards.put(f"o{8999 - number}", {"offer": f"o{8999 - number}"})
    assert forwards.hexdigest() == backwards.hexdigest()


def test_a_changed_row_rehashes_to_what_a_full_build_gives() -> None:
    before, after = small_supply(Random(5)), read().supply
    digests = []
    for table, old, new in zip(TABLES, before.tables(), after.tables(), strict=True):
        digest = TableDigest()
        for key, cells in old:
            digest.put(key, cells)
        digest.hexdigest()
        for key in [row_id(table, row) for row in getattr(before, table.name).values()]:
            digest.drop(key)
        for key, cells in new:
            digest.put(key, cells)
        digests.append(digest.hexdigest())
    assert combine(digests) == after.snapshot
