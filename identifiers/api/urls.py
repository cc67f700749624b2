"""Addresses of identifier management."""

from django.urls import path

from identifiers.api import (
    batches,
    blocks,
    codecs,
    descriptors,
    identifiers,
    resolution,
    successions,
    transfers,
)

urlpatterns = [
    path("identifiers", identifiers.IdentifiersView.as_view(), name="identifiers"),
    path("identifiers:batch", batches.IdentifiersBatchView.as_view()),
    path("identifiers/<uuid:pk>", identifiers.IdentifierView.as_view()),
    path("identifiers/<uuid:pk>/descriptors", descriptors.DescriptorsView.as_view()),
    path("identifiers/<uuid:pk>/capacity", descriptors.CapacityView.as_view()),
    path("identifiers/<uuid:pk>:approve", identifiers.ApproveView.as_view()),
    path("identifiers/<uuid:pk>:refuse", identifiers.RefuseView.as_view()),
    path("identifiers/<uuid:pk>:propose-suspension", identifiers.ProposeSuspensionView.as_view()),
    path("identifiers/<uuid:pk>:propose-reinstatement", identifiers.ProposeReinstatementView.as_view()),
    path("identifiers/<uuid:pk>:propose-retirement", identifiers.ProposeRetirementView.as_view()),
    path("identifiers/<uuid:pk>:propose-merger", successions.ProposeMergerView.as_view()),
    path("identifiers/<uuid:pk>:propose-split", successions.ProposeSplitView.as_view()),
    path("identifiers/<uuid:pk>:offer-transfer", transfers.OfferTransferView.as_view()),
    path("identifier-transfers", transfers.TransfersView.as_view(), name="identifier-transfers"),
    path("identifier-transfers/<uuid:pk>", transfers.TransferView.as_view()),
    path("identifier-transfers/<uuid:pk>:accept", transfers.AcceptTransferView.as_view()),
    path("identifier-transfers/<uuid:pk>:decline", transfers.DeclineTransferView.as_view()),
    path("identifier-transfers/<uuid:pk>:withdraw", transfers.WithdrawTransferView.as_view()),
    path("identifiers/<str:prefix>/<str:suffix>", resolution.ResolveView.as_view()),
    path("successors", successions.SuccessorsView.as_view(), name="successors"),
    path("number-blocks", blocks.BlocksView.as_view(), name="number-blocks"),
    path("codecs", codecs.CodecsView.as_view(), name="codecs"),
    path("codecs:decode", codecs.DecodeView.as_view()),
    path("codecs/<slug:name>:encode", codecs.EncodeView.as_view()),
    path("dictionaries", codecs.DictionariesView.as_view(), name="dictionaries"),
    path("dictionaries/<slug:name>", codecs.DictionaryView.as_view()),
    path("resolve", resolution.ResolveTextView.as_view(), name="resolve"),
]
