"""Addresses of the front door."""

from django.urls import path

from kernel.api.proposals import ApproveProposalView, ProposalsView, WithdrawProposalView
from kernel.api.root import MeView, ProblemsView, RootView

urlpatterns = [
    path("", RootView.as_view(), name="root"),
    path("/me", MeView.as_view(), name="me"),
    path("/problems", ProblemsView.as_view(), name="problems"),
    path("/proposals", ProposalsView.as_view(), name="proposals"),
    path("/proposals/<uuid:pk>:approve", ApproveProposalView.as_view()),
    path("/proposals/<uuid:pk>:withdraw", WithdrawProposalView.as_view()),
]
