"""What the script that checks proofs says, in the reader's language (static/kilnmark/proof.js)."""

from __future__ import annotations

from django.utils.translation import gettext as _


def proof_words() -> dict[str, str]:
    """By the names that the script knows."""
    return {
        "holds": _("The proof holds. Your browser worked it out itself; the server was not asked for its opinion."),
        "fails": _("The proof does not hold."),
        "grew": _(
            "The log only grew: the older tree is the beginning of the newer one. Your browser worked it out itself."
        ),
        "rewritten": _("The newer tree does not begin with the older one: the past was rewritten."),
        "cannot": _(
            "This browser cannot compute it here: it needs https (or this machine itself) and Ed25519. The server's "
            "own check is beside."
        ),
        "waits": _(
            "No signed head of the log covers this event yet. Your browser asks again every 5 seconds, for a minute "
            "and a half at most."
        ),
        "late": _("No signed head of the log covered this event within a minute and a half. Check again later."),
        "away": _("The proof could not be fetched:"),
        "leaf": _("SHA-256 of the leaf"),
        "sameLeaf": _("The leaf is the one shown on this page"),
        "steps": _("Hashes in the proof"),
        "root": _("Root that follows"),
        "headRoot": _("Root of the signed head"),
        "size": _("Events below the head"),
        "signed": _("Head signed at"),
        "key": _("Key of the log"),
        "signature": _("Signature of the head (Ed25519)"),
        "olderSignature": _("Signature of the older head"),
        "newerSignature": _("Signature of the newer head"),
        "olderRoot": _("Older root that follows"),
        "newerRoot": _("Newer root that follows"),
        "fits": _("fits"),
        "differs": _("differs"),
        "works": _("Working it out …"),
    }
