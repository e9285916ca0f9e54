"""What viewers say of a file that they cannot show."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

TEMPLATES = (
    _("The file cannot be shown; it can still be downloaded."),
    _("a standard MIDI file"),
    _("format 0 or 1"),
    _("8 or 16 bits"),
    _("a table as CSV"),
    _("a molecule in V2000"),
    _("a whole molecule"),
    _("1 to %(count)s atoms"),
)
