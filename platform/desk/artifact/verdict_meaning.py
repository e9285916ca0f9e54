"""What follows from a verdict and what does not, in sentences for people who decide something by it.

No sentence says more than the evidence does: only a trusted signature, or the exact bytes, together with a log proof
say who made a file, and no verdict says that a file was not made here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

FOLLOWS = {
    "ours": (
        gettext_noop(
            "This platform released the file. Two things agree on it: the file itself (its exact bytes, or a "
            "credential that this platform's own authority signed) and an entry of the log."
        ),
        gettext_noop(
            "The entry was in the log when the head that is named here was signed. Had it been changed since, the "
            "proof would fail."
        ),
    ),
    "altered": (
        gettext_noop(
            "The credential was signed by this platform's own authority, and the bytes are not those it was signed for."
        ),
        gettext_noop("What was released is still here to compare with, where the artifact is named below."),
    ),
    "likely_ours": (
        gettext_noop(
            "The content carries the pattern of a key of this platform. In content that has nothing to do with the "
            "key, chance brings it about in at most one of a million questions; that is a bound, not a measurement."
        ),
    ),
    "signed": (
        gettext_noop(
            "This platform's own authority signed the file. That the log holds it is not shown: ask again in a minute, "
            "and if that does not change, tell whoever runs the platform."
        ),
    ),
    "resembles": (gettext_noop("The content looks like something that was released here."),),
    "no_evidence": (gettext_noop("Nothing in the file leads to this platform."),),
}
ANYWAY = (
    gettext_noop("Who holds rights in it, or whether its use is lawful."),
    gettext_noop("Who has had it or passed it on since."),
)
NOT = {
    "ours": (gettext_noop("That what it shows or says is true: a model generated it."), *ANYWAY),
    "altered": (
        gettext_noop("Who changed it, when, or how much of it."),
        gettext_noop("That the content was made here: a credential can be moved into another file."),
        *ANYWAY,
    ),
    "likely_ours": (
        gettext_noop(
            "That this platform made it: a watermark can be copied onto other content. It is a hint, not evidence of "
            "authorship."
        ),
        *ANYWAY,
    ),
    "signed": (gettext_noop("That it was released here: only the log shows that."), *ANYWAY),
    "resembles": (
        gettext_noop("That one was made from the other, or that this platform made it."),
        *ANYWAY,
    ),
    "no_evidence": (
        gettext_noop(
            "That it was not made here. Credentials and labels can be removed, and a watermark does not survive "
            "everything: rotation, strong cropping and regeneration of pictures, paraphrase of texts. Small pictures "
            "and short texts are judged in sets only."
        ),
    ),
}


HERE = {
    "ours": gettext_noop("How it came to be"),
    "altered": gettext_noop("How the file came to be that was released"),
}
SIMILAR = gettext_noop("How the artifact came to be that it resembles")


def meaning(result: Mapping[str, Any]) -> dict[str, Any]:
    """The two lists for one verdict, and whose origin is told below them, in the reader's language."""
    name = str(result["verdict"])
    if name == "likely_ours" and result.get("c2pa_state") == "Trusted":
        name = "signed"
    came = HERE.get(name, SIMILAR)
    return {
        "came_to_be": _(came),
        "follows": [_(said) for said in FOLLOWS[name]],
        "not_follows": [_(said) for said in NOT[name]],
    }
