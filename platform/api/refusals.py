"""Which codes may come with which status: what every operation may refuse, and what some refuse besides.

Each answer that a test of REST gets is held against this (tests/api/document_fit.py): a missing code fails there.
"""

from __future__ import annotations

from collections.abc import Mapping

Codes = Mapping[int, tuple[str, ...]]

EVERYWHERE: Codes = {
    400: ("malformed",),
    401: ("account_closed", "authentication_failed", "not_authenticated", "token_expired", "token_revoked"),
    403: ("forbidden", "scope_missing"),
    422: ("invalid_input", "unknown_field"),
    429: ("rate_limited",),
    500: ("internal_error",),
    503: ("database_busy",),
}
OPEN: Codes = {400: ("malformed",), 429: ("rate_limited",), 500: ("internal_error",), 503: ("database_busy",)}
NAMED: Codes = {404: ("not_found",)}  # something of the path, of the query or of the body
BODY: Codes = {413: ("too_large",), 415: ("unsupported_media_type",), 422: ("digest_mismatch",)}
CHANGES: Codes = {507: ("disk_full",)}
BYTES: Codes = {500: ("integrity_failure",)}
RANGES: Codes = {416: ("range_not_satisfiable",)}
KEPT: Codes = {409: ("idempotency_conflict",)}  # a key that is kept with the job
KEYED: Codes = {409: ("idempotency_conflict", "idempotency_in_progress")}
MATCHED: Codes = {412: ("precondition_failed",)}
MEANINGS = {
    400: "The request cannot be understood.",
    401: "Nobody, or nobody who is known, asks.",
    403: "You, or your token, may not do that.",
    404: "There is nothing of that name that you may see.",
    409: "It does not fit the state that things are in.",
    410: "It was there, and is gone for good.",
    412: "It is not as the request supposes.",
    413: "The body is too large.",
    415: "The body is of a media type that is not taken here.",
    416: "The file has no such part.",
    422: "The request is understood and cannot be done: `field` says where it is wrong.",
    423: "Somebody else is writing it.",
    429: "Too many requests: `Retry-After` says when to come again.",
    460: "The bytes are not those of the checksum.",
    500: "A fault of the platform, which its log has under the request id.",
    503: "The platform is busy: the same request may succeed after `Retry-After`.",
    507: "The disk of the platform is full.",
}

MODELS: Codes = {404: ("unknown_alias",), 409: ("alias_unusable",), 422: ("ambiguous_name",)}
STEERED: Codes = {409: ("illegal_transition",)}
DECIDED: Codes = {
    403: ("four_eyes",),
    409: ("already_decided", "illegal_transition", "legal_hold", "nothing_to_confirm", "conflict"),
}
GONE: Codes = {410: ("expired", "withdrawn")}
PROVED: Codes = {409: ("not_in_log_yet",)}
HOURS: Codes = {
    409: ("conflict",),
    422: (
        "empty_hours", "invalid_date", "invalid_time", "no_opening_hours", "overlapping_exception",
        "overlapping_hours", "unknown_day", "unknown_zone",
    ),
}  # fmt: skip
SUBMITTED: Codes = {
    404: ("not_found", "unknown_alias"),
    409: (
        "alias_unusable", "conflict", "data_erased", "earlier_job_ended", "expired", "legal_hold", "model_unusable",
        "quota_storage", "resume_refused",
    ),
    422: (
        "ambiguous_name", "cannot_inspect", "dataset_not_ready", "given_twice", "guard_missing", "invalid_parameter",
        "label_does_not_fit", "longer_than_window", "needs_parent", "no_classes", "not_interpolable", "not_released",
        "other_queue", "parent_mismatch", "path_unusable", "policy_refuses", "prompt_too_long", "too_few_items",
        "unknown_characters", "unknown_class", "unknown_family", "unknown_input", "unknown_kind", "unknown_metric",
        "unknown_parameter", "wrong_input", "wrong_modality", "wrong_product", "wrong_shape",
    ),
}  # fmt: skip
READ_BY_A_JOB: Codes = {
    422: ("archive_damaged", "archive_entries", "archive_member", "archive_refused", "archive_size", "unsafe_name")
}
BROUGHT: Codes = {
    409: ("data_erased", "quota_storage", "upload_incomplete"),
    410: ("upload_expired",),
    422: (
        *READ_BY_A_JOB[422], "dataset_not_ready", "empty_file", "invalid_parameter", "unknown_parameter",
        "wrong_file_type",
    ),
    423: ("upload_locked",),
}  # fmt: skip
TUS: Codes = {412: ("tus_version",), 413: ("too_large",)}
OF: Mapping[str, tuple[Codes, ...]] = {
    "POST /jobs": (SUBMITTED,),
    "POST /jobs/{id}/clone": (SUBMITTED,),
    "POST /schedules/{id}/run": (SUBMITTED,),
    "POST /schedules": (SUBMITTED, HOURS),
    "PATCH /schedules/{id}": (SUBMITTED, HOURS),
    "POST /schedules/{id}/pause": (STEERED,),
    "POST /schedules/{id}/resume": (STEERED,),
    "GET /windows": (NAMED,),
    "POST /windows": (NAMED, HOURS),
    "PATCH /windows/{id}": (HOURS,),
    "DELETE /windows/{id}": ({409: ("window_in_use",)},),
    "GET /webhooks": (NAMED,),
    "POST /webhooks": (NAMED, {409: ("conflict", "too_many_webhooks")}),
    "PATCH /webhooks/{id}": ({409: ("conflict",)},),
    "POST /webhooks/{id}/resume": ({409: ("webhook_unanswered",)},),
    "POST /webhooks/{id}/ping": ({409: ("webhook_paused",)},),
    "POST /webhooks/{id}/replay": ({409: ("webhook_paused",), 422: ("too_many_deliveries",)},),
    "POST /webhooks/{id}/deliveries/{delivery}/replay": ({409: ("webhook_paused",)},),
    "PATCH /jobs/{id}": (STEERED,),
    "POST /jobs/{id}/cancel": (STEERED,),
    "POST /jobs/{id}/pause": (STEERED,),
    "POST /jobs/{id}/resume": (STEERED, SUBMITTED),
    "POST /jobs/{id}/retry": (STEERED, SUBMITTED),
    "POST /jobs/{id}/move": (STEERED, {409: ("too_far",), 422: ("other_queue",)}),
    "POST /jobs/bulk": (NAMED,),
    "GET /jobs/{id}/logs": ({410: ("expired",)},),
    "GET /jobs/{id}/archive": (GONE,),
    "GET /jobs/{id}/archive/proof": ({410: ("expired",)},),
    "GET /jobs/{id}/sheet": (GONE,),
    "GET /jobs/{id}/scores": (GONE,),
    "GET /jobs/{id}/near-copies": (GONE,),
    "GET /jobs/{id}/evidence": (PROVED, GONE),
    "POST /queues/{queue}/pause": ({403: ("operator_needed",)},),
    "POST /queues/{queue}/resume": ({403: ("operator_needed",)},),
    "GET /models": (NAMED,),
    "GET /models/{id}": (MODELS,),
    "GET /artifacts": (MODELS,),
    "GET /aliases": (MODELS,),
    "GET /aliases/{id}": (MODELS,),
    "POST /aliases": (
        NAMED, MODELS,
        {409: ("already_proposed", "not_approved"), 422: ("given_twice", "unknown_alias", "wrong_model")},
    ),
    "GET /artifacts/{id}/content": (GONE,),
    "GET /artifacts/{id}/credential": (GONE, {404: ("no_sidecar",)}),
    "GET /artifacts/{id}/label": (GONE, {404: ("no_sidecar",)}),
    "GET /artifacts/{id}/proof": (PROVED,),
    "GET /artifacts/{id}/evidence": (PROVED, GONE),
    "POST /artifacts/{id}/flag": ({409: ("withdrawn_already",)},),
    "POST /artifacts/{id}/withdraw": (DECIDED, {409: ("withdrawn_already",)}),
    "POST /reviews": (
        DECIDED,
        {
            404: ("not_found",),
            409: ("dataset_not_ready", "data_erased", "model_unusable", "not_approved", "withdrawn_already"),
        },
    ),
    "POST /legal-holds": ({403: ("four_eyes",), 404: ("not_found",), 409: ("held_already", "data_erased", "expired")},),
    "POST /legal-holds/{id}/lift": ({403: ("four_eyes",), 409: ("illegal_transition",)},),
    "POST /datasets": (NAMED, {409: ("conflict",), 422: ("unknown_modality",)}),
    "POST /datasets/{id}/versions": (BROUGHT,),
    "POST /datasets/{id}/erase": ({409: ("erased_already", "in_use", "legal_hold")},),
    "POST /uploads": (
        TUS, {404: ("not_found",), 409: ("quota_storage",), 422: ("empty_file",), 429: ("too_many_uploads",)}
    ),
    "PATCH /uploads/{id}": (
        TUS,
        {409: ("quota_storage", "wrong_offset"), 410: ("upload_expired",), 423: ("upload_locked",)},
        {460: ("checksum_mismatch",)},
    ),
    "DELETE /uploads/{id}": (TUS, {410: ("upload_expired",), 423: ("upload_locked",)}),
    "GET /uploads/{id}": (TUS, {410: ("upload_expired",)}),  # HEAD speaks tus
    "POST /verify": (
        BROUGHT, NAMED, {422: ("cancelled", "verification_failed"), 429: ("too_many_requests",)},
    ),
    "GET /verify/{id}": (READ_BY_A_JOB, {422: ("cancelled", "verification_failed")}),
    "GET /audit/tree-head": (PROVED,),
    "GET /audit/export": (PROVED, BYTES),
    "GET /audit/self-check": (NAMED,),
    "GET /audit/counts/{id}/proof": (PROVED,),
    "GET /audit/proof/inclusion": (NAMED, PROVED),
    "GET /audit/proof/consistency": (PROVED,),
    "POST /projects": ({403: ("superuser_needed",), 409: ("conflict",)},),
    "PATCH /projects/{id}": ({403: ("operator_needed",)},),
    "PUT /projects/{id}/policies/{name}": (
        {422: ("guard_missing", "invalid_parameter", "unknown_family", "unknown_kind", "unknown_parameter")},
    ),
}  # fmt: skip


def joined(*several: Codes) -> dict[int, tuple[str, ...]]:
    """All of them, each code once, by status."""
    found: dict[int, list[str]] = {}
    for codes in several:
        for status, names in codes.items():
            found.setdefault(status, []).extend(names)
    return {status: tuple(sorted(set(found[status]))) for status in sorted(found)}


def of_route(method: str, path: str) -> tuple[Codes, ...]:
    """What an operation refuses besides; whatever is asked of a version or of an alias may name them wrongly."""
    named = MODELS if "/versions/{number}/" in f"{path}/" and path.startswith("/models") else {}
    decided = DECIDED if path.endswith(("/approve", "/reject", "/retire", "/revoke", "/confirm", "/withdraw")) else {}
    alias = joined(MODELS, {409: ("nothing_proposed", "not_approved")}) if path.startswith("/aliases/{id}/") else {}
    return (*OF.get(f"{method} {path}", ()), named, decided if method == "POST" else {}, alias)
