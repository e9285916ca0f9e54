"""What no other viewer takes: its name and size, and the file to download."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from desk.artifact.viewer import Viewer

VIEWER = Viewer(name="other", title=_("Other file"), media_types=(), icon="draft", reads=False)
