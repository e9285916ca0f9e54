"""What is said of aliases, revoked models, legal holds, retention and erasure."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

TEMPLATES = (
    # aliases
    _("A second person must decide: you proposed this, trained the model or brought its data."),
    _("An alias is a short word."),
    _("An alias stands for approved versions only."),
    _("An alias stands for a version of its own model."),
    _("A proposal for this alias waits for a decision: decide on it first."),
    _("The proposal was decided on already."),
    _("%(alias)s stands for %(version)s already."),
    _("No proposal for %(alias)s waits for a decision."),
    _("%(model)s has no alias '%(name)s'."),
    _("The model %(model)s has no version or alias '%(name)s'."),
    _("%(alias)s stands for %(version)s, which was %(state)s: let it stand for another version."),
    _("There is no model version '%(name)s' that you may see."),
    _("More than one of your projects has a model called '%(name)s': name the project, or the model by its id."),
    _("%(alias)s is to stand for %(version)s"),
    _("an id, name@number or name@alias"),
    _("an alias of an approved version"),
    _("1 to 64 small letters, digits, - and _, and not a number"),
    _("Nobody knows yet: this lies ahead."),
    _("This is no date."),
    # models that were revoked
    _("The model %(model)s was revoked on %(day)s by %(who)s: %(comment)s"),
    _("The model %(model)s was trained on from %(parent)s, which was revoked on %(day)s by %(who)s: %(comment)s"),
    _("The model that made it was revoked on %(day)s: %(comment)s"),
    _("The model that made it was trained on from one that was revoked on %(day)s: %(comment)s"),
    _("No model that this one was trained on from was revoked since it was approved."),
    _(
        "held: %(parent)s, which %(model)s was trained on from, was revoked: a second person (a reviewer of the "
        "project) confirms %(again)s, or revokes it too"
    ),
    # what is kept and what goes
    _("Days are a whole number; 0 is for ever."),
    _("It was deleted on %(day)s: the project keeps such files for a limited time."),
    _("Files that the job needs were deleted: the project keeps them for a limited time. Submit it anew."),
    _("It is under a legal hold: nothing of it is deleted before that is lifted."),
    _(
        "It is under a legal hold, set by %(who)s on %(day)s (%(comment)s): nothing of it is deleted before that is "
        "lifted."
    ),
    _("It is under a legal hold already."),
    _("A second person must lift it: you set this legal hold."),
    _("The legal hold was lifted already."),
    _("Type the name of the data set."),
    _("Models stay or are revoked."),
    _("Jobs that have not ended work on it: cancel them, or wait for their end."),
    _("The data set was erased already."),
    _("The data set was erased: declare another one."),
    _("The data were erased: nothing can work on them any more."),
    _("its data set was erased"),
    _("a date (2026-05-03) or a time with its zone (2026-05-03T14:00:00Z)"),
)
