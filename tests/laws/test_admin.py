"""Law: Django's admin shows and writes nothing."""

from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.test import RequestFactory

from participants.models import User


def writes(page: "ModelAdmin[Group]") -> Iterator[str]:
    """The ways in which a page of the admin would write, for a person who may do everything."""
    request = asked_by_a_superuser()
    for right in ("add", "change", "delete"):
        if getattr(page, f"has_{right}_permission")(request):
            yield f"{page} lets people {right}: writes go through services"
    if page.get_actions(request):
        yield f"{page} has actions"


def asked_by_a_superuser() -> HttpRequest:
    request = RequestFactory().get("/admin/")
    request.user = User(is_superuser=True, is_staff=True, is_active=True)
    return request


@pytest.mark.django_db
def test_no_page_of_the_admin_writes() -> None:
    admin.autodiscover()
    assert [way for page in admin.site._registry.values() for way in writes(page)] == []  # noqa: SLF001


@pytest.mark.django_db
def test_a_page_that_writes_is_noticed() -> None:
    assert list(writes(GroupAdmin(Group, AdminSite()))) != []
