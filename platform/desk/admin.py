"""Where Django looks for the admin's pages: each module registers those of its noun."""

from desk import (
    artifact_admin,
    dataset_admin,
    digest_admin,
    job_admin,
    log_admin,
    model_admin,
    people_admin,
    queue_admin,
    schedule_admin,
    window_admin,
)

__all__ = [
    "artifact_admin",
    "dataset_admin",
    "digest_admin",
    "job_admin",
    "log_admin",
    "model_admin",
    "people_admin",
    "queue_admin",
    "schedule_admin",
    "window_admin",
]
