"""Every address of the node on one page: one word for each floor."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from kernel.api import health
from kernel.api.addresses import addresses_of
from participants.api import oauth

handler400 = "kernel.api.problems.bad_request"
handler404 = "console.pages.problems.not_found"
handler500 = "console.pages.problems.internal_error"

FLOORS = (
    "identifiers",
    "nodes",
    "participants",
    "aggregation",
    "scheduling",
    "marketplace",
    "monitoring",
    "security",
)
urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
    path(".well-known/oauth-authorization-server", oauth.MetadataView.as_view()),
    path("api/v1/openapi", SpectacularAPIView.as_view(), name="openapi"),
    path("api/v1/docs", SpectacularSwaggerView.as_view(url_name="openapi"), name="docs"),
    path("api/v1", include("kernel.api.urls")),
    addresses_of("api/v1/", *(f"{floor}.api.urls" for floor in FLOORS)),
    path("", include("console.urls")),
]
