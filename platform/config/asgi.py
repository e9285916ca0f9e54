"""The web process: Django behind a bounded number of threads, static files, and waits that hold no thread."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [path for path in (str(ROOT / "platform"), str(ROOT)) if path not in sys.path]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django import setup  # noqa: E402
from django.conf import settings  # noqa: E402
from django.utils.module_loading import import_string  # noqa: E402

CONNECTIONS_FOR_S = 60  # how long a thread keeps its connection to the database
settings.DATABASES["default"] |= {"CONN_MAX_AGE": CONNECTIONS_FOR_S, "CONN_HEALTH_CHECKS": True}
setup(set_prefix=False)
django = import_string("api.threads.Threaded")()  # by name: config imports no app
application = import_string("api.gate.Gate")(django)
gc.collect()
gc.freeze()  # half a million objects that stay: looking at them again and again made single requests late
