"""Every address of the node on one page: one line for each floor."""

from django.conf import settings
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from kernel.api import health

handler404 = "console.pages.problems.not_found"
handler500 = "console.pages.problems.internal_error"

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
    path("api/v1/openapi", SpectacularAPIView.as_view(), name="openapi"),
    path("api/v1/docs", SpectacularSwaggerView.as_view(url_name="openapi"), name="docs"),
    path("api/v1", include("kernel.api.urls")),
    *(
        path("api/v1/", include(f"{floor}.api.urls"))
        for floor in settings.FLOORS
        if floor != "kernel" and (settings.BASE_DIR / floor / "api" / "urls.py").exists()
    ),
    path("", include("console.urls")),
]
