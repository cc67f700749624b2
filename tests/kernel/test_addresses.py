"""Addresses found by their first word are those that Django finds one after the other."""

from random import Random

import pytest
from django.urls import Resolver404, ResolverMatch, URLResolver, get_resolver, include, path, resolve
from django.urls.resolvers import RegexPattern

from config.urls import FLOORS
from kernel.ids import new_id
from tests.isolation.addresses import addresses

ODD = ["", "/", ":batch", "/x", ":x", "s", "<", "//", " "]


def found(match: ResolverMatch) -> tuple[object, ...]:
    return match.func, match.args, match.kwargs, match.route, match.url_name, match.app_names


def test_every_address_leads_where_django_s_own_resolver_leads() -> None:
    plain = URLResolver(
        RegexPattern(r"^/"), [path("api/v1/", include(f"{floor}.api.urls")) for floor in FLOORS]
    )
    dice, ways = Random(0), 0
    for address in addresses():
        if address.operation.startswith("kernel.") or not address.route.startswith("api/v1/"):
            continue  # they stand at the front door
        for asked in (address.path(new_id()), address.path("no-uuid"), address.path() + dice.choice(ODD)):
            try:
                there = found(plain.resolve(asked))
            except Resolver404:
                with pytest.raises(Resolver404):
                    resolve(asked)
            else:
                assert found(resolve(asked)) == there, asked
                ways += 1
    assert ways > len(addresses())


def test_addresses_are_named_as_before() -> None:
    assert get_resolver().reverse("offers") == "api/v1/offers"
