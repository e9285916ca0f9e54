"""Celery entry: `celery -A workers.app worker -Q train.cpu -P threads -c 1`. Torch is the children's."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [path for path in (str(ROOT / "platform"), str(ROOT)) if path not in sys.path]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")  # they load every address of the web side; set-up and web run them

import django  # noqa: E402
from django.conf import settings  # noqa: E402

WITHOUT_PAGES = {"desk.web_admin.WebAdmin": "django.contrib.admin.apps.SimpleAdminConfig"}
settings.INSTALLED_APPS = [WITHOUT_PAGES.get(name, name) for name in settings.INSTALLED_APPS]  # 20 MB less
django.setup()

from config.celery import configure  # noqa: E402

app = configure()

from workers.tasks import poll, work  # noqa: E402, F401  (registers the task)

app.steps["worker"].add(poll.Poller)
