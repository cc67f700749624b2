"""Newcomers: firms that register themselves, with the documents that their kind needs."""

import json
from datetime import timedelta
from functools import cached_property
from itertools import count
from typing import Any

from stdnum.cn import uscc

from kernel.clock import now, shanghai_date
from participants.models import Case, Organisation
from participants.selectors.profiles import certification_profile
from tests.support.caller import Caller
from tests.support.cast import World
from tests.support.licences import sound

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


def asked_of(kind: str) -> list[str]:
    """The documents that a firm of the kind shows: those of everybody, and those of its first product."""
    profile = certification_profile()
    first = next(iter(profile.products.get(kind, {}).values()), [])
    return [*profile.certification[kind], *(group[0] for group in first)]


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

    @property
    def case(self) -> str:
        """The address of the organisation's newest case."""
        return f"/api/v1/cases/{Case.objects.filter(organisation=self.id).latest('id').id}"

    @property
    def case_state(self) -> str:
        """The state of the newest case now."""
        return Case.objects.filter(organisation=self.id).latest("id").state

    def submit(self, kind: str, *, until: str = "", file: bytes = PDF, **fields: str) -> Any:
        """Submit one document; `until` defaults to a year from now."""
        rule = certification_profile().documents.get(kind)
        facts = sound(kind, self.told["organisation"]["code"]) if rule else {}
        form = {
            "kind": kind,
            "number": "演示-1",
            "valid_until": until or days_ahead(365),
            "particulars": json.dumps(facts),
            **fields,
        }
        return self.upload(f"{self.here}/documents", form, file)

    def submit_all(self) -> None:
        """Submit what the licence rules ask of the kind."""
        for kind in asked_of(self.told["organisation"]["kind"]):
            answer = self.submit(kind)
            assert answer.status_code == 201, answer.content


def certified(world: World, **changes: Any) -> Newcomer:
    """A firm that Otto checked and Olga certified."""
    firm = Newcomer(**changes)
    firm.submit_all()
    decide(world, firm)
    return firm


def checked(world: World, firm: Newcomer) -> Any:
    """Otto takes the firm's case and checks it; the answer to the check."""
    taken = world.otto.post(f"{firm.case}:assign", {})
    assert taken.status_code == 200, taken.content
    return world.otto.post(f"{firm.case}:check")


def decide(world: World, firm: Newcomer) -> None:
    """Otto checks what the firm's case brought, Olga certifies."""
    for answer in (checked(world, firm), world.olga.post(f"{firm.case}:certify")):
        assert answer.status_code == 200, answer.content


def renew(world: World, firm: Newcomer, kind: str, **fields: Any) -> Any:
    """A document of a certified firm, submitted, checked and accepted by two people; as it was submitted."""
    row = firm.submit(kind, **fields).json()
    decide(world, firm)
    return row


def code_of(answer: Any) -> tuple[int, str]:
    """Status and problem code of an answer."""
    return answer.status_code, answer.json().get("code", "")
