"""Celery entry: `celery -A workers.app worker -Q train.cpu -P threads -c 1`. Torch is the children's."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [path for path in (str(ROOT / "platform"), str(ROOT)) if path not in sys.path]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django  # noqa: E402

django.setup()

from config.celery import configure  # noqa: E402

app = configure()

from workers.tasks import poll, work  # noqa: E402, F401  (registers the task)

app.steps["worker"].add(poll.Poller)
