"""Licences that data often come under: offered while one types, each with what it allows in a few words."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

KNOWN = (
    ("CC0-1.0", _("public domain: anything goes")),
    ("PDDL-1.0", _("public domain for databases")),
    ("CC-BY-4.0", _("anything, with the author named")),
    ("CC-BY-SA-4.0", _("with the author named; what is made from it under the same licence")),
    ("CC-BY-NC-4.0", _("with the author named; nothing commercial")),
    ("CC-BY-NC-SA-4.0", _("nothing commercial; what is made from it under the same licence")),
    ("CC-BY-ND-4.0", _("no derivatives: policies usually refuse to train on it")),
    ("ODbL-1.0", _("databases: name the source, share what you derive alike")),
    ("ODC-By-1.0", _("databases: name the source")),
    ("MIT", _("anything, with the notice kept")),
    ("Apache-2.0", _("anything, with the notice kept; patents granted")),
    ("internal", _("your own data, for use inside your organisation")),
    ("all rights reserved", _("nothing is allowed without the owner's word: policies usually refuse it")),
)
