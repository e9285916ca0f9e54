"""`make demo`: from a fresh machine to a proven picture, told through the REST API. Writes HOME/demo/report.json."""

from __future__ import annotations

import os
import signal
import sys
import zipfile
from pathlib import Path

import httpx

from deploy.demo_client import Client
from deploy.demo_platform import manage, running
from deploy.demo_report import Report
from deploy.demo_story import PROJECT, Story
from deploy.home import Home
from deploy.progress import Progress
from models_store.errors import ProductError

REVIEWER = "reviewer"
HISTORY_JOBS = 1000


def tell(url: str, home: Home, folder: Path, report: Report) -> None:
    """Every step in order; StepFailed at the first that does not hold."""
    manage(home, "adduser", REVIEWER, "--project", PROJECT, "--role", "reviewer")
    submitter, reviewer = (Client(url, manage(home, "token", user)) for user in ("admin", REVIEWER))
    story = Story(submitter, reviewer, folder, report)
    with report.step("history", f"1/7 other work: {HISTORY_JOBS:,} jobs in the history of project {PROJECT}"):
        manage(home, "seed_history", "--project", PROJECT, "--jobs", str(HISTORY_JOBS))
    with report.step("ingest", "2/7 data: 5,000 handwritten digits, declared, read, profiled"):
        dataset_version = story.ingest()
    with report.step("train", "3/7 training: a generative network on a Celery worker, exported to ONNX"):
        made = story.train(dataset_version)
    with report.step("evaluate", "4/7 quality: measured against real digits"):
        story.evaluate(made)
    with report.step("approve", "5/7 approval: a second person decides"):
        story.approve(made)
    with report.step("generate", "6/7 pictures: 256, each marked, labelled, signed, logged"):
        artifacts, archive = story.generate(made)
    with report.step("verify", "7/7 proof: is this ours?"):
        story.verify(artifacts[0], archive)  # a head is signed for the question; else within a minute
        story.proof(artifacts[0])


def main() -> int:
    """0 when every step held, else 1 with one sentence."""
    os.umask(0o077)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the platform is stopped then, too
    home = Home.from_environment(os.environ)
    started_at = os.environ.get("KILNMARK_STARTED_AT")
    progress = Progress(float(started_at) if started_at else None)
    report, folder = Report(progress), home.path / "demo"
    code = 1
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        progress.say("starting the platform ...")
        with running(home) as url:
            report.seconds["setup"] = round(progress.elapsed_s(), 2)
            progress.say(f"  ready at {url}/ (user admin, first password in {home.password_file})")
            tell(url, home, folder, report)
        code = 0
    except ProductError as stop:
        print(f"The demo stopped: {stop.detail} Logs: {home.logs}", file=sys.stderr)
    except (httpx.HTTPError, OSError, zipfile.BadZipFile) as stop:
        print(f"The demo stopped: {stop} ({type(stop).__name__}). Logs: {home.logs}", file=sys.stderr)
    except KeyError as stop:
        print(f"The demo stopped: an answer of the API has no {stop}. Logs: {home.logs}", file=sys.stderr)
    except KeyboardInterrupt:
        print("The demo was interrupted.", file=sys.stderr)
        code = 130
    report.write(folder / "report.json", code == 0)
    if code == 0:
        progress.say(f"every step held: {folder / 'report.json'}, {folder / 'samples.png'}")
        progress.say("next: `make up` keeps the platform running; README.md has a first tour")
    return code


if __name__ == "__main__":
    sys.exit(main())
