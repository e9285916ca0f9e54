"""Accounts in the admin: who there is, who invites and closes them, and platform roles. For those who see all."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from accounts.invitations import link_for, may_make_link
from accounts.members import sole_owner_of
from accounts.models import User
from accounts.people import may_end, set_active, set_platform_role
from accounts.services import is_operator, owns_platform, require_operator, sees_all
from config import clock
from desk.night.times import local
from desk.pages import ReadOnlyAdmin, Route, answered
from desk.people.account_form import LINK, AccountForm
from desk.people.role_words import across
from desk.people.undo import done

admin.site.unregister(Group)  # roles are given by membership and platform role alone


@admin.register(User)
class AccountAdmin(ReadOnlyAdmin):
    """All accounts; auditors look, operators invite and close, superusers give platform roles."""

    list_before_template = "pages/people/accounts_lead.html"
    list_display = ("username", "named", "platform", "projects", "last_seen", "closed")
    search_fields = ("username", "first_name", "last_name", "email")
    list_filter = ("platform_role", "is_active")
    ordering = ("username",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """All people, for those who see all; an owner of a project needs no list of strangers."""
        return (
            User.objects.filter(is_service=False).annotate(project_count=Count("membership"))
            if sees_all(request.user)  # type: ignore[arg-type]
            else User.objects.none()
        )

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Auditors, operators, superusers."""
        return bool(request.user.is_active and sees_all(request.user))  # type: ignore[arg-type]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Operators and superusers."""
        return is_operator(request.user)  # type: ignore[arg-type]

    def row(self, request: HttpRequest, pk: Any) -> User:
        """One account, or 404."""
        found = self.get_queryset(request).filter(pk=pk).first() if str(pk).isdecimal() and len(str(pk)) < 19 else None
        if found is None:
            raise Http404(_("There is no such page, or you may not see it."))
        return found

    @display(description=gettext_lazy("name"))
    def named(self, user: User) -> str:
        return user.get_full_name()

    @display(description=gettext_lazy("platform role"), ordering="platform_role")
    def platform(self, user: User) -> str:
        return _("superuser") if user.is_superuser else user.get_platform_role_display()

    @display(description=gettext_lazy("projects"), ordering="project_count")
    def projects(self, user: User) -> int:
        return user.project_count  # type: ignore[attr-defined]

    @display(description=gettext_lazy("last login"), ordering="last_login")
    def last_seen(self, user: User) -> str:
        return local(user.last_login) if user.last_login else _("never")

    @display(description=gettext_lazy("account"), ordering="is_active")
    def closed(self, user: User) -> str:
        return _("account open") if user.is_active else _("account closed")

    def routes(self) -> list[Route]:
        """A new link; the account closed or opened; a platform role."""
        return [
            ("<int:pk>/link/", "link", self.link_view),
            ("<int:pk>/active/", "active", self.active_view),
            ("<int:pk>/platform-role/", "platform_role", self.platform_role_view),
        ]

    @answered
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Invite somebody."""
        require_operator(request.user)  # type: ignore[arg-type]
        form = AccountForm(request.user, request.POST or None, initial={"project": request.GET.get("project", "")})
        if request.method == "POST" and (user := form.created()):
            if form.cleaned_data["way"] == LINK:
                return self.link_page(request, user)
            done(
                request, _("%(name)s can log in now.") % {"name": user.username},
                reverse("admin:accounts_user_active", args=[user.pk]), active="no",
            )  # fmt: skip
            return redirect("admin:accounts_user_change", user.pk)
        status = 422 if request.method == "POST" else 200
        return self.page(request, "pages/people/invite.html", title=_("Invite somebody"), form=form, status=status)

    @answered
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """One account: its roles everywhere, and what may be done with it."""
        user, me = self.row(request, object_id), request.user
        context = {
            "title": user.username,
            "person": user,
            "memberships": user.membership_set.select_related("project").order_by("project__slug"),
            "alone": sole_owner_of(user),
            "tokens": user.api_tokens.filter(revoked_at=None).count(),
            "robots": user.tokens_made.filter(revoked_at=None, expires_at__gt=clock.now()).count(),
            "platform_roles": across(),
            "own": user.pk == me.pk,
            "may_end": may_end(me, user),  # type: ignore[arg-type]
            "may_link": may_make_link(me, user) and is_operator(me),  # type: ignore[arg-type]
            "may_give": owns_platform(me) and user.pk != me.pk and not user.is_superuser,  # type: ignore[arg-type]
        }
        return self.page(request, "pages/people/account.html", **context)

    @answered
    def link_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """A one-time link, shown this once."""
        user = self.row(request, pk)
        if request.method != "POST":
            return redirect("admin:accounts_user_change", pk)
        return self.link_page(request, user)

    def link_page(self, request: HttpRequest, user: User) -> HttpResponseBase:
        """The link as whoever gets it will open it."""
        uid, token, until = link_for(user, actor=request.user)  # type: ignore[arg-type]
        address = request.build_absolute_uri(reverse("admin:welcome", args=[uid, token]))
        title = _("A link for %(name)s") % {"name": user.username}
        return self.page(request, "pages/people/link.html", title=title, person=user, address=address, until=until)

    @answered
    def active_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Close an account or open it again."""
        user = self.row(request, pk)
        if request.method == "POST":
            active = request.POST.get("active") == "yes"
            set_active(user, active, actor=request.user)  # type: ignore[arg-type]
            words = _("The account of %(name)s is open again.") if active else _("The account of %(name)s is closed.")
            address = reverse("admin:accounts_user_active", args=[pk])
            done(request, words % {"name": user.username}, address, active="no" if active else "yes")
        return redirect("admin:accounts_user_change", pk)

    @answered
    def platform_role_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Make somebody auditor or operator, or neither."""
        user = self.row(request, pk)
        if request.method == "POST":
            before = user.platform_role
            set_platform_role(user, request.POST.get("role", ""), actor=request.user)  # type: ignore[arg-type]
            said = user.get_platform_role_display() or _("without a platform role")
            words = _("%(name)s is %(role)s now.") % {"name": user.username, "role": said}
            if before != user.platform_role:
                done(request, words, reverse("admin:accounts_user_platform_role", args=[pk]), role=before)
        return redirect("admin:accounts_user_change", pk)
