"""Newcomers: firms that register themselves, with the documents that their kind needs."""

from datetime import timedelta
from functools import cached_property
from itertools import count
from typing import Any

from stdnum.cn import uscc

from kernel.clock import now, shanghai_date
from participants.models import Organisation
from participants.selectors.profiles import certification_profile
from tests.support.caller import Caller
from tests.support.cast import World

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
serial = count(1)


def fresh_code() -> str:
    """An invented social credit code with a right check character, never the same twice."""
    body = f"91320000MA1DEM{next(serial):03d}"
    return body + str(uscc.calc_check_digit(body))


def application(**changes: Any) -> dict[str, Any]:
    """A sound application to take part, with the changes."""
    number = next(serial)
    return {
        "kind": "compute_provider",
        "name": f"示范新主体{number}（演示数据）",
        "code": fresh_code(),
        "division": "320509",
        "size": "small",
        "person_name": f"演示人{number}",
        "email": f"newcomer{number}@example.org",
        **changes,
    }


def days_ahead(days: int) -> str:
    """A date so many days from today in China, as JSON."""
    return str(shanghai_date(now()) + timedelta(days=days))


class Newcomer(Caller):
    """A firm's first person, who holds the key that registration showed."""

    def __init__(self, **changes: Any) -> None:
        """Register."""
        answer = Caller().post("/api/v1/organisations", application(**changes))
        assert answer.status_code == 201, answer.content
        self.told = answer.json()
        self.id = self.told["organisation"]["id"]
        self.here = f"/api/v1/organisations/{self.id}"
        super().__init__(self.told["api_key"])

    @cached_property
    def row(self) -> Organisation:
        """The organisation's row."""
        return Organisation.objects.get(id=self.id)

    @property
    def state(self) -> str:
        """The organisation's state now."""
        return Organisation.objects.values_list("state", flat=True).get(id=self.id)

    def submit(self, kind: str, *, until: str = "", file: bytes = PDF, **fields: str) -> Any:
        """Submit one document; `until` defaults to a year from now."""
        form = {"kind": kind, "number": "演示-1", "valid_until": until or days_ahead(365), **fields}
        return self.upload(f"{self.here}/documents", form, file)

    def submit_all(self) -> None:
        """Submit what the licence rules ask of the kind."""
        for kind in certification_profile().certification[self.told["organisation"]["kind"]]:
            answer = self.submit(kind)
            assert answer.status_code == 201, answer.content


def certified(world: World, **changes: Any) -> Newcomer:
    """A firm that Otto checked and Olga certified."""
    firm = Newcomer(**changes)
    firm.submit_all()
    for who, act in ((world.otto, "check"), (world.olga, "certify")):
        answer = who.post(f"{firm.here}:{act}")
        assert answer.status_code == 200, answer.content
    return firm


def code_of(answer: Any) -> tuple[int, str]:
    """Status and problem code of an answer."""
    return answer.status_code, answer.json().get("code", "")
