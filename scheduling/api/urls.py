"""Addresses of selection and lines."""

from django.urls import path

from scheduling.api import (
    dispatches,
    evidence,
    line_products,
    line_providers,
    networks,
    one_hop,
    openings,
    selections,
)

urlpatterns = [
    path("networks:import", networks.ImportNetworkView.as_view()),
    path("committed-lines:import", networks.ImportCommittedLinesView.as_view()),
    path("tariffs:import", networks.ImportTariffsView.as_view()),
    path("sites:import", networks.ImportSitesView.as_view()),
    path("one-hop-accesses", one_hop.OneHopsView.as_view(), name="one-hop-accesses"),
    path("one-hop-accesses:batch", one_hop.OneHopBatchView.as_view()),
    path("one-hop-accesses/<uuid:pk>", one_hop.OneHopView.as_view()),
    path("one-hop-accesses/<uuid:pk>:verify", one_hop.VerifyOneHopView.as_view()),
    path("one-hop-accesses/<uuid:pk>:refuse", one_hop.RefuseOneHopView.as_view()),
    path("one-hop-accesses/<uuid:pk>:withdraw", one_hop.WithdrawOneHopView.as_view()),
    path("sites", networks.SitesView.as_view(), name="sites"),
    path("spans", networks.SpansView.as_view(), name="spans"),
    path("tariffs", networks.TariffsView.as_view(), name="tariffs"),
    path("line-products", line_products.LineProductsView.as_view(), name="line-products"),
    path("line-products/<uuid:pk>/gate", line_products.LineProductGateView.as_view()),
    path("latency-evidence", evidence.EvidenceView.as_view(), name="latency-evidence"),
    path("latency-evidence:batch", evidence.EvidenceBatchView.as_view()),
    path("selections", selections.SelectionsView.as_view(), name="selections"),
    path("selections/<uuid:pk>", selections.SelectionView.as_view()),
    path("selections/<uuid:pk>:replay", selections.ReplaySelectionView.as_view()),
    path("line-openings", openings.LineOpeningsView.as_view(), name="line-openings"),
    path("line-openings/<uuid:pk>", openings.LineOpeningView.as_view()),
    path("line-openings/<uuid:pk>:take-on", openings.TakeOnLineView.as_view()),
    path("line-openings/<uuid:pk>:configure", openings.ConfigureLineView.as_view()),
    path("line-openings/<uuid:pk>:report-test", openings.ReportTestView.as_view()),
    path("line-openings/<uuid:pk>:accept", openings.AcceptLineView.as_view()),
    path("line-punctuality", line_providers.PunctualityView.as_view()),
    path("dispatches", dispatches.DispatchesView.as_view(), name="dispatches"),
]
