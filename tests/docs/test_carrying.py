"""Runs the examples of docs/carrying.md as a new carrier would, against a real server that does what is due."""

from pathlib import Path

import pytest

from tests.docs.test_readme import blocks, needs, run


@pytest.mark.slow
@needs("curl", "openssl")
@pytest.mark.django_db(transaction=True)
def test_a_new_carrier_comes_from_its_first_request_to_a_line_that_is_accepted(at_work: Path) -> None:
    printed = run(at_work, "\n".join(blocks("docs/carrying.md", "sh"))).splitlines()
    kinds = ["business_licence", "authorisation", "telecom_licence_basic"]
    assert printed[:6] == [*kinds, "reviewing", "checked", "certified"]
    assert "no_coordinates" in printed[6]
    assert printed[7] == "3", "two sites and the span between them"
    assert printed[8].startswith("fibre cannot be shorter")
    assert printed[9:12] == ["1", "2", "['no_identifier']"]
    assert printed[13] == "[]", "it is sold"
    assert "light needs" in printed[14]
    assert printed[15:21] == ["review", "accepted", "1", "declared", "measured", "9760.0000"]
    opened = [
        "firm",
        "awaiting_compute_provider",
        "opening",
        "taken_on",
        "configured",
        "fail",
        "delivered",
        "accepted",
    ]
    assert printed[21:29] == opened
