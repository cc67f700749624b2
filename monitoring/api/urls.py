"""Addresses of monitoring."""

from django.urls import path

from monitoring.api import alarms, downward, fairness, feeds, indicators, instructions, telemetry, window

urlpatterns = [
    path("feeds", feeds.FeedsView.as_view(), name="feeds"),
    path("feeds/<uuid:pk>", feeds.FeedView.as_view()),
    path("feeds/<uuid:pk>/coverage", feeds.CoverageView.as_view()),
    path("feeds/<uuid:pk>/points", feeds.PointsView.as_view()),
    path("telemetry", telemetry.TelemetryView.as_view()),
    path("telemetry/exposition", telemetry.ExpositionView.as_view()),
    path("indicators", indicators.IndicatorsView.as_view(), name="indicators"),
    path("indicators/<slug:code>/values", indicators.IndicatorValuesView.as_view()),
    path("indicators/<slug:code>:compute", indicators.ComputeIndicatorView.as_view()),
    path("monitoring/overview", window.OverviewView.as_view(), name="monitoring-overview"),
    path("monitoring/events", window.EventsView.as_view(), name="monitoring-events"),
    path("monitoring/live", window.LiveView.as_view(), name="monitoring-live"),
    path("monitoring/alarms", alarms.AlarmsView.as_view(), name="monitoring-alarms"),
    path("monitoring/alarms/<uuid:pk>:acknowledge", alarms.AcknowledgeAlarmView.as_view()),
    path("monitoring/alarms/<uuid:pk>:close", alarms.CloseMonitoringAlarmView.as_view()),
    path("fairness-audits", fairness.FairnessAuditsView.as_view(), name="fairness-audits"),
    path("fairness-audits/<uuid:pk>", fairness.FairnessAuditView.as_view()),
    path("node-instructions", downward.NodeInstructionsView.as_view(), name="node-instructions"),
    path("node-instructions/<uuid:pk>", downward.NodeInstructionView.as_view()),
    path("node-instructions/<uuid:pk>:propose-lift", downward.ProposeNodeLiftView.as_view()),
    path("instructions", instructions.InstructionsView.as_view(), name="instructions"),
    path("instructions/<uuid:pk>", instructions.InstructionView.as_view()),
    path("instructions/<uuid:pk>:acknowledge", instructions.AcknowledgeInstructionView.as_view()),
    path("instructions/<uuid:pk>:rectify", instructions.RectifyInstructionView.as_view()),
    path("instructions/<uuid:pk>:propose-lift", instructions.ProposeLiftView.as_view()),
]
