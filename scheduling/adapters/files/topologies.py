"""The formats of topologies, each with its reader."""

from collections.abc import Callable, Mapping

from scheduling.adapters.files import gml, graphml, rfc8345, sndlib
from scheduling.domain.topologies.topology_files import Syntax, Topology

READERS: Mapping[str, Callable[[str], Topology]] = {
    Syntax.RFC8345: rfc8345.read,
    Syntax.GRAPHML: graphml.read,
    Syntax.GML: gml.read,
    Syntax.SNDLIB: sndlib.read,
}
"""Each raises UnreadableError and nothing else, whatever the text."""
