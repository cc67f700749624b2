"""Limits on what one tenant may keep from the others."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HoldQuota:
    """Holds of one tenant at a time, and how many of them may lapse within an hour."""

    most: int
    most_lapsed: int
