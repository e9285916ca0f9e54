"""Routes: REST below /api/, the admin at /, health for whoever watches."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("", include("api.urls")),
    path("language/", include("django.conf.urls.i18n")),
    path("digest", RedirectView.as_view(pattern_name="admin:jobs_digestmail_changelist", query_string=True)),
    path("", include("desk.urls")),
    path("", admin.site.urls),
]
handler400 = "api.errors.bad_request"
handler500 = "api.errors.server_error"
