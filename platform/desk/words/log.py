"""What is said of a log that does not fit itself, in its alarms and by its self-check."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

TEMPLATES = (
    _("events wait for their place in the log for more than a minute; see a worker's log"),
    _("the log's self-check found problems: %(why)s"),
    _("the log's past was changed, no further head is signed: %(why)s"),
    _("signed heads of the log cannot be written to their folder: %(what)s"),
    _("The stored tree does not begin with the tree that was signed last; no new head is signed over it."),
    _("The stored tree lacks a node that it must have."),
    _("event %(place)s: its leaf is no JSON"),
    _("event %(place)s: its row and its leaf differ in %(what)s"),
    _("event %(place)s: its %(what)s is not what its leaf commits to"),
    _("event %(place)s: the counts beside it are not those that its leaf speaks of"),
    _("event %(place)s: the name in count %(number)s is not what it commits to"),
    _("event %(place)s is not there"),
    _("event %(place)s: it cannot be read: %(what)s"),
    _("event %(place)s: its counts cannot be read: %(what)s"),
    _("head %(size)s cannot be read: %(what)s"),
    _("the tree's node %(place)s does not follow from the leaves"),
    _("the tree has %(size)s leaves, but there are %(got)s events"),
    _("head %(size)s: its root is not that of the log's first %(same)s events"),
    _("head %(size)s: the log holds %(got)s events only"),
    _("head %(size)s: %(why)s"),
    _("details of %(gone)s events are gone, but the log says that %(told)s were erased"),
    _("the exported head %(name)s is not that of the log: its past was rewritten"),
    _("the exported head %(name)s covers more than the %(size)s events of the log"),
    _("the exported head %(name)s cannot be read: %(what)s"),
)
