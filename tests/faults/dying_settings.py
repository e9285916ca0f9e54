"""The settings of production, and the failpoint of dying.py; for the web process of the faults' tests."""

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS as PRODUCTION

INSTALLED_APPS = [*PRODUCTION, "tests.faults.dying.Dying"]
