"""Addresses of the federation."""

from django.urls import path

from nodes.api import alarms, federation, filings, invitations, manifests, peers, reports, streams

urlpatterns = [
    path("nodes", peers.NodesView.as_view(), name="nodes"),
    path("nodes/<uuid:pk>", peers.NodeView.as_view()),
    path("nodes/<uuid:pk>:detach", peers.DetachView.as_view()),
    path("node-key", peers.NodeKeyView.as_view(), name="node-key"),
    path("node-invitations", invitations.NodeInvitationsView.as_view(), name="node-invitations"),
    path("upstreams", peers.UpstreamsView.as_view()),
    path("streams", streams.StreamsView.as_view(), name="streams"),
    path("streams/<uuid:pk>:resume", streams.ResumeView.as_view()),
    path("messages", streams.SentMessagesView.as_view(), name="messages"),
    path("messages/<uuid:pk>:resend", streams.ResendView.as_view()),
    path("node-alarms", alarms.NodeAlarmsView.as_view(), name="node-alarms"),
    path("node-alarms/<uuid:pk>:close", alarms.CloseAlarmView.as_view()),
    path("filings", filings.FilingsView.as_view(), name="filings"),
    path("reports", reports.ReportsView.as_view(), name="reports"),
    path("reports/<uuid:pk>", reports.ReportView.as_view()),
    path("reports/<uuid:pk>:review", reports.ReviewReportView.as_view()),
    path("reports/<uuid:pk>:send", reports.SendReportView.as_view()),
    path("reports/<uuid:pk>:correct", reports.CorrectReportView.as_view()),
    path("manifests", manifests.ManifestsView.as_view(), name="manifests"),
    path("manifests:exchange", manifests.ExchangeView.as_view()),
    path("federation/totals", reports.TotalsView.as_view(), name="totals"),
    path("federation/attachments", federation.AttachmentsView.as_view()),
    path("federation/streams/<str:stream>", federation.ExpectedView.as_view()),
    path("federation/streams/<str:stream>/messages", federation.MessagesView.as_view()),
    path("federation/manifests", federation.ManifestAnswerView.as_view()),
    path("federation/fingerprints", federation.FingerprintsView.as_view()),
]
