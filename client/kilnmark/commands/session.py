"""A client for the login that was chosen."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from kilnmark.commands import says

if TYPE_CHECKING:
    from kilnmark import Client


def connected(profile: str | None = None) -> Client:
    """A client, used with `with`; warnings of the library become one line on standard error."""
    from kilnmark.client import Client  # HTTP is loaded when it is wanted

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        client = Client(profile=profile)
    for warning in caught:
        says.fault(str(warning.message), kind="warning")
    return client
