"""What the credential of a whole archive says, beside the verdicts over the files in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_noop as _

from jobs.models import Job
from models_store.ids import is_uuid

SEALED = _("The archive carries a trusted credential of this platform, and every file in it is as it was signed.")
BROKEN = _(
    "The archive carries a credential of this platform, but files were changed, added or removed after it was signed."
)
NAMED = {"edited": "changed", "added": "added", "missing": "removed"}


def evidence_of_archive(sealed: Mapping[str, Any], *, tampered: bool) -> list[dict[str, str]]:
    """Lines of evidence; none for a credential that is not ours, or of a job that is not.

    `sealed` is the finding `archive` of docs/engine-folder.md; `tampered`: its signature is whole, the bytes are not.
    """
    job = sealed.get("claims", {}).get("job")
    trusted = sealed["state"] == "Trusted"
    if not (trusted or tampered) or not (is_uuid(job) and Job.objects.filter(pk=job, kind="generate").exists()):
        return []
    if trusted:
        return [{"kind": "archive", "says": SEALED}]
    changed = sealed.get("changed") or {}
    names = [f"in the archive {NAMED[kind]}: {', '.join(changed[kind])}" for kind in NAMED if changed.get(kind)]
    return [{"kind": "archive", "says": BROKEN}, *({"kind": "archive files", "says": said} for said in names)]
