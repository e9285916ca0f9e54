"""The picture of made items beside the real ones they are nearest to: it shows the data, so it is kept with them.

It lies in the store of the project whose data it shows, and whoever has no rights on those data is told of none.
"""

from __future__ import annotations

from accounts.models import Project, Role, User
from accounts.services import holds
from jobs.models import Job
from models_store.errors import NotFound

SHA256 = "near_pairs_sha256"  # in the result of an evaluation
INPUT = "data"


def shown_project(job: Job) -> Project:
    """The project whose data the pairs of this job show; NotFound where it works on none."""
    row = job.inputs.select_related("dataset_version__dataset__project").filter(role=INPUT).first()
    if row is None or row.dataset_version is None:
        raise NotFound("This job shows no data.")
    return row.dataset_version.dataset.project


def may_see(user: User, job: Job) -> bool:
    """Whether there are pairs that the person may see: as a submitter at least, where the data are."""
    return bool(job.result.get(SHA256)) and holds(user, shown_project(job), Role.SUBMITTER)


def pairs_of(user: User, job: Job) -> tuple[Project, str]:
    """Where the picture lies, and its sha256; NotFound for whoever may not see it, as where there is none."""
    if not may_see(user, job):
        raise NotFound("This job has no picture of near copies that you may see.")
    return shown_project(job), str(job.result[SHA256])
