"""Addresses of identifier management."""

from django.urls import path

from identifiers.api import codecs, identifiers, resolution

urlpatterns = [
    path("identifiers", identifiers.IdentifiersView.as_view(), name="identifiers"),
    path("identifiers/<uuid:pk>", identifiers.IdentifierView.as_view()),
    path("identifiers/<uuid:pk>:approve", identifiers.ApproveView.as_view()),
    path("identifiers/<uuid:pk>:refuse", identifiers.RefuseView.as_view()),
    path("identifiers/<uuid:pk>:propose-suspension", identifiers.ProposeSuspensionView.as_view()),
    path("identifiers/<uuid:pk>:propose-reinstatement", identifiers.ProposeReinstatementView.as_view()),
    path("identifiers/<uuid:pk>:propose-retirement", identifiers.ProposeRetirementView.as_view()),
    path("identifiers/<str:prefix>/<str:suffix>", resolution.ResolveView.as_view()),
    path("codecs", codecs.CodecsView.as_view(), name="codecs"),
    path("codecs:decode", codecs.DecodeView.as_view()),
    path("codecs/<slug:name>:encode", codecs.EncodeView.as_view()),
    path("dictionaries", codecs.DictionariesView.as_view(), name="dictionaries"),
    path("dictionaries/<slug:name>", codecs.DictionaryView.as_view()),
    path("resolve", resolution.ResolveTextView.as_view(), name="resolve"),
]
