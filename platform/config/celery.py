"""The Celery application: it carries wake-ups, nothing else (the job row is the truth)."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

WORK = "workers.work"

app = Celery("kilnmark", set_as_current=True)


def configure() -> Celery:
    """Settings measured in the queue's design: early acknowledgement, no results, no retries, short timeouts."""
    from django.conf import settings

    app.conf.update(
        broker_url=settings.BROKER_URL,
        result_backend=None,
        task_ignore_result=True,
        task_acks_late=False,
        worker_prefetch_multiplier=1,
        task_publish_retry=False,
        task_create_missing_queues=True,
        broker_connection_max_retries=None,
        broker_connection_retry_on_startup=True,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_hijack_root_logger=False,
        worker_send_task_events=False,
        task_serializer="json",
        accept_content=["json"],
        broker_transport_options={
            "socket_timeout": 5,
            "socket_connect_timeout": 1,
            "health_check_interval": 5,
            "socket_keepalive": True,
        },
    )
    return app
