"""Why set-up or a start cannot go on: one sentence and a way out, never a traceback."""

from __future__ import annotations

from models_store.errors import ProductError


class CannotStart(ProductError):
    """Set-up or start cannot go on; the detail says why and what helps."""

    code, http_status = "cannot_start", 500


class PortTaken(CannotStart):
    """Another program listens on the port that KILNMARK_PORT names."""

    code = "port_taken"


class AlreadyRunning(CannotStart):
    """Another supervisor holds this home."""

    code = "already_running"


class PackagesMissing(CannotStart):
    """pip could not fetch or install what the lock files name."""

    code = "packages_missing"


class DiskTooSmall(CannotStart):
    """There is not enough free disk for the environment."""

    code = "disk_too_small"


class NoPermission(CannotStart):
    """The folder cannot be written by this user."""

    code = "no_permission"


class StepFailed(CannotStart):
    """A step of the demo did not hold."""

    code = "step_failed"
