"""What the upload on a form needs to know and to say (static/kilnmark/upload.js), in the reader's language."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from catalog.models import Dataset


def upload_facts(user: User, dataset: Dataset | None) -> dict[str, Any]:
    """Address, limits and words; `{name}` and the like are filled in by the script."""
    return {
        "url": reverse("uploads"),
        "user": str(user.pk),
        "dataset": str(dataset.pk) if dataset else "",
        "most": settings.UPLOAD_LIMIT_BYTES,
        "words": _states() | _refusals(),
    }


def _states() -> dict[str, str]:
    return {
        "sending": _("{percent} % · {done} of {total} · {speed}/s · {left} left"),
        "begins": _("{name} ({total}) is on its way."),
        "resumes": _("{name} goes on at {percent} %."),
        "percent": _("{percent} % has arrived."),
        "paused": _("Paused at {percent} %. What has arrived stays for 24 hours."),
        "retries": _("The connection broke at {percent} %. It is tried again in {seconds} s."),
        "arrived": _("{name} ({total}) has arrived."),
        "waits": _("The form is sent as soon as the file is there."),
        "unfinished": _(
            "{name} ({total}) was not sent whole. Choose the same file again: it goes on where it stopped."
        ),
        "unused": _("{name} ({total}) has arrived and is not used yet. Choose it again: nothing is sent twice."),
        "given_up": _("The upload was given up; what had arrived is deleted."),
        "seconds": _("{n} s"),
        "minutes": _("{n} min"),
        "hours": _("{n} h"),
    }


def _refusals() -> dict[str, str]:
    most = filesizeformat(settings.UPLOAD_LIMIT_BYTES)
    return {
        "several": _("One file at a time: put several files, or a folder, into one zip."),
        "empty_file": _("The file is empty."),
        "wrong_kind": " ".join(
            (
                _("%(name)s: this kind of file is not read.") % {"name": "{name}"},
                _("Read are: %(types)s.") % {"types": "{types}"},
            )
        ),
        "too_large": _("The file is larger than this platform takes: at most %(most)s.") % {"most": most},
        "quota_storage": _("Nothing was sent: the project's storage quota has no room for this file."),
        "disk_full": _("Nothing was sent: the platform's disk has no room for this file. Tell whoever runs it."),
        "too_many_uploads": _("Nothing was sent: too many of your uploads are not finished. Give some up first."),
        "forbidden": _("You may not bring data into this project."),
        "session": _("Your session has ended. Log in again in another tab, then go on here."),
        "unreadable": _("The browser cannot read the file any more: it was moved or changed. Choose it again."),
        "failed": _("The upload was refused: {why}"),
        "broken": _("The connection stays broken. What has arrived stays for 24 hours; go on when it is back."),
    }
