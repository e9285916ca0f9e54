"""What guards and the line say of what they stop, in English: templates that desk/sentences.py finds again."""

from __future__ import annotations

from django.utils.translation import gettext_noop

TEMPLATES = (
    gettext_noop("It is nearer to an item of the training data than unrelated real items are."),
    gettext_noop("It contains a word of the list (number %(number)s)."),
    gettext_noop("It contains a pattern of the list (number %(number)s)."),
    gettext_noop("It looks unsafe."),
    gettext_noop("All items were withheld by %(guards)s."),
    gettext_noop("%(near)s of %(checked)s items looked at are near copies of the training data."),
    gettext_noop("The project limits near copies, and nobody can say how many this model makes."),
    gettext_noop("The guard %(guard)s does not work here: %(why)s."),
    gettext_noop("The open-nsfw network is not available here: %(why)s."),
    gettext_noop("The open-nsfw network is not available here."),
    gettext_noop("the package %(package)s is not installed"),
    gettext_noop("The near-copy index cannot be read."),
    gettext_noop("The file of open-nsfw is not the one known."),
    gettext_noop("a rate of at most %(rate)s"),
    gettext_noop("a guard that works"),
    gettext_noop("a model of %(kinds)s with a near-copy index"),
    gettext_noop("a model of %(kind)s without one"),
    gettext_noop("There is nothing that was learned from."),
    gettext_noop("This job has no picture of near copies that you may see."),
    gettext_noop("This job shows no data."),
)
