"""Addresses of security."""

from django.urls import path

from security.api import assets, audit, findings, scans

urlpatterns = [
    path("assets", assets.AssetsView.as_view(), name="assets"),
    path("assets/<uuid:pk>", assets.AssetView.as_view()),
    path("scans", scans.ScansView.as_view(), name="scans"),
    path("findings", findings.FindingsView.as_view(), name="findings"),
    path("findings/<uuid:pk>", findings.FindingView.as_view()),
    path("findings/<uuid:pk>:submit-evidence", findings.SubmitEvidenceView.as_view()),
    path("findings/<uuid:pk>:confirm", findings.ConfirmFindingView.as_view()),
    path("findings/<uuid:pk>:return", findings.ReturnFindingView.as_view()),
    path("findings/<uuid:pk>:propose-acceptance", findings.ProposeAcceptanceView.as_view()),
    path("audit/events", audit.AuditEventsView.as_view(), name="audit-events"),
    path("audit/checkpoints", audit.CheckpointsView.as_view(), name="audit-checkpoints"),
    path("audit/proof", audit.ProofView.as_view()),
    path("audit/consistency", audit.ConsistencyView.as_view()),
]
