"""Least delays by rustworkx on one weighted graph: `rustworkx_delays.py FILE`, then a JSON line (a source) each on standard input.

The file holds {"nodes": n, "arcs": [[from, to, weight], …]}; the answers are [seconds, [least sum to each node or null]].
"""

import json
import sys
import time
from pathlib import Path

import rustworkx


def main() -> None:
    """Read the graph, then answer until the input ends."""
    document = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    graph = rustworkx.PyDiGraph()
    graph.add_nodes_from(range(document["nodes"]))
    graph.add_edges_from([tuple(arc) for arc in document["arcs"]])
    print(json.dumps([0, None]), flush=True)  # noqa: T201 - the answer goes there
    for line in sys.stdin:
        source = json.loads(line)
        begin = time.perf_counter()
        found = rustworkx.dijkstra_shortest_path_lengths(graph, source, float)
        seconds = time.perf_counter() - begin
        sums = {**found, source: 0}
        print(json.dumps([seconds, [sums.get(node) for node in range(document["nodes"])]]), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
