"""Figures for Prometheus, read from the rows at the time of the scrape."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, Min
from prometheus_client import GC_COLLECTOR, PLATFORM_COLLECTOR, PROCESS_COLLECTOR, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from config import clock
from jobs.models import Job, State


class Jobs(Collector):
    """How many jobs stand where, and how long the oldest one waits."""

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing is asked of the database until there is a scrape."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Three families."""
        count = GaugeMetricFamily("kilnmark_jobs", "Jobs by kind and state.", labels=["kind", "state"])
        for kind, state, number in Job.objects.order_by().values_list("kind", "state").annotate(n=Count("pk")):
            count.add_metric([kind, state], number)
        yield count
        depth = GaugeMetricFamily("kilnmark_queue_jobs", "Queued jobs.", labels=["queue"])
        age = GaugeMetricFamily("kilnmark_queue_oldest_seconds", "Age of the oldest queued job.", labels=["queue"])
        waiting = Job.objects.filter(state=State.QUEUED).order_by().values_list("queue")
        for queue, number, oldest in waiting.annotate(n=Count("pk"), oldest=Min("created_at")):
            depth.add_metric([queue], number)
            age.add_metric([queue], max(0.0, (clock.now() - oldest).total_seconds()))
        yield depth
        yield age


registry = CollectorRegistry()
for collector in (Jobs(), PROCESS_COLLECTOR, PLATFORM_COLLECTOR, GC_COLLECTOR):
    registry.register(collector)


def figures() -> bytes:
    """The text format of Prometheus."""
    return generate_latest(registry)
