"""Saying in time that an operation will go: RFC 9745 Deprecation, RFC 8594 Sunset, and where to go instead."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.http.response import HttpResponseBase
from django.utils.http import http_date

NOTICE = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Deprecation:
    """An operation that is answered until `sunset`, at least 180 days after `since`; `successor` is an address."""

    since: date
    sunset: date
    successor: str

    def complaints(self) -> list[str]:
        """What is wrong with the notice."""
        wrong = []
        if self.sunset - self.since < NOTICE:
            wrong.append(f"less than {NOTICE.days} days from {self.since} to {self.sunset}")
        if not self.successor.startswith("/api/"):
            wrong.append("no successor")
        return wrong

    def announce(self, response: HttpResponseBase) -> None:
        """Put the notice into an answer's headers."""
        response["Deprecation"] = f"@{_seconds(self.since)}"
        response["Sunset"] = http_date(_seconds(self.sunset))
        links = [response["Link"]] if "Link" in response else []
        response["Link"] = ", ".join([*links, f'<{self.successor}>; rel="successor-version"'])


def _seconds(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())
