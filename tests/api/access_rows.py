"""Who may call what over REST: one row for each route and method. `docs/roles.md` says the same for people.

A route or a method without a row fails test_access_matrix.py. A row names who is served, the scope that a token needs,
and a call: `{names}` in it are things of access_scene.py. Whoever is not served gets 403, or 404 where nothing of the
project is theirs to see (`unseen`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.api.access_scene import HOURS

INSIDE = frozenset({"viewer", "submitter", "reviewer", "owner", "service", "auditor", "operator", "root"})
OUTSIDE = frozenset({"stranger", "nobody"})
ALL = INSIDE | OUTSIDE  # who has an account
PEOPLE = ALL - {"service"}
MEMBERS = INSIDE - {"auditor", "operator"}
SUBMITS = frozenset({"submitter", "reviewer", "owner", "service", "root"})
STEERS = SUBMITS | {"operator"}
REVIEWS = frozenset({"reviewer", "owner", "root"})
OWNS = frozenset({"owner", "root"})
WATCHES = frozenset({"auditor", "operator", "root"})
RUNS = frozenset({"operator", "root"})
ROOT = frozenset({"root"})
MAKER = frozenset({"submitter"})  # who made most of what there is
OPEN = ALL | {"anonymous"}


@dataclass(frozen=True)
class Row:
    """One cell for each role. `gets` are further statuses that mean it was served; `form` is sent as a form."""

    who: frozenset[str]
    scope: str = "read"
    at: dict[str, str] = field(default_factory=dict)
    query: str = ""
    body: Any = None
    form: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    gets: tuple[int, ...] = ()
    unseen: frozenset[str] = OUTSIDE
    closed: tuple[int, ...] = ()  # what others than `who` get instead, where there is nothing to refuse


PLACES: dict[str, dict[str, str]] = {  # what the parts of a route stand for, by how the route begins
    "tokens/": {"id": "own_token"},
    "projects/": {"id": "project", "username": "member"},
    "projects/<uuid:id>/invitations/": {"id": "project", "username": "invited"},
    "service-accounts/": {"name": "account", "id": "service_token"},
    "datasets/": {"id": "dataset"},
    "uploads/": {"id": "upload"},
    "jobs/": {"id": "generated"},
    "queues/": {"queue": "queue"},
    "models/": {"id": "model"},
    "legal-holds/": {"id": "hold"},
    "aliases/": {"id": "alias"},
    "artifacts/": {"id": "artifact"},
    "verify/": {"id": "asked"},
    "webhooks/": {"id": "webhook", "delivery": "delivery"},
    "audit/counts/": {"id": "count"},
    "windows/": {"id": "window"},
    "schedules/": {"id": "schedule"},
}
FIXED = {"number": "1", "step": "200", "picture": "preview"}  # parts that stand for nothing of a project

DATA = {
    "source": "here", "licence": "CC0-1.0", "legal_basis": "ours", "contains_personal_data": False,
    "sensitive_attributes": [], "notes": "",
}  # fmt: skip
TRAIN = {"kind": "train", "family": "dcgan", "dataset_version": "{data}"}
SUNDAY = {"timezone": "UTC", "days": ["sun"], "at": "02:00"}
WHY = {"comment": "because"}
TUS = {"Tus-Resumable": "1.0.0"}
READ = Row(INSIDE)

ROWS: dict[str, Row] = {
    # --- open to whoever asks ------------------------------------------------------------------------------------
    "GET /healthz": Row(OPEN),
    "GET /readyz": Row(OPEN, gets=(503,)),
    "GET /api/schema/": Row(OPEN),
    "GET /api/docs/": Row(OPEN),
    "GET /metrics": Row(WATCHES, unseen=frozenset()),
    # --- one's own -----------------------------------------------------------------------------------------------
    "GET tokens": Row(ALL),
    "POST tokens": Row(PEOPLE, "admin", body={"name": "x"}, unseen=frozenset()),
    "DELETE tokens/<uuid:id>": Row(MAKER, "admin", unseen=ALL),
    "GET plugins": Row(ALL),
    "GET queues": Row(ALL),
    "GET digest": Row(ALL),
    # --- projects and people -------------------------------------------------------------------------------------
    "GET projects": Row(ALL),
    "POST projects": Row(ROOT, "admin", body={"name": "fresh"}, unseen=frozenset()),
    "GET projects/<uuid:id>": READ,
    "PATCH projects/<uuid:id>": Row(OWNS, "admin", body={"upload_days": 3}),
    "GET projects/<uuid:id>/events": READ,
    "GET projects/<uuid:id>/members": READ,
    "POST projects/<uuid:id>/members": Row(OWNS, "admin", body={"username": "{free}", "role": "viewer"}),
    "GET projects/<uuid:id>/members/<str:username>": READ,
    "PATCH projects/<uuid:id>/members/<str:username>": Row(OWNS, "admin", body={"role": "submitter"}),
    "DELETE projects/<uuid:id>/members/<str:username>": Row(OWNS, "admin"),
    "GET projects/<uuid:id>/invitations": Row(OWNS, "admin"),
    "POST projects/<uuid:id>/invitations": Row(ROOT, "admin", body={"username": "nina", "role": "viewer"}),
    "DELETE projects/<uuid:id>/invitations/<str:username>": Row(ROOT, "admin"),
    "GET service-accounts": Row(ALL),
    "POST service-accounts": Row(OWNS, "admin", body={"project": "{slug}", "name": "second"}),
    "GET service-accounts/<str:name>": Row(OWNS | WATCHES, unseen=ALL),
    "PATCH service-accounts/<str:name>": Row(OWNS, "admin", body={"answered_by": "{member}"}, unseen=ALL - WATCHES),
    "DELETE service-accounts/<str:name>": Row(OWNS, "admin", unseen=ALL - WATCHES),
    "GET service-accounts/<str:name>/tokens": Row(OWNS | WATCHES, unseen=ALL),
    "POST service-accounts/<str:name>/tokens": Row(OWNS, "admin", body={"scopes": []}, unseen=ALL - WATCHES),
    "DELETE service-accounts/<str:name>/tokens/<uuid:id>": Row(OWNS, "admin", unseen=ALL - WATCHES),
    "GET projects/<uuid:id>/policies": READ,
    "GET projects/<uuid:id>/policies/<slug:name>": Row(INSIDE, at={"name": "sample_review"}),
    "PUT projects/<uuid:id>/policies/<slug:name>": Row(
        OWNS, "admin", at={"name": "require_review"}, body={"params": {}}
    ),
    "DELETE projects/<uuid:id>/policies/<slug:name>": Row(OWNS, "admin", at={"name": "sample_review"}),
    # --- data ----------------------------------------------------------------------------------------------------
    "GET datasets": Row(ALL),
    "POST datasets": Row(
        SUBMITS, "submit", body={"project": "{slug}", "name": "x", "modality": "image", "declaration": DATA}
    ),
    "GET datasets/<uuid:id>": READ,
    "POST datasets/<uuid:id>/erase": Row(OWNS, "admin", body={"name": "{dataset_name}"}, gets=(409,)),
    "POST datasets/<uuid:id>/versions": Row(SUBMITS, "submit", body={"builtin": "digits"}),
    "GET datasets/<uuid:id>/versions/<int:number>": READ,
    "GET datasets/<uuid:id>/versions/<int:number>/shown/<str:name>": Row(
        INSIDE, at={"name": "none.png"}, gets=(404,), unseen=OUTSIDE
    ),
    "GET datasets/<uuid:id>/versions/<int:number>/<slug:picture>": READ,
    "POST uploads": Row(SUBMITS, "submit", headers=TUS | {"Upload-Length": "10", "Upload-Metadata": "{dataset|tus}"}),
    "GET uploads/<uuid:id>": Row(MAKER, unseen=ALL),
    "HEAD uploads/<uuid:id>": Row(MAKER, headers=TUS, unseen=ALL),
    "PATCH uploads/<uuid:id>": Row(MAKER, "submit", headers=TUS | {"Upload-Offset": "0"}, unseen=ALL),
    "DELETE uploads/<uuid:id>": Row(MAKER, "submit", headers=TUS, unseen=ALL),
    # --- jobs ----------------------------------------------------------------------------------------------------
    "GET jobs": Row(ALL),
    "POST jobs": Row(SUBMITS, "submit", body=TRAIN | {"window": "{window}", "after": ["{job}"]}),
    "POST jobs/bulk": Row(STEERS, "submit", body={"ids": ["{job}"], "action": "cancel"}, closed=(200,)),
    "GET jobs/<uuid:id>": READ,
    "PATCH jobs/<uuid:id>": Row(STEERS, "submit", at={"id": "{queued}"}, body={"priority": 3}),
    "POST jobs/<uuid:id>/cancel": Row(STEERS, "submit", at={"id": "{job}"}),
    "POST jobs/<uuid:id>/pause": Row(STEERS, "submit", at={"id": "{job}"}),
    "POST jobs/<uuid:id>/resume": Row(STEERS, "submit", at={"id": "{paused}"}),
    "POST jobs/<uuid:id>/retry": Row(STEERS, "submit", at={"id": "{failed}"}),
    "POST jobs/<uuid:id>/clone": Row(SUBMITS, "submit", at={"id": "{copied}"}, body={"window": "{window}"}),
    "POST jobs/<uuid:id>/move": Row(STEERS, "submit", at={"id": "{queued}"}, body={"before": "{other}"}),
    "GET jobs/<uuid:id>/events": READ,
    "GET jobs/<uuid:id>/metrics": READ,
    "GET jobs/<uuid:id>/logs": READ,
    "GET jobs/<uuid:id>/samples": READ,
    "GET jobs/<uuid:id>/samples/<int:step>": Row(INSIDE, at={"id": "{trained}"}),
    "GET jobs/<uuid:id>/manifest": READ,
    "GET jobs/<uuid:id>/archive": READ,
    "GET jobs/<uuid:id>/archive/proof": Row(INSIDE, gets=(404, 409)),
    "GET jobs/<uuid:id>/sheet": READ,
    "GET jobs/<uuid:id>/scores": Row(INSIDE, gets=(404,)),
    "GET jobs/<uuid:id>/near-copies": Row(INSIDE, gets=(404,)),
    "GET jobs/<uuid:id>/tensorboard": Row(INSIDE, at={"id": "{trained}"}, gets=(404,)),
    "GET jobs/<uuid:id>/evidence": Row(INSIDE, gets=(404, 409)),
    "POST queues/<str:queue>/pause": Row(RUNS, "admin", body={"reason": "repairs"}, unseen=frozenset()),
    "POST queues/<str:queue>/resume": Row(RUNS, "admin", unseen=frozenset()),
    # --- models and their names ----------------------------------------------------------------------------------
    "GET models": Row(ALL),
    "GET models/<str:id>": READ,
    "GET models/<str:id>/versions/<str:number>": READ,
    "POST models/<str:id>/versions/<str:number>/approve": Row(REVIEWS, "review", body=WHY),
    "POST models/<str:id>/versions/<str:number>/reject": Row(REVIEWS, "review", body=WHY),
    "POST models/<str:id>/versions/<str:number>/retire": Row(
        REVIEWS, "review", at={"id": "{approved_model}"}, body=WHY
    ),
    "POST models/<str:id>/versions/<str:number>/revoke": Row(REVIEWS, "review", body=WHY),
    "POST models/<str:id>/versions/<str:number>/confirm": Row(
        REVIEWS, "review", at={"id": "{approved_model}"}, body=WHY, gets=(409,)
    ),
    "GET models/<str:id>/versions/<str:number>/bundle": READ,
    "GET models/<str:id>/versions/<str:number>/card": READ,
    "GET models/<str:id>/versions/<str:number>/evidence": Row(INSIDE, gets=(404, 409)),
    "GET aliases": Row(ALL),
    "POST aliases": Row(
        SUBMITS, "submit", body={"name": "shown", "model": "{approved_model}", "version": "{approved}"}
    ),
    "GET aliases/<str:id>": READ,
    "POST aliases/<str:id>/approve": Row(REVIEWS, "review", body=WHY),
    "POST aliases/<str:id>/reject": Row(REVIEWS, "review", body=WHY),
    "POST aliases/<str:id>/withdraw": Row(MAKER, "submit", body=WHY),
    # --- what was made -------------------------------------------------------------------------------------------
    "GET artifacts": Row(ALL),
    "GET artifacts/<uuid:id>": READ,
    "GET artifacts/<uuid:id>/content": READ,
    "GET artifacts/<uuid:id>/credential": Row(INSIDE, gets=(404,)),
    "GET artifacts/<uuid:id>/label": Row(INSIDE, gets=(404,)),
    "GET artifacts/<uuid:id>/manifest": READ,
    "GET artifacts/<uuid:id>/proof": READ,
    "GET artifacts/<uuid:id>/evidence": Row(INSIDE, gets=(404, 409)),
    "POST artifacts/<uuid:id>/flag": Row(MEMBERS, "submit", body={"reason": "odd"}),
    "POST artifacts/<uuid:id>/withdraw": Row(REVIEWS, "review", body=WHY),
    "POST verify": Row(INSIDE, body={"project": "{slug}"}, form=True),
    "GET verify/trust": Row(ALL),
    "GET verify/<uuid:id>": READ,
    # --- who is told ---------------------------------------------------------------------------------------------
    "GET webhooks": Row(ALL),
    "POST webhooks": Row(OWNS, "admin", body={"project": "{slug}", "name": "w", "url": "https://example.org/w"}),
    "GET webhooks/<uuid:id>": Row(OWNS | WATCHES),
    "PATCH webhooks/<uuid:id>": Row(OWNS, "admin", body={"name": "v"}),
    "DELETE webhooks/<uuid:id>": Row(OWNS, "admin"),
    "POST webhooks/<uuid:id>/rotate": Row(OWNS, "admin"),
    "POST webhooks/<uuid:id>/ping": Row(OWNS, "admin"),
    "POST webhooks/<uuid:id>/pause": Row(OWNS | RUNS, "admin"),
    "POST webhooks/<uuid:id>/resume": Row(OWNS | RUNS, "admin"),
    "POST webhooks/<uuid:id>/replay": Row(OWNS, "admin", body={"delivery": "{delivery}"}),
    "GET webhooks/<uuid:id>/deliveries": Row(OWNS | WATCHES),
    "GET webhooks/<uuid:id>/deliveries/<uuid:delivery>": Row(OWNS | WATCHES),
    "POST webhooks/<uuid:id>/deliveries/<uuid:delivery>/replay": Row(OWNS, "admin"),
    # --- the log -------------------------------------------------------------------------------------------------
    "GET audit/events": Row(ALL),
    "GET audit/counts": Row(ALL),
    "GET audit/counts/<int:id>/proof": Row(REVIEWS | {"auditor"}, gets=(409,), unseen=ALL),
    "GET audit/self-check": Row(WATCHES, gets=(404,), unseen=frozenset()),
    "POST audit/self-check": Row(WATCHES, "admin", unseen=frozenset()),
    "GET audit/tree-head": Row(ALL),
    "GET audit/public-key": Row(ALL),
    "GET audit/export": Row(frozenset({"auditor", "root"}), unseen=frozenset()),
    "GET audit/proof/inclusion": Row(INSIDE, query="event={event}"),
    "GET audit/proof/consistency": Row(ALL, query="first=1"),
    # --- decisions -----------------------------------------------------------------------------------------------
    "GET reviews": Row(ALL),
    "POST reviews": Row(
        REVIEWS, "review",
        body={"subject_kind": "model_version", "subject": "{version}", "decision": "approve", "comment": "x"},
    ),
    "GET legal-holds": Row(ALL),
    "POST legal-holds": Row(
        REVIEWS, "review", body={"subject_kind": "artifact", "subject": "{artifact}", "reason": "x"}
    ),
    "POST legal-holds/<uuid:id>/lift": Row(REVIEWS, "review", body=WHY),
    # --- when ----------------------------------------------------------------------------------------------------
    "GET windows": Row(ALL),
    "POST windows": Row(SUBMITS, "submit", body={"project": "{slug}", "name": "w", "timezone": "UTC", "hours": HOURS}),
    "GET windows/<uuid:id>": READ,
    "PATCH windows/<uuid:id>": Row(SUBMITS, "submit", body={"name": "v"}),
    "DELETE windows/<uuid:id>": Row(SUBMITS, "submit"),
    "GET schedules": Row(ALL),
    "POST schedules": Row(
        SUBMITS, "submit", body=SUNDAY | {"project": "{slug}", "name": "s", "body": TRAIN | {"window": "{window}"}}
    ),
    "GET schedules/<uuid:id>": READ,
    "PATCH schedules/<uuid:id>": Row(SUBMITS, "submit", body={"body": TRAIN | {"window": "{window}"}}),
    "DELETE schedules/<uuid:id>": Row(SUBMITS, "submit"),
    "POST schedules/<uuid:id>/run": Row(SUBMITS, "submit"),
    "POST schedules/<uuid:id>/pause": Row(SUBMITS, "submit"),
    "POST schedules/<uuid:id>/resume": Row(SUBMITS, "submit", at={"id": "{resting}"}),
}  # fmt: skip
FILTERS = {  # words of lists that name a thing: the stranger's thing is refused or finds nothing
    "jobs": {"project": "{slug}", "model": "{model}", "window": "{window}", "schedule": "{schedule}"},
    "artifacts": {"job": "{generated}"},
    "datasets": {"project": "{slug}"},
    "models": {"project": "{slug}"},
    "aliases": {"project": "{slug}", "model": "{model}"},
    "service-accounts": {"project": "{slug}"},
    "webhooks": {"project": "{slug}"},
    "windows": {"project": "{slug}"},
    "schedules": {"project": "{slug}"},
    "reviews": {"project": "{slug}"},
    "legal-holds": {"project": "{slug}", "subject": "{trained}"},
    "audit/events": {"project": "{slug}"},
    "audit/counts": {"project": "{slug}"},
}
