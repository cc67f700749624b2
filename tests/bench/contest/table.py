"""What was measured in words: a line for each row, and on what machine."""

import os
import platform
import statistics

from tests.bench.contest.rounds import Row, Times


def line(row: Row) -> str:
    """The row for a terminal: the ratio of each quantile with its range, and the times behind it."""
    parts = [f"{'ok  ' if row.kept() else 'FAIL'} {row.part}: {row.name} [{row.want}]"]
    for share in sorted({0.5, 0.99, *row.least}) if row.theirs else ():
        ratios = row.ratios(share)
        bound = row.least.get(share)
        aim = "" if bound is None else f", asked {'≤' if row.inverse else '≥'} {bound:g}"
        parts.append(
            f"       {_named(share)} ratio {statistics.median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f}{aim})"
        )
    parts.append(
        f"       ours {_times(row.ours)}" + (f"; {row.peer} {_times(row.theirs)}" if row.theirs else "")
    )
    parts += [f"       asked {_named(share)} ≤ {bound * 1000:g} ms" for share, bound in row.most.items()]
    if row.note:
        parts.append(f"       {row.note}")
    return "\n".join(parts)


def machine() -> dict[str, object]:
    """Where it was measured, and how busy that was at the end."""
    return {
        "processors": os.cpu_count(), "kind": platform.machine(), "python": platform.python_version(),
        "load": [round(each, 2) for each in os.getloadavg()],
    }  # fmt: skip


def _times(times: Times) -> str:
    return f"p50 {times.overall(0.5) * 1000:.4g} ms, p99 {times.overall(0.99) * 1000:.4g} ms"


def _named(share: float) -> str:
    return "worst" if share == 1 else f"p{share * 100:g}"
