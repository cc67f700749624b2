"""A report's bytes in the format of an upstream's profile; the same report always gives the same bytes."""

import csv
import io
import json
from collections.abc import Callable, Mapping

from nodes.domain.upstreams import Format


def as_json(body: bytes) -> bytes:
    """The report as it travels between nodes."""
    return body


def as_table(body: bytes) -> bytes:
    """The records as CSV, UTF-8 with a mark for spreadsheets: what the report is about first, then one line each."""
    report = json.loads(body)
    records = report["records"]
    columns = list(dict.fromkeys(name for record in records for name in record))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    for name in ("schema", "node", "profile", "section", "start", "end", "count", "root"):
        writer.writerow([f"# {name}", report.get(name, "")])
    for name, value in sorted(report["sums"].items()):
        writer.writerow([f"# sum of {name}", value])
    for part in report.get("parts", ()):
        writer.writerow([f"# part of {part['node']}", "complete" if part["complete"] else "incomplete"])
        for name, value in sorted(part["sums"].items()):
            writer.writerow([f"# sum of {name} of {part['node']}", value])
    if "correction" in report:
        writer.writerow(["# corrects", report["correction"]["of"]])
        writer.writerow(["# reason", _cell(report["correction"]["reason"])])
    writer.writerow(columns)
    for record in records:
        writer.writerow([_cell(record.get(name)) for name in columns])
    return text.getvalue().encode("utf-8-sig")


def _cell(value: object) -> object:
    """The value as a spreadsheet may take it: a text that begins like a formula does not run."""
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


WRITERS: Mapping[Format, Callable[[bytes], bytes]] = {Format.JSON: as_json, Format.TABLE: as_table}
TYPES: Mapping[Format, str] = {Format.JSON: "application/json", Format.TABLE: "text/csv; charset=utf-8"}


def document_of(kind: Format, body: bytes) -> bytes:
    """What is signed, and handed over."""
    return WRITERS[kind](body)
