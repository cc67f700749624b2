"""gpuhunt's matcher, then a sort by price: `gpuhunt_matches.py FILE` (items as JSON), then a JSON line, its filter, each."""

import inspect
import json
import sys
import time
from pathlib import Path

import gpuhunt


def main() -> None:
    """Read the items, then answer until the input ends."""
    known = inspect.signature(gpuhunt.CatalogItem).parameters
    vendor = gpuhunt.AcceleratorVendor.NVIDIA
    items = [
        gpuhunt.CatalogItem(
            **{name: cell for name, cell in {**item, "gpu_vendor": vendor}.items() if name in known}
        )
        for item in json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    ]
    print(json.dumps([0, None]), flush=True)  # noqa: T201 - the answer goes there
    for line in sys.stdin:
        asked = gpuhunt.QueryFilter(**json.loads(line))
        begin = time.perf_counter()
        found = sorted((item for item in items if gpuhunt.matches(item, asked)), key=lambda item: item.price)[
            :20
        ]
        seconds = time.perf_counter() - begin
        print(json.dumps([seconds, [item.instance_name for item in found]]), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
