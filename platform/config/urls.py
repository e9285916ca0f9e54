"""Routes: REST below /api/, the admin at /, health for whoever watches."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("api.urls")),
    path("language/", include("django.conf.urls.i18n")),
    path("", admin.site.urls),
]
handler400 = "api.errors.bad_request"
handler500 = "api.errors.server_error"
