"""How the admin looks and what its sidebar offers (settings of django-unfold)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

TRAIN, VERIFY = "/jobs/job/add/", "/lineage/artifact/verify/"


def _below(prefix: str, *others: str) -> Any:
    """Whether a request lies below a path, but not below one of `others`: marks the current item of the sidebar."""

    def current(request: HttpRequest) -> bool:
        return request.path.startswith(prefix) and not any(request.path.startswith(other) for other in others)

    return current


def _training(request: HttpRequest) -> bool:
    return request.path == TRAIN and request.GET.get("kind", "train") == "train"


def _item(title: Any, icon: str, route: str, active: Any = None) -> dict[str, Any]:
    said = {"title": title, "icon": icon, "link": reverse_lazy(route)}
    return said | ({"active": active} if active else {})


NAVIGATION = [
    {
        "items": [
            _item(_("Home"), "home", "admin:index"),
            _item(_("Data"), "folder_open", "admin:catalog_dataset_changelist", _below("/catalog/dataset")),
            _item(_("Train"), "local_fire_department", "admin:jobs_job_add", _training),
            _item(_("Jobs"), "list_alt", "admin:jobs_job_changelist", _below("/jobs/job/", TRAIN)),
            _item(_("Queues"), "low_priority", "admin:jobs_queuepause_changelist"),
            _item(_("Windows"), "bedtime", "admin:jobs_window_changelist"),
            _item(_("Recurring jobs"), "event_repeat", "admin:jobs_schedule_changelist"),
            _item(_("Digest"), "wb_twilight", "admin:jobs_digestmail_changelist"),
            _item(_("Models"), "deployed_code", "admin:catalog_modelversion_changelist"),
            _item(_("Aliases"), "label", "admin:catalog_alias_changelist"),
            _item(
                _("Artifacts"), "imagesmode", "admin:lineage_artifact_changelist", _below("/lineage/artifact/", VERIFY)
            ),
            _item(_("Reviews"), "rule", "admin:audit_reviewrequest_changelist", _below("/audit/reviewrequest")),
            _item(_("Verify"), "verified", "admin:lineage_artifact_verify"),
            _item(_("Legal holds"), "gavel", "admin:lineage_legalhold_changelist"),
            _item(
                _("Log"),
                "receipt_long",
                "admin:audit_auditevent_changelist",
                _below("/audit/", "/audit/reviewrequest/"),
            ),
            _item(_("People"), "group", "admin:accounts_project_changelist", _below("/accounts/")),
        ]
    }
]

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Kilnmark",
    "SITE_HEADER": "Kilnmark",
    "SITE_SUBHEADER": _("Made here, and provably so"),
    "SITE_SYMBOL": "local_fire_department",
    "SITE_URL": None,
    "DASHBOARD_CALLBACK": "desk.home.fill",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": False,  # the switch stands in the header instead
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("kilnmark/icon.svg")}],
    "STYLES": [lambda request: static("kilnmark/pages.css")],
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
