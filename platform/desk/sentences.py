"""What services and workers say in English, in the reader's language.

Reasons of jobs and details of errors are stored and sent in English. The templates below are found again in such a
text, and their translation is filled with the same values; a text that fits none is shown as it stands.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_noop as _

from models_store.errors import ProductError

TEMPLATES = (
    # why a job stands where it stands
    _("waits for a free worker"),
    _("waits for window %(name)s, opens %(when)s"),
    _("waits for window %(name)s, which does not open again: give it hours"),
    _("held: needs approval of %(model)s by a second person (a reviewer of the project)"),
    _("cancelled by %(who)s"),
    _("cancel asked for by %(who)s"),
    _("paused by %(who)s"),
    _("pause asked for by %(who)s"),
    _("resumed by %(who)s"),
    _("tried again by %(who)s"),
    _("%(model)s was approved"),
    _("%(model)s was rejected: %(why)s"),
    _("%(model)s was retired: %(why)s"),
    _("%(model)s was revoked: %(why)s"),
    _("%(job)s left nothing to work on."),
    _("starts again: %(why)s"),
    _("cancelled; %(why)s"),
    _("%(count)s attempts in a row ended without progress; the last: %(why)s"),
    _("%(want)s asked for; state saved"),
    _("%(want)s asked for; ended by force (%(how)s)"),
    _("the worker was shut down; goes on from its saved state"),
    _("the worker was shut down (%(how)s)"),
    _("worker %(worker)s was not heard of in time"),
    _("the engine ended by %(how)s"),
    _("cancel"),
    _("pause"),
    _("%(job)s failed: %(why)s"),
    _("%(job)s ended with an error: %(why)s"),
    _("%(job)s was cancelled: %(why)s"),
    _("waits for %(jobs)s"),
    _("queue %(queue)s is paused by %(who)s; waiting there: %(count)s"),
    _("no worker listens to queue %(queue)s; waiting there: %(count)s"),
    # what keeps a job in the queue, and why nobody can say for how long
    _("queue %(queue)s is paused by %(who)s: %(words)s"),
    _("queue %(queue)s is paused by %(who)s"),
    _("no worker listens to queue %(queue)s"),
    _("waits behind one other"),
    _("waits behind %(count)s others"),
    _("no like job has run yet"),
    _("the queue is paused"),
    _("no worker listens"),
    _("a quota holds the project back"),
    _("it does not fit into its window"),
    # what an operator has to look at in the morning
    _("jobs that ended with a bug: %(count)s"),
    _("recurring job %(name)s was refused: %(why)s"),
    _("the log has stopped growing; see a worker's log for an alarm"),
    _("attempts that worker %(worker)s lost: %(count)s"),
    # what may be asked of a job's place, of many, of a queue
    _("Too many jobs stand before that place; change the priority instead."),
    _("at most %(count)s jobs before it"),
    _("A job moves among the waiting jobs of its own project and queue."),
    _("another job on %(queue)s"),
    _("The priority is a whole number."),
    _("Say which priority."),
    _("Say which jobs."),
    _("at least one filter"),
    _("There is no such action."),
    _("Say one of them."),
    _("There is no queue '%(name)s'."),
    _("This needs an operator of the platform."),
    _("A digest goes from one time to a later one."),
    _("This is no time."),
    _("at most %(count)s days"),
    # a training that went on: in parts, under changed conditions, or not at all
    _("out of memory at batch %(size)s, retrying at %(smaller)s"),
    _("The work needs more memory than there is."),
    _("The work needs more memory than there is, even one item at a time: take smaller networks or a larger device."),
    _("memory for one item"),
    _("the code of the family changed at step %(step)s"),
    _("the code of the training loop changed at step %(step)s"),
    _("the version of torch changed at step %(step)s"),
    _("the processor changed at step %(step)s"),
    _("the batch is computed in parts of %(count)s items from step %(step)s on"),
    _("a GPU may add up in another order than before step %(step)s"),
    _("not exactly the training that it would have been without interruption: %(why)s"),
    _("The saved state is of another format. Clone the job: the copy starts afresh."),
    _(
        "The saved state is of another version of this family, which cannot go on from it. Clone the job: the copy "
        "starts afresh."
    ),
    _("The saved state is that of another family. Clone the job: the copy starts afresh."),
    _("The saved state belongs to other parameters. Clone the job: the copy starts afresh."),
    _("The saved state belongs to another batch size. Clone the job: the copy starts afresh."),
    _("The saved state belongs to another seed. Clone the job: the copy starts afresh."),
    _("The saved state went on from another parent model. Clone the job: the copy starts afresh."),
    _("The saved state belongs to other data. Clone the job: the copy starts afresh."),
    _("window %(name)s closed at %(closed)s; goes on when it opens %(when)s"),
    _("window %(name)s closed at %(closed)s; it does not open again: give it hours"),
    # quotas, and a job that makes room
    _("quota: %(running)s of %(limit)s running"),
    _("quota: %(used)s of %(limit)s device hours used this week"),
    _("The storage quota of project %(project)s is used up: %(used)s of %(limit)s bytes."),
    _("The disk is full: make room, then try again."),
    _("An owner may tighten a project's limits; only an operator of the platform may loosen them."),
    _("The limit is out of bounds."),
    _("asked to yield to a project far below its share"),
    _("yielded to a project far below its share; goes on from its saved state"),
    # how an attempt ended; units of progress
    _("succeeded"),
    _("failed"),
    _("errored"),
    _("cancelled"),
    _("paused"),
    _("released"),
    _("lost"),
    _("died"),
    _("steps"),
    _("files"),
    _("images"),
    _("items"),
    _("samples"),
    _("characters"),
    # kinds of job
    _("ingest"),
    _("train"),
    _("evaluate"),
    _("generate"),
    _("verify"),
    _("estimate"),
    # who may do what
    _("A second person must decide: you trained this model or brought its data."),
    _("This needs the role %(role)s in project %(project)s."),
    _("There is no such project, or you are not a member of it."),
    _("You are not a member of any project."),
    _("Too late: the job is being cancelled."),
    _("Too late: the job is %(state)s."),
    _("The job cannot become %(state)s."),
    _("A version that is %(state)s cannot become %(to)s."),
    _("Say why."),
    # what a file that came back turned out to be
    _("The archive is byte for byte that of job %(job)s."),
    _("The model %(model)s was revoked on %(day)s: %(comment)s"),
    _("The archive is byte for byte one that this platform made."),
    _("The model that made it was revoked."),
    # why an upload could not be read
    _("The zip archive is damaged or incomplete."),
    _("The zip archive holds no files."),
    _("The zip archive holds too many files."),
    _("The zip archive unpacks to far more than it should."),
    _("The archive holds no files."),
    _("This is not an upload of pictures."),
    _("The upload holds no pictures."),
    _("Nothing in %(name)s can be used (%(count)s found unfit)."),
    _("A data set needs at least two different pictures."),
    _("The upload holds no text."),
    _("The text is too short to hold a part of it out."),
    _("The texts have more different characters than a model can be built for."),
    _("The texts are more than one data set may have."),
    _("The text has characters that the data do not have."),
    _("The file is too large."),
    # what was expected of a file
    _("2 different pictures in a class"),
    _("at least 2 files"),
    _("a PNG, JPEG, WebP, BMP, GIF or TIFF picture"),
    _("a text file, or a zip or folder of text files"),
    _("a text file"),
    _("a text"),
    _("text in an encoding that is certain; name it in `encoding`"),
    _("text in %(encoding)s; name another `encoding`"),
    _("plain text: no control characters but line breaks and tabs; save documents as text first"),
    _("at most %(count)s combining marks on one character"),
    _("at least %(count)s characters, or 2 different documents"),
    _("at most %(count)s different characters"),
    _("characters of the data: %(characters)s"),
    # what a training says of itself
    _("exporting"),
    _("goes on from step %(step)s"),
    _("measures %(metric)s"),
    _("%(count)s files examined"),
    # what was sent
    _("Project %(project)s has a data set called '%(name)s'."),
    _("The declaration must say its %(part)s."),
    _("Send a file, or name a built-in set."),
    _("The file is empty."),
    _("The file is larger than this platform takes."),
    _("%(name)s: this kind of file is not read."),
    _("The seed is a whole number."),
    _("%(name)s: '%(got)s' is not of type '%(type)s'"),
    _("%(name)s: %(got)s is greater than the maximum of %(bound)s"),
    _("%(name)s: %(got)s is less than the minimum of %(bound)s"),
    _("No worker offers a %(kind)s called '%(name)s'."),
    _("%(family)s does not train on %(modality)s data."),
    _("%(family)s does not train on items of shape %(shape)s."),
    _("%(family)s hands out real items: its models are measured, never released as generated."),
    _("%(version)s is %(state)s."),
    _("The input '%(role)s' is missing."),
    _("All inputs of a job belong to its project, and so do the jobs it comes after."),
    _("%(job)s is %(state)s: try that job again first, or submit without it."),
    # windows and recurring jobs
    _("A window needs opening hours: say on which days it is open, and from when to when."),
    _("From and to are the same time: for a whole day say 00:00 to 24:00."),
    _("Two openings overlap: join them, or let one begin when the other ends."),
    _("A day has two exceptions: put all its hours into one."),
    _("The hours of this exception overlap those of the day before or after: let one begin when the other ends."),
    _("There is no time zone of that name."),
    _("a name like Europe/Berlin"),
    _("This is no time of the day."),
    _("HH:MM, 00:00 to 23:59"),
    _("HH:MM, 00:01 to 24:00"),
    _("This is no day of the week."),
    _("This is no day."),
    _("a day like 2026-12-24"),
    _("Opening hours are written as 22:00-06:00, several with commas between them."),
    _("An exception is a line: a day like 2026-12-24, then closed or its hours, then what it is for."),
    _("It needs a name."),
    _("Project %(project)s has no window '%(name)s'."),
    _("a window: POST /api/v1/windows makes one"),
    _("Project %(project)s has a window called '%(name)s'."),
    _("Project %(project)s has a recurring job called '%(name)s'."),
    _("Jobs that have not ended are bound to this window: cancel them, or let them end."),
    _("no job that waits or runs"),
    _(
        "Nothing can begin in window %(name)s: its longest opening is %(opening)s, and the last %(margin)s are left "
        "for saving. Give it longer hours, or take another window."
    ),
    _(
        "This very job took at least %(long)s; the longest opening of window %(name)s is %(opening)s, and a job of "
        "this kind begins anew when it is interrupted: take a longer window, or none."
    ),
    _(
        "The first checkpoint (step %(step)s) is expected after %(long)s; the longest opening of window %(name)s is "
        "%(opening)s: lower checkpoint_every, or take a longer window."
    ),
    _(
        "Jobs like this took %(long)s; the longest opening of window %(name)s is %(opening)s, and a job of this kind "
        "begins anew when it is interrupted: take a longer window, or none."
    ),
    _("A recurring job submits into its own project."),
    _("A recurring job needs the submission that it repeats."),
    _("Whoever owns this recurring job may not log in any more: let somebody else change it, who owns it then."),
    _("This is a fault of the platform; the log of the worker has it."),
    _("There is no data set '%(name)s' that you may see."),
    _("More than one of your projects has a data set called '%(name)s': name it by its id."),
    _("The data set '%(name)s' has no ready version."),
    _("a data set with a version that is ready"),
    # what a job is asked for
    _("%(family)s brings no item back from what it remembers."),
    _("a model that reconstructs"),
    _("These parameters make larger networks than can be exported: take smaller ones."),
    _("at most %(count)s weights"),
    _("%(owner)s has no parameter '%(name)s'."),
    _("The data of the model have no such class."),
    _("The data of the model have no classes."),
    _("The prompt leaves no room for anything to be made."),
    _("fewer than %(count)s characters"),
    _("Between two seeds of this model there is nothing: it makes its items piece by piece."),
    _("a model that makes all at once"),
    _("One job makes one kind of thing."),
    _("models of one modality"),
    _("There is one weight for each model."),
    _("Weights are 0 or more, and at least one is more."),
    _("0 or more"),
    _("A sweep takes one control."),
    _("one control"),
    _("These are too many artifacts: the count is that of each value."),
    _("Either a sweep or a path between seeds."),
    _("one of the two"),
    _("A path needs at least an item for each of its seeds."),
    _("at most %(count)s"),
    _("at least %(count)s"),
    _("There are too few or too many values."),
    _("There are too few or too many seeds."),
    _("2 to 64 values"),
    _("2 to 64 seeds"),
    _("A training goes on from a model of its own family."),
    _("%(name)s decides the shape of a network: leave it out, and it is as in the parent model."),
    _(
        "The data have other characters or categories than those that the parent model learned from: train "
        "without a parent, or bring data that have the same."
    ),
    _(
        "The data have other fields than those that the parent model learned from: train without a parent, or "
        "bring data of the same fields."
    ),
    _("The input '%(role)s' is given twice."),
    _("The parameter '%(name)s' is given twice."),
    _("either %(short)s or inputs.%(name)s"),
    _(
        "This job has no input '%(role)s'. It works on one data set: bring both as one upload, or choose a "
        "method that takes two."
    ),
    _("This job has no input '%(role)s'."),
    _("This job takes no %(part)s."),
    _("This job takes more than one %(part)s: name them in inputs."),
    _("An input is named by one id."),
    _("one id"),
    _("%(id)s is a %(part)s; this input takes a %(why)s."),
    _("The log's tree does not hold it yet; ask again in a few seconds."),
    _("No signed head of the log covers it yet; ask again in a few seconds."),
)
STATES = ("state", "to", "role", "want")  # values that are one of our words
WORDS = ("why", "part", *STATES)  # values that are translated too; the others are names
_PLACE = re.compile(r"%\\?\((\w+)\\?\)s")


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(_PLACE.sub(_group, re.escape(template)), re.DOTALL)


def _group(place: re.Match[str]) -> str:
    return f"(?P<{place[1]}>{'[a-z ]{1,20}' if place[1] in STATES else '.+?'})"


_PATTERNS = [(template, _pattern(template)) for template in TEMPLATES]


def in_language(text: str) -> str:
    """A sentence of ours in the language of the request; the text itself where no template fits."""
    if not text or (get_language() or "en").startswith("en"):
        return text
    if (said := gettext(text)) != text:
        return said
    for template, pattern in _PATTERNS:
        if found := pattern.fullmatch(text):
            return gettext(template) % {
                name: in_language(value) if name in WORDS else value for name, value in found.groupdict().items()
            }
    return text


def sentence(error: ProductError) -> str:
    """An error in words: what is wrong, then what was expected and what came, as far as that is known."""
    said = in_language(error.detail)
    if error.expected in (None, [], {}) or (isinstance(error.expected, Mapping) and not _bounds(error.expected)):
        return said
    said = _ended(said)
    expected = gettext("Expected: %(expected)s.") % {"expected": _words(error.expected)}
    if error.got in (None, "") or isinstance(error.got, dict | list):
        return f"{said} {expected}"
    return f"{said} {expected} " + gettext("Got: %(got)s.") % {"got": str(error.got)[:200]}


def _ended(said: str) -> str:
    if said.endswith((".", "!", "?", "。", "！", "？")):
        return said
    return said + ("。" if (get_language() or "").startswith("zh") else ".")


def _bounds(said: Mapping[str, Any]) -> str:
    if "enum" in said:
        return ", ".join(map(str, said["enum"]))
    low, high = said.get("minimum"), said.get("maximum")
    if low is not None and high is not None:
        return gettext("%(low)s to %(high)s") % {"low": low, "high": high}
    return str(said.get("type", ""))


def _words(expected: Any) -> str:
    if isinstance(expected, Mapping):
        return _bounds(expected)
    if isinstance(expected, list | tuple):
        return ", ".join(in_language(str(part)) for part in expected)
    return in_language(str(expected)) if isinstance(expected, str) else json.dumps(expected)
