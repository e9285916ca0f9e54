"""Figures of the audit log for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from audit import checking
from audit.alarms import standing, waiting_s
from audit.models import TreeHead
from audit.sequencer import tree_size
from config import clock


class Log(Collector):
    """How the log stands: alarms, size, the newest head, the newest self-check; a handful of look-ups by index."""

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing is asked of the database until there is a scrape."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Gauges without labels."""
        now, head, check = clock.now(), TreeHead.objects.first(), checking.newest()
        yield _gauge("kilnmark_log_alarms", "Alarms of the audit log that stand.", len(standing(now)))
        yield _gauge("kilnmark_log_events", "Events with a place in the log.", tree_size())
        yield _gauge("kilnmark_log_waiting_seconds", "Age of the oldest event without a place.", waiting_s(now))
        if head:
            yield _gauge("kilnmark_log_head_events", "Events that the newest signed head covers.", head.size)
            age = max(0.0, (now - head.at).total_seconds())
            yield _gauge("kilnmark_log_head_age_seconds", "Age of the newest signed head.", age)
        if check and check.finished_at:
            ended, found = check.finished_at.timestamp(), len(check.problems)
            yield _gauge("kilnmark_log_check_timestamp_seconds", "When the newest self-check ended.", ended)
            yield _gauge("kilnmark_log_check_problems", "Problems that the newest self-check found.", found)


def _gauge(name: str, said: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, said, value=value)
