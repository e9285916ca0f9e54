"""The curves of a job: what its metric events say, by name and step."""

from __future__ import annotations

from jobs.models import Job

Curves = dict[str, list[list[float]]]


def curves(job: Job) -> Curves:
    """Points [step, value] of each name, by step; a step that was done twice counts once, as it was done last."""
    found: dict[str, dict[int, float]] = {}
    for said in job.events.filter(type="metric").order_by("pk").values_list("data", flat=True).iterator():
        for name, value in said["values"].items():
            found.setdefault(name, {})[said["step"]] = value
    return {name: [list(point) for point in sorted(points.items())] for name, points in found.items()}


def event_file(job: Job) -> str | None:
    """The SHA-256 of the file that TensorBoard opens: of the whole training, else as its last saved state has it."""
    return job.result.get("tensorboard_sha256") or job.checkpoint.get("files", {}).get("events.tfevents")


def thinned(points: list[list[float]], most: int) -> list[list[float]]:
    """At most so many points (2 or more), evenly chosen, with the first and the last among them."""
    if len(points) <= most:
        return points
    return [points[round(place * (len(points) - 1) / (most - 1))] for place in range(most)]
