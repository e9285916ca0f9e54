"""Where Django looks for the admin's pages: each module registers those of its noun."""

from desk import (
    alias_admin,
    artifact_admin,
    count_admin,
    dataset_admin,
    digest_admin,
    job_admin,
    legal_hold_admin,
    log_admin,
    model_admin,
    people_admin,
    policy_admin,
    queue_admin,
    review_admin,
    schedule_admin,
    window_admin,
)

__all__ = [
    "alias_admin",
    "artifact_admin",
    "count_admin",
    "dataset_admin",
    "digest_admin",
    "job_admin",
    "legal_hold_admin",
    "log_admin",
    "model_admin",
    "people_admin",
    "policy_admin",
    "queue_admin",
    "review_admin",
    "schedule_admin",
    "window_admin",
]
