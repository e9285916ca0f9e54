"""What runs in containers is what runs under the supervisor, as nobody's root, with nobody's default secret."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from dockerfile import COMPOSE, FOLDER, Dockerfile, compose, is_sent

from deploy import processes
from deploy.home import ROOT

FILES = sorted(FOLDER.glob("*.Dockerfile"))
SERVICES: dict[str, dict[str, Any]] = compose()["services"]
OURS = {name: one for name, one in SERVICES.items() if "build" in one}
ONE_OFF = {name for name, one in SERVICES.items() if one["restart"] == "no"}
SECRET = re.compile(r"PASSWORD|SECRET")
READS = re.compile(r"""env\.\w+\(\s*["'](\w+)["']""")
NOT_SAID = {"KILNMARK_HOME", "KILNMARK_KEYS"}  # the images say them


def user_of(service: dict[str, Any]) -> str:
    """Who a service runs as."""
    if "build" not in service:
        return str(service["user"])
    return Dockerfile.read(ROOT / service["build"]["dockerfile"]).all("USER")[-1]


def command_of(service: dict[str, Any]) -> tuple[str, ...]:
    """What a service of ours runs."""
    said = service.get("command")
    return tuple(said.split()) if said else Dockerfile.read(ROOT / service["build"]["dockerfile"]).command


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_copied_file_exists_and_reaches_the_build(file: Path) -> None:
    sources = Dockerfile.read(file).sources
    assert [name for name in sources if not (ROOT / name).exists() or not is_sent(name)] == []


@pytest.mark.parametrize("name", [".git", ".env", "var", ".venv", "tests", "docs"])
def test_what_no_image_needs_is_not_sent(name: str) -> None:
    assert not is_sent(name)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_image_takes_exact_versions_of_its_base_and_no_package_by_name(file: Path) -> None:
    made = Dockerfile.read(file)
    assert re.fullmatch(r"python:3\.11-slim-\w+", made.all("FROM")[-1])
    installs = re.findall(r"pip install ([^&]+)", " ".join(made.all("RUN")))
    assert [one for one in installs if "requirements" not in one and "$lock" not in one] == []


def test_the_web_image_installs_the_lock_of_the_web_side_alone() -> None:
    made = Dockerfile.read(FOLDER / "web.Dockerfile")
    installed = re.findall(r"requirements[\w-]*\.lock", " ".join(made.all("RUN")))
    assert installed == ["requirements-web.lock"]
    assert "workers" not in made.sources


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_no_service_runs_as_root(name: str) -> None:
    assert user_of(SERVICES[name]).partition(":")[0] not in {"", "0", "root"}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_no_service_can_gain_rights(name: str) -> None:
    one = SERVICES[name]
    assert (one["cap_drop"], one["security_opt"]) == (["ALL"], ["no-new-privileges:true"])


def test_the_web_service_runs_what_the_supervisor_runs() -> None:
    assert command_of(SERVICES["web"]) == processes.web("python", "--host", "0.0.0.0", "--port", "8000").command


@pytest.mark.parametrize(("name", "queue"), [("train", "train.cpu"), ("generate", "generate.cpu"), ("io", "io")])
def test_a_worker_runs_what_the_supervisor_runs(name: str, queue: str) -> None:
    assert command_of(SERVICES[name]) == processes.worker("python", name, queue, 1).command


@pytest.mark.parametrize("name", ["train", "generate", "io"])
def test_a_worker_is_asked_by_its_own_name(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][1].endswith(f" -d {name}@$$(hostname)")


@pytest.mark.parametrize("name", ["train", "generate"])
def test_with_a_gpu_a_worker_takes_the_queue_of_the_gpu(name: str) -> None:
    said = compose(FOLDER / "gpu.yml")["services"][name]
    assert tuple(said["command"].split()) == processes.worker("python", name, f"{name}.cuda", 1).command
    assert said["build"]["args"]["DEVICE"] == said["environment"]["KILNMARK_DEVICE"] == "cuda"


def test_with_a_gpu_every_process_knows_the_device_and_every_worker_image_is_built_for_it() -> None:
    said = compose(FOLDER / "gpu.yml")["services"]
    users = {name for name, one in OURS.items() if "environment" in one}
    assert {name for name, one in said.items() if one["environment"]["KILNMARK_DEVICE"] == "cuda"} == users
    built = {name for name, one in OURS.items() if one["image"] == "kilnmark-worker"}
    assert {name for name, one in said.items() if "build" in one} == built


def test_an_image_is_built_the_same_way_by_every_service_that_uses_it() -> None:
    ways: dict[str, list[Any]] = {}
    for one in OURS.values():
        ways.setdefault(one["image"], []).append(one["build"])
    assert all(way == first for first, *others in ways.values() for way in others)


def test_a_secret_that_is_not_given_stops_the_start_with_a_word() -> None:
    named = re.findall(r"\$\{(\w+)(:\?[^}]+)?", COMPOSE.read_text())
    assert [name for name, refusal in named if SECRET.search(name) and not refusal] == []


def test_no_secret_stands_in_the_file() -> None:
    said = {key: value for one in SERVICES.values() for key, value in one.get("environment", {}).items()}
    assert [key for key, value in said.items() if SECRET.search(key) and not value.startswith("${")] == []


def test_every_setting_reaches_the_containers() -> None:
    settings = (ROOT / "platform" / "config" / "settings.py").read_text()
    assert set(READS.findall(settings)) - NOT_SAID - set(SERVICES["web"]["environment"]) == set()


@pytest.mark.parametrize("name", sorted(set(SERVICES) - ONE_OFF))
def test_whatever_stays_says_how_it_is(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}


@pytest.mark.parametrize("name", ["web", "train", "generate", "io"])
def test_nothing_of_ours_starts_before_set_up_is_complete(name: str) -> None:
    assert SERVICES[name]["depends_on"] == {"setup": {"condition": "service_completed_successfully"}}


def test_only_the_web_service_is_reached_from_outside_and_only_from_this_machine() -> None:
    published = {name: one["ports"] for name, one in SERVICES.items() if "ports" in one}
    assert published == {"web": ["127.0.0.1:${KILNMARK_PORT:-8000}:8000"]}


def test_every_volume_is_named() -> None:
    mounts = {volume.partition(":")[0] for one in SERVICES.values() for volume in one["volumes"]}
    assert mounts == set(compose()["volumes"])


def test_a_worker_is_given_longer_to_stop_than_it_takes() -> None:
    longest_s = processes.worker_grace_s({"KILNMARK_STOP_GRACE_S": "3600"})
    assert int(SERVICES["train"]["stop_grace_period"].removesuffix("m")) * 60 > longest_s
