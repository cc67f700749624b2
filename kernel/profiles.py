"""Profiles: versioned data that ships with the code as YAML."""

from pathlib import Path
from typing import Any

import yaml

# libyaml's reader takes a tenth of the time of the one in Python, which every process of a node would spend
Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_profile(path: Path) -> dict[str, Any]:
    """The document in a file. Raises OSError where there is none, yaml.YAMLError where it is no YAML."""
    document: dict[str, Any] = yaml.load(path.read_bytes(), Loader=Loader)  # noqa: S506 - both are safe loaders
    return document
