"""Where the stations of networks stand, for the floors below the one that keeps them: they know a station by its key alone."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet


@dataclass(frozen=True, slots=True)
class Stations:
    """The rows of all stations, with `key`, `lat` and `lon` (WGS-84), and how far one is reached from, metres of great circle."""

    rows: Callable[[], QuerySet[Any]]
    reach_m: Callable[[], int]


_STATIONS: list[Stations] = []


def register_stations(stations: Stations) -> None:
    """Say where stations are kept; called once, when the app of that floor starts."""
    if _STATIONS and stations not in _STATIONS:
        raise TypeError("stations are kept by one floor")
    _STATIONS[:] = [stations]


def stations() -> Stations:
    """The stations of this node."""
    return _STATIONS[0]
