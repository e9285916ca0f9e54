"""Routes: REST below /api/, the admin at /, health for whoever watches."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("api.urls")),
    path("", admin.site.urls),
]
