"""Every address of the node on one page: one line for each floor."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from kernel.api import health
from participants.api import oauth

handler404 = "console.pages.problems.not_found"
handler500 = "console.pages.problems.internal_error"

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
    path(".well-known/oauth-authorization-server", oauth.MetadataView.as_view()),
    path("api/v1/openapi", SpectacularAPIView.as_view(), name="openapi"),
    path("api/v1/docs", SpectacularSwaggerView.as_view(url_name="openapi"), name="docs"),
    path("api/v1", include("kernel.api.urls")),
    path("api/v1/", include("identifiers.api.urls")),
    path("api/v1/", include("nodes.api.urls")),
    path("api/v1/", include("participants.api.urls")),
    path("api/v1/", include("aggregation.api.urls")),
    path("api/v1/", include("scheduling.api.urls")),
    path("api/v1/", include("marketplace.api.urls")),
    path("api/v1/", include("monitoring.api.urls")),
    path("api/v1/", include("security.api.urls")),
    path("", include("console.urls")),
]
