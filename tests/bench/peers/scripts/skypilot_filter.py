"""SkyPilot's own catalog filter: `skypilot_filter.py FILE` (rows of a catalog as CSV), then a JSON line, its arguments, each."""

import json
import sys
import time

import pandas as pd  # type: ignore[import-untyped] # it is not in our environment
from sky.catalog import common


def main() -> None:
    """Read the catalog, then answer until the input ends."""
    catalog = pd.read_csv(sys.argv[1])
    print(json.dumps([0, None]), flush=True)  # noqa: T201 - the answer goes there
    for line in sys.stdin:
        asked = json.loads(line)
        begin = time.perf_counter()
        found, _ = common.get_instance_type_for_accelerator_impl(catalog, **asked)
        seconds = time.perf_counter() - begin
        print(json.dumps([seconds, found or []]), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
