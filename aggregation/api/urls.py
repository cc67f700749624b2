"""Addresses of resource aggregation."""

from django.urls import path

from aggregation.api import (
    agents,
    allotments,
    availability,
    batches,
    catalogue,
    centres,
    imports,
    inventory,
    offers,
    pools,
)

urlpatterns = [
    path("centres", centres.CentresView.as_view(), name="centres"),
    path("centres:batch", centres.CentresBatchView.as_view()),
    path("centres/<uuid:pk>", centres.CentreView.as_view()),
    path("centres/<uuid:pk>:set-storage", centres.CentreStoresView.as_view()),
    path("pools", pools.PoolsView.as_view(), name="pools"),
    path("pools:batch", pools.PoolsBatchView.as_view()),
    path("pools/<uuid:pk>", pools.PoolView.as_view()),
    path("allotments", allotments.AllotmentsView.as_view(), name="allotments"),
    path("allotments/<uuid:pk>", allotments.AllotmentView.as_view()),
    path("allotments/<uuid:pk>:accept", allotments.AcceptAllotmentView.as_view()),
    path("allotments/<uuid:pk>:decline", allotments.DeclineAllotmentView.as_view()),
    path("allotments/<uuid:pk>:withdraw", allotments.WithdrawAllotmentView.as_view()),
    path("allotments/<uuid:pk>:take-back", allotments.TakeBackView.as_view()),
    path("allotments/<uuid:pk>:end", allotments.EndAllotmentView.as_view()),
    path("offers", offers.OffersView.as_view(), name="offers"),
    path("offers:import", imports.OffersImportView.as_view()),
    path("offers:batch", batches.OffersBatchView.as_view()),
    path("offers:change", batches.OffersChangeView.as_view()),
    path("offers/<uuid:pk>", offers.OfferView.as_view()),
    path("offers/<uuid:pk>/gate", offers.OfferGateView.as_view()),
    path("agents", agents.AgentsView.as_view(), name="agents"),
    path("agents/<uuid:pk>", agents.AgentView.as_view()),
    path("inventory/heartbeats", inventory.HeartbeatsView.as_view(), name="heartbeats"),
    path("catalogue/offers", catalogue.CatalogueView.as_view(), name="catalogue"),
    path("catalogue/offers/<uuid:pk>/availability", availability.AvailabilityView.as_view()),
]
