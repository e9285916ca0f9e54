"""Figures for Prometheus, read from the rows at the time of the scrape."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from prometheus_client import GC_COLLECTOR, PLATFORM_COLLECTOR, PROCESS_COLLECTOR, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from api.log_figures import Log
from config import clock
from jobs.depth import COUNTED, depths, oldest
from jobs.models import Job, State


class Jobs(Collector):
    """How many jobs stand where, and how long the oldest one waits; of a crowd a scrape reads so many, no more."""

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing is asked of the database until there is a scrape."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Three families."""
        said = f"Jobs by kind and state: of each state the newest {COUNTED}."
        count = GaugeMetricFamily("kilnmark_jobs", said, labels=["kind", "state"])
        for state in State:
            newest = Job.objects.filter(state=state).order_by("-pk").values_list("kind", flat=True)[:COUNTED]
            for kind, number in Counter(newest).items():  # a database would read all jobs to join these with
                count.add_metric([kind, state], number)
        yield count
        depth = GaugeMetricFamily("kilnmark_queue_jobs", f"Queued jobs, counted up to {COUNTED}.", labels=["queue"])
        for queue, waiting in depths().items():
            depth.add_metric([queue], waiting.count)
        yield depth
        age = GaugeMetricFamily("kilnmark_queue_oldest_seconds", "Age of the oldest queued job.", labels=["queue"])
        for queue, since in oldest().items():
            age.add_metric([queue], max(0.0, (clock.now() - since).total_seconds()))
        yield age


registry = CollectorRegistry()
for collector in (Jobs(), Log(), PROCESS_COLLECTOR, PLATFORM_COLLECTOR, GC_COLLECTOR):
    registry.register(collector)


def figures() -> bytes:
    """The text format of Prometheus."""
    return generate_latest(registry)
