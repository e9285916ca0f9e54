"""The web admin as a site: who enters, how people log in, and what becomes of a form when a session has ended."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import InvalidPage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from unfold.sites import UnfoldAdminSite

from accounts.services import belongs
from desk.people.login_form import LoginForm
from desk.people.welcome import WelcomeView

View = Callable[..., HttpResponseBase]
OPEN = ("logout", "password_change", "password_change_done", "jsi18n")  # to people who are in no project yet


class Site(UnfoldAdminSite):
    """Every active account enters; without a project or a platform role it is told what to do next, and no more."""

    login_form = LoginForm

    def has_permission(self, request: HttpRequest) -> bool:
        """Whoever is logged in; what they see is decided by their roles."""
        return bool(request.user.is_active)

    def extra_urls(self) -> list[URLPattern]:
        """The page behind a one-time link, for people who cannot log in yet."""
        return [path("welcome/<uidb64>/<token>/", WelcomeView.as_view(), name="welcome")]

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """A page for people who are logged in; a form that came too late leads to login, and from there to its page."""
        inside = super().admin_view(self._for_members(view))  # no page is for a cache, whatever Django thinks of it

        @wraps(inside)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not self.has_permission(request):
                if request.headers.get("HX-Request"):
                    return HttpResponse(status=401)  # a part of a page: session.js says so, what is typed stays
                if request.method == "POST" and request.path != reverse("admin:logout"):
                    return redirect_to_login(page_of_form(request), reverse("admin:login"))
            return inside(request, *args, **kwargs)

        return guarded

    def _for_members(self, view: View) -> View:
        @wraps(view)
        def inside(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            match = request.resolver_match
            if belongs(request.user) or (match and match.url_name in OPEN):
                return view(request, *args, **kwargs)
            status = 200 if match and match.url_name == "index" else 403
            context = self.each_context(request) | {"title": _("Welcome")}
            request.current_app = self.name  # type: ignore[attr-defined]
            return TemplateResponse(request, "pages/people/nowhere.html", context, status=status)

        return inside

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Nothing to choose from for people who are in no project yet."""
        return super().get_sidebar_list(request) if belongs(request.user) else []

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Of the sidebar; a page that it does not have is not there."""
        try:
            return super().search(request, extra_context)
        except (ValueError, InvalidPage) as error:
            raise Http404 from error

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The login page; whoever logged in meanwhile, in another tab, goes on to where they were going."""
        if request.method == "GET" and self.has_permission(request):
            said = request.GET.get(REDIRECT_FIELD_NAME, "")
            return redirect(said if is_ours(request, said) else "admin:index")
        answer = super().login(request, extra_context)
        form = (getattr(answer, "context_data", None) or {}).get("form")
        if wait_s := getattr(form, "wait_s", 0):
            answer.status_code, answer.headers["Retry-After"] = 429, str(int(wait_s) + 1)
        return answer


def page_of_form(request: HttpRequest) -> str:
    """Path and query of the page that a form was sent from, as far as the browser says; else of its own address."""
    said = request.headers.get("Referer", "")
    if not is_ours(request, said):
        return request.get_full_path()
    place = urlsplit(said)
    return urlunsplit(("", "", place.path or "/", place.query, ""))


def is_ours(request: HttpRequest, address: str) -> bool:
    """Whether an address leads to this host; a bare word, which Django takes for the name of a page, is none."""
    return address.startswith(("/", "http://", "https://")) and url_has_allowed_host_and_scheme(
        address, {request.get_host()}, require_https=request.is_secure()
    )
