"""The colours of the states of a data set version."""

from __future__ import annotations

from catalog.models import VersionState

COLOURS = {
    VersionState.PENDING: "info",
    VersionState.READY: "success",
    VersionState.FAILED: "danger",
    VersionState.ERASING: "warning",
    VersionState.ERASED: "default",
}
