"""A plain REST client for the demo: no code of the platform, only its published paths."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx

from deploy.errors import StepFailed

ENDED = frozenset({"succeeded", "failed", "errored", "cancelled"})
WAIT_S = 30
Job = dict[str, Any]


class Client:
    """One person's access: a base URL and a bearer token. Every refusal becomes StepFailed with the server's words."""

    def __init__(self, url: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self.url = url
        self.http = httpx.Client(base_url=f"{url}/api/v1/", headers=headers, timeout=WAIT_S + 30)

    def get(self, path: str, **query: Any) -> Any:
        """The JSON at a path below /api/v1/ (or at a full URL of this server)."""
        return self.checked(self.http.get(path, params=query or None)).json()

    def content(self, path: str) -> bytes:
        """The bytes at a path."""
        return self.checked(self.http.get(path, headers={"Accept": "*/*"}, follow_redirects=True)).content

    def post(self, path: str, body: Mapping[str, Any] | None = None, *, key: str = "") -> Any:
        """POST JSON; `key` makes a repeated call the same call."""
        headers = {"Idempotency-Key": key} if key else {}
        return self.checked(self.http.post(path, json=dict(body or {}), headers=headers)).json()

    def refusal(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The problem a POST is refused with; StepFailed when it is not refused."""
        answer = self.http.post(path, json=dict(body))
        if not answer.is_client_error:
            raise StepFailed(f"POST {path} should have been refused and was answered with {answer.status_code}.")
        return answer.json()

    def upload(self, path: str, name: str, data: bytes) -> Any:
        """POST one file as multipart."""
        return self.checked(self.http.post(path, files={"file": (name, data)})).json()

    def submit(self, body: Mapping[str, Any]) -> Job:
        """Submit a job twice under one key, as a client with a bad line would: it is one job."""
        key = str(uuid.uuid4())
        first, second = self.post("jobs", body, key=key), self.post("jobs", body, key=key)
        if first["id"] != second["id"]:
            raise StepFailed(
                "The same request under one Idempotency-Key made two jobs.", got=[first["id"], second["id"]]
            )
        return first

    def finished(self, job_id: str, on_progress: Callable[[Job], None] | None = None) -> Job:
        """The job once it has succeeded; StepFailed with its own reason where it ended otherwise."""
        while True:
            job = self.get(f"jobs/{job_id}", wait=WAIT_S)
            if job["state"] in ENDED:
                break
            if on_progress:
                on_progress(job)
        if job["state"] != "succeeded":
            error = job.get("error") or {}
            why = error.get("detail") or job.get("state_reason") or "no reason was given"
            raise StepFailed(f"Job {job_id} ({job['kind']}) ended {job['state']}: {why}", got=error.get("code"))
        return job

    def pages(self, path: str, **query: Any) -> Iterator[Any]:
        """Every result of a list, page after page."""
        page = self.get(path, **query)
        yield from page["results"]
        while page.get("next"):
            page = self.get(page["next"])
            yield from page["results"]

    @staticmethod
    def checked(answer: httpx.Response) -> httpx.Response:
        """The answer, if it is a good one."""
        if answer.is_success:
            return answer
        try:
            said = answer.json()
        except ValueError:
            said = {}
        place = f" (field {said['field']})" if said.get("field") else ""
        what = said.get("detail") or answer.reason_phrase
        where = f"{answer.request.method} {answer.request.url.path}"
        raise StepFailed(f"{where} was answered {answer.status_code}: {what}{place}", got=said.get("code"))
