"""What operations are called in the OpenAPI document: a generator of clients makes its functions from these names."""

from __future__ import annotations

VERBS = {"GET": "get", "POST": "create", "PUT": "set", "PATCH": "change", "DELETE": "delete"}
NAMES = {  # where the path has no word for what is done
    "POST /jobs": "submit_job",
    "POST /jobs/bulk": "change_jobs",
    "POST /datasets": "declare_dataset",
    "POST /datasets/{id}/versions": "bring_dataset_version",
    "POST /uploads": "begin_upload",
    "PATCH /uploads/{id}": "send_upload_piece",
    "DELETE /uploads/{id}": "give_up_upload",
    "POST /aliases": "propose_alias",
    "POST /reviews": "decide_review",
    "POST /verify": "verify_file",
    "GET /verify/{id}": "get_verdict",
    "GET /verify/trust": "get_trust_bundle",
    "POST /audit/self-check": "start_audit_self_check",
    "DELETE /tokens/{id}": "revoke_token",
    "PUT /projects/{id}/policies/{name}": "set_project_policy",
    "DELETE /projects/{id}/policies/{name}": "clear_project_policy",
    "GET /jobs/{id}/near-copies": "get_job_near_copies",
}


def name_of(method: str, path: str, *, listed: bool) -> str:
    """The name of an operation: list_jobs, get_job, cancel_job, get_job_archive_proof; `path` begins after /api/v1."""
    if said := NAMES.get(f"{method} {path}"):
        return said
    things: list[str] = []  # nouns that the path walks through, each in the singular once one of them is named
    rest: list[str] = []
    for part in path.strip("/").split("/"):
        if not part.startswith("{"):
            rest.append(part.replace("-", "_"))
        elif rest:
            things += [*rest[:-1], singular(rest[-1])]
            rest = []
        else:
            things.append(part.strip("{}"))
    if method == "GET" and listed:
        return "_".join(["list", *things, *rest])
    if method == "POST" and rest and rest[-1] == singular(rest[-1]):
        return "_".join([rest[-1], *things, *rest[:-1]])
    if rest and method != "GET":
        rest[-1] = singular(rest[-1])
    return "_".join([VERBS[method], *things, *rest])


def singular(word: str) -> str:
    """One of them: policies -> policy, aliases -> alias, jobs -> job."""
    for ending, instead in (("ies", "y"), ("ses", "s"), ("ss", "ss"), ("s", "")):
        if word.endswith(ending):
            return word.removesuffix(ending) + instead
    return word
