"""Addresses of who takes part."""

from django.urls import path

from participants.api import (
    certification,
    credentials,
    documents,
    mandates,
    organisations,
    people,
    revocations,
)

urlpatterns = [
    path("organisations", organisations.OrganisationsView.as_view(), name="organisations"),
    path("organisations/<uuid:pk>", organisations.OrganisationView.as_view()),
    path("organisations/<uuid:pk>:close", organisations.CloseView.as_view()),
    path("organisations/<uuid:pk>/standing", certification.StandingView.as_view()),
    path("organisations/<uuid:pk>/decisions", certification.DecisionsView.as_view()),
    path("organisations/<uuid:pk>:review-code", certification.ReviewCodeView.as_view()),
    path("organisations/<uuid:pk>:check", certification.CheckView.as_view()),
    path("organisations/<uuid:pk>:certify", certification.CertifyView.as_view()),
    path("organisations/<uuid:pk>:refuse", certification.RefuseView.as_view()),
    path("organisations/<uuid:pk>:propose-qualification", certification.ProposeQualificationView.as_view()),
    path("organisations/<uuid:pk>/documents", documents.DocumentsView.as_view()),
    path("documents/<uuid:pk>:accept", documents.AcceptDocumentView.as_view()),
    path("documents/<uuid:pk>/file", documents.DocumentFileView.as_view()),
    path("organisations/<uuid:pk>/keys", credentials.KeysView.as_view()),
    path("keys/<uuid:pk>", credentials.KeyView.as_view()),
    path("keys/<uuid:pk>:rotate", credentials.RotateKeyView.as_view()),
    path("keys/<uuid:pk>:revoke", credentials.RevokeKeyView.as_view()),
    path("organisations/<uuid:pk>:propose-key-revocation", revocations.ProposeKeyRevocationView.as_view()),
    path("organisations/<uuid:pk>/members", people.MembersView.as_view()),
    path("members/<uuid:pk>:end", people.EndMembershipView.as_view()),
    path("organisations/<uuid:pk>/invitations", people.InvitationsView.as_view()),
    path("appointments", mandates.AppointmentsView.as_view()),
    path("mandates", mandates.MandatesView.as_view()),
    path("mandates/<uuid:pk>:end", mandates.EndMandateView.as_view()),
    path("organisations/<uuid:pk>:propose-mandate", mandates.ProposeMandateView.as_view()),
    path("invitations/<str:token>:accept", people.AcceptInvitationView.as_view()),
]
