"""Addresses of the pages."""

from django.urls import path

from console.pages import catalogue, home, identifiers

urlpatterns = [
    path("", home.home, name="page-home"),
    path("catalogue", catalogue.catalogue, name="page-catalogue"),
    path("identifiers", identifiers.identifiers, name="page-identifiers"),
]
