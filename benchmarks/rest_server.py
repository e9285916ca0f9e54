"""The web process of a prepared home with the bare views beside it: `python -m benchmarks.rest_server`.

Prints one line of JSON once it listens on the loopback: {url, token, member, model_version}; ends with SIGTERM.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from deploy.home import ROOT


def prepared() -> dict[str, str]:
    """A member of the first project with a token, and an approved model that was trained here; made where they are
    not.
    """
    from accounts.models import Membership, Project, User
    from accounts.services import issue_token
    from catalog.models import Model, ModelVersion, Stage
    from config import clock
    from jobs.models import Job, State

    project = Project.objects.earliest("created_at")
    user, _ = User.objects.get_or_create(username="measured")
    member, _ = Membership.objects.get_or_create(project=project, user=user, defaults={"role": "submitter"})
    model, _ = Model.objects.get_or_create(project=project, name="measured")
    now = clock.now()
    trained, _ = Job.objects.get_or_create(
        project=project, submitted_by=user, kind="train", state=State.SUCCEEDED, name="measured",
        defaults={"queue": "train.cpu", "family": "dcgan", "created_at": now, "started_at": now, "finished_at": now},
    )  # fmt: skip
    said = {"created_by": user, "family": "dcgan", "modality": "image", "sha256": "b" * 64, "files": {}}
    version, _ = ModelVersion.objects.get_or_create(model=model, number=1, defaults=said | {"job": trained})
    ModelVersion.objects.filter(pk=version.pk).update(stage=Stage.APPROVED)
    _, token = issue_token(user, name="measured")
    return {"token": token, "member": str(member.pk), "model_version": str(version.pk)}


def main() -> None:
    """Serve until somebody ends it."""
    sys.path[:0] = [str(ROOT / "platform")]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import uvicorn
    from django.conf import settings

    settings.ROOT_URLCONF = "benchmarks.bare_views"
    from config.asgi import application

    said: dict[str, Any] = prepared()

    class Server(uvicorn.Server):
        """Says where it listens."""

        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            port = self.servers[0].sockets[0].getsockname()[1]
            print(json.dumps(said | {"url": f"http://127.0.0.1:{port}"}), flush=True)

    Server(
        uvicorn.Config(
            application, http="config.request_head:BoundedHead", port=0, log_level="warning", access_log=False
        )
    ).run()


if __name__ == "__main__":
    main()
