"""What the page of one artifact says."""

from __future__ import annotations

import json
from typing import Any

from accounts.models import Role, User
from accounts.services import holds
from catalog.models import Stage
from desk.artifact.again import again_url, differs_by_mark, twins
from desk.artifact.marks import marks_in_words
from desk.artifact.viewer import NOTHING, told, viewer_of
from desk.job.parameter_fields import named_parameters
from desk.job.ran import in_words
from desk.review.facts import flags_of
from desk.review.legal_hold_note import legal_hold_note
from desk.words.sentences import sentence
from lineage import manifests
from lineage.consequences import revocation_of
from lineage.models import Artifact
from lineage.reads import artifact_read
from models_store.errors import ProductError
from models_store.manifest import write_manifest


def about(artifact: Artifact, reader: User) -> dict[str, Any]:
    """Everything for pages/artifact/page.html; what was read of its content is counted."""
    reviewed = flags_of(artifact, reader)
    viewer = viewer_of(artifact.media_type)
    is_away = reviewed["hidden"] or artifact.expired_at is not None
    said = {} if is_away else told(artifact, viewer.page)
    if viewer.reads and said and NOTHING not in said:
        artifact_read(artifact, reader)
    mine = Artifact.objects.filter(job=artifact.job_id)
    return {
        "title": f"{artifact.job} #{artifact.index}",
        "artifact": artifact,
        "stage_then": Stage(artifact.stage).label,
        "revoked": revocation_of(artifact.model_version),
        "viewer": viewer,
        "is_away": is_away,
        "said": said,
        "is_worded": artifact.job.params.get("visible_label", "none") in ("en", "zh"),
        **reviewed,
        "marks": marks_in_words(artifact),
        "before": mine.filter(index__lt=artifact.index).order_by("-index").first(),
        "after": mine.filter(index__gt=artifact.index).order_by("index").first(),
        "in_log": artifact.leaf is not None and artifact.leaf.index is not None,
        "again": again_url(artifact) if holds(reader, artifact.project, Role.SUBMITTER) else "",
        "twins": twins(artifact, reader),
        "differs_by_mark": differs_by_mark(artifact),
        **_manifest(artifact),
        **legal_hold_note(reader, artifact.project, "artifact", artifact.pk),
    }


def _manifest(artifact: Artifact) -> dict[str, Any]:
    """What made it: the lines that people ask for, and the whole; nothing where the model's own record is damaged."""
    try:
        manifest = manifests.of_artifact(artifact)
    except ProductError as error:
        return {"manifest_fails": sentence(error)}
    raw = json.loads(write_manifest(manifest))
    return {
        "rights": manifest.rights,
        "ran_on": in_words(dict(manifest.ran_on)),
        "params": named_parameters(artifact.job),
        "raw_manifest": json.dumps(raw, indent=1, ensure_ascii=False, sort_keys=True),
    }
