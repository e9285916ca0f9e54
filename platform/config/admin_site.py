"""How the admin looks and what its sidebar offers (settings of django-unfold)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

TRAIN, VERIFY = "/jobs/job/add/", "/lineage/artifact/verify/"


def _below(prefix: str, *others: str) -> Any:
    """Whether a request lies below a path, but not below one of `others`: marks the current item of the sidebar."""

    def current(request: HttpRequest) -> bool:
        return request.path.startswith(prefix) and not any(request.path.startswith(other) for other in others)

    return current


def _training(request: HttpRequest) -> bool:
    return request.path == TRAIN and request.GET.get("kind", "train") == "train"


def _generating(request: HttpRequest) -> bool:
    return request.path == TRAIN and request.GET.get("kind") == "generate"


def _item(title: Any, icon: str, route: str, active: Any = None, **more: Any) -> dict[str, Any]:
    """An entry of the sidebar; `query` goes behind the address of the route."""
    link = format_lazy("{}{}", reverse_lazy(route), more.pop("query", ""))
    said = {"title": title, "icon": icon, "route": route, "link": link}
    return said | ({"active": active} if active else {}) | more


def _style(name: str) -> Any:
    return lambda request: static(f"kilnmark/{name}.css")


NAVIGATION = [
    {
        "title": _("Work"),
        "items": [
            _item(_("Home"), "home", "admin:index"),
            _item(_("Data"), "folder_open", "admin:catalog_dataset_changelist", _below("/catalog/dataset")),
            _item(_("Train"), "local_fire_department", "admin:jobs_job_add", _training),
            _item(_("Generate"), "auto_awesome", "admin:jobs_job_add", _generating, query="?kind=generate"),
            _item(_("Jobs"), "list_alt", "admin:jobs_job_changelist", _below("/jobs/job/", TRAIN)),
        ],
    },
    {
        "title": _("Results"),
        "items": [
            _item(
                _("Models"), "deployed_code", "admin:catalog_modelversion_changelist", _below("/catalog/modelversion/")
            ),
            _item(_("Aliases"), "label", "admin:catalog_alias_changelist", _below("/catalog/alias/")),
            _item(
                _("Gallery"), "imagesmode", "admin:lineage_artifact_changelist", _below("/lineage/artifact/", VERIFY)
            ),
        ],
    },
    {
        "title": _("Check"),
        "items": [
            _item(
                _("Reviews"),
                "rule",
                "admin:audit_reviewrequest_changelist",
                _below("/audit/reviewrequest"),
                badge="desk.review.badge.waiting",
            ),
            _item(_("Verify"), "verified", "admin:lineage_artifact_verify"),
            _item(
                _("Log"),
                "receipt_long",
                "admin:audit_auditevent_changelist",
                _below("/audit/", "/audit/reviewrequest/", "/audit/projectpolicy/"),
            ),
            _item(_("Legal holds"), "gavel", "admin:lineage_legalhold_changelist", _below("/lineage/legalhold/")),
        ],
    },
    {
        "title": _("Run"),
        "items": [
            _item(_("Queues"), "low_priority", "admin:jobs_queuepause_changelist", _below("/jobs/queuepause/")),
            _item(_("Windows"), "bedtime", "admin:jobs_window_changelist", _below("/jobs/window/")),
            _item(_("Recurring jobs"), "event_repeat", "admin:jobs_schedule_changelist", _below("/jobs/schedule/")),
            _item(_("Digest"), "wb_twilight", "admin:jobs_digestmail_changelist", _below("/jobs/digestmail/")),
            _item(_("Webhooks"), "webhook", "admin:webhooks_webhook_changelist", _below("/webhooks/webhook/")),
            _item(_("People"), "group", "admin:accounts_project_changelist", _below("/accounts/project/")),
            _item(_("Accounts"), "manage_accounts", "admin:accounts_user_changelist", _below("/accounts/user/"))
            | {"permission": "desk.people.roles.sees_accounts"},
            _item(
                _("Service accounts"),
                "smart_toy",
                "admin:accounts_serviceaccount_changelist",
                _below("/accounts/serviceaccount/"),
            )
            | {"permission": "desk.people.roles.keeps_service_accounts"},
        ],
    },
]

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Kilnmark",
    "SITE_HEADER": "Kilnmark",
    "SITE_SUBHEADER": _("Made here, and provably so"),
    "SITE_SYMBOL": "local_fire_department",
    "SITE_URL": None,
    "DASHBOARD_CALLBACK": "desk.home.page.fill",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": False,  # the switch stands in the header instead
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("kilnmark/icon.svg")}],
    "STYLES": [_style("pages"), _style("frame"), _style("print")],
    "ACCOUNT": {
        "navigation": [
            {"title": _("Change password"), "link": reverse_lazy("admin:password_change")},
            {"title": _("API tokens"), "link": reverse_lazy("admin:accounts_apitoken_changelist")},
        ]
    },
    "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": NAVIGATION},
    "COLORS": {
        "primary": {
            "50": "oklch(97% .016 55)",
            "100": "oklch(94% .036 55)",
            "200": "oklch(88% .075 52)",
            "300": "oklch(80% .12 50)",
            "400": "oklch(70% .16 47)",
            "500": "oklch(62% .17 44)",
            "600": "oklch(53% .155 41)",
            "700": "oklch(46% .135 39)",
            "800": "oklch(39% .11 38)",
            "900": "oklch(33% .085 38)",
            "950": "oklch(24% .06 38)",
        }
    },
}
