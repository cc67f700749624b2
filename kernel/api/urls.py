"""Addresses of the front door."""

from django.urls import path

from kernel.api.operations import CancelOperationView, OperationsView, OperationView
from kernel.api.proposals import ApproveProposalView, ProposalsView, WithdrawProposalView
from kernel.api.root import MeView, ProblemsView, RootView, VocabulariesView

urlpatterns = [
    path("", RootView.as_view(), name="root"),
    path("/me", MeView.as_view(), name="me"),
    path("/problems", ProblemsView.as_view(), name="problems"),
    path("/vocabularies", VocabulariesView.as_view(), name="vocabularies"),
    path("/operations", OperationsView.as_view(), name="operations"),
    path("/operations/<uuid:pk>", OperationView.as_view()),
    path("/operations/<uuid:pk>:cancel", CancelOperationView.as_view()),
    path("/proposals", ProposalsView.as_view(), name="proposals"),
    path("/proposals/<uuid:pk>:approve", ApproveProposalView.as_view()),
    path("/proposals/<uuid:pk>:withdraw", WithdrawProposalView.as_view()),
]
