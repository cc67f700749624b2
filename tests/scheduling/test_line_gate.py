"""The gate of lines: what is not identified, filed, certified or free of suspensions is not sold."""

from uuid import uuid4

import pytest

from scheduling.models import LineProduct
from scheduling.selectors.gate import blocks
from tests.aggregation.supply import bring_to_market
from tests.scheduling.live import chosen, disclose, identify_lines
from tests.scheduling.test_holds import suspend
from tests.support.cast import World

pytestmark = pytest.mark.django_db


def test_the_gate_of_lines_says_why(world: World) -> None:
    disclose(world.lin, evidence=False)
    product = LineProduct.objects.get(technology="otn")
    path = f"/api/v1/line-products/{product.id}/gate"
    assert [block["code"] for block in world.lin.get(path).json()["blocks"]] == ["no_identifier"]
    identify_lines(world.lin, filed=False)
    assert [block["code"] for block in world.lin.get(path).json()["blocks"]] == ["identifier_not_active"]
    world.lin.organisation.state = "applied"
    world.lin.organisation.save()
    suspend(product.id)
    codes = [block.code for block in blocks([product.id])[product.id]]
    assert codes == ["not_certified", "suspended", "identifier_not_active"]
    assert world.lou.get(path).status_code == 404


def test_an_identified_certified_line_may_be_sold(world: World) -> None:
    disclose(world.lin, evidence=False)
    identify_lines(world.lin)
    products = set(LineProduct.objects.values_list("id", flat=True))
    assert blocks(products) == {product: [] for product in products}
    assert blocks([uuid4()]) == {}


def test_a_line_whose_filing_is_open_is_not_offered(world: World) -> None:
    disclose(world.lin)
    identify_lines(world.lin, filed=False)
    bring_to_market(world.ada)
    assert chosen(world.ben)["answer"]["bundles"] == []
