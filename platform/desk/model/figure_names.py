"""What figures are called in the reader's language, and the units that go without saying in the engine."""

from __future__ import annotations

import re

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from desk.words.sentences import in_language

HOLDOUT, REAL, CLASS_SHARE, VERBATIM = "holdout_", "_real", "class_share_", "verbatim_"
NAMES = {
    "generator": gettext_noop("Loss of the generator"),
    "on_real": gettext_noop("Loss of the discriminator on real items"),
    "on_made": gettext_noop("Loss of the discriminator on made items"),
    "classes": gettext_noop("Loss on the classes"),
    "r1": gettext_noop("Penalty on the slopes of the discriminator (R1)"),
    "penalty": gettext_noop("Gradient penalty of the critic"),
    "velocity": gettext_noop("Loss of the velocity"),
    "path": gettext_noop("Penalty on the path length"),
    "path_mean": gettext_noop("Distance of the path length from its mean so far"),
    "augmentation": gettext_noop("Chance of each change (adaptive augmentation)"),
    "denoising": gettext_noop("Loss of the denoising"),
    "distance": gettext_noop("Distance to the nearest real item"),
    "reconstruction": gettext_noop("Loss of the reconstruction"),
    "weighted_kl": gettext_noop("KL divergence of the code, weighted"),
    "nats_per_char": gettext_noop("Cross entropy per character"),
    "precision": gettext_noop("Precision: made items that lie among real ones"),
    "recall": gettext_noop("Recall: real items that lie among made ones"),
    "classifier_accuracy": gettext_noop("Accuracy of the classifier on real items"),
    "confident_share": gettext_noop("Items that the classifier recognises with confidence"),
    "label_entropy": gettext_noop("Entropy of the recognised classes"),
    "near_copies": gettext_noop("Near copies of the training data"),
    "near_copy_threshold": gettext_noop("Distance below which an item is a near copy"),
    "near_copy_quantile": gettext_noop("Unseen real items that lie as near"),
    "trigram_divergence": gettext_noop("Divergence of trigrams from unseen texts"),
    "known_words": gettext_noop("Words that occur in the training data"),
    "reconstruction_psnr": gettext_noop("Reconstruction (PSNR)"),
    "reconstruction_mse": gettext_noop("Reconstruction (mean squared error)"),
    "reconstruction_ssim": gettext_noop("Reconstruction (SSIM)"),
    "ms_ssim": gettext_noop("Likeness of pairs (MS-SSIM)"),
    "synthetic_accuracy": gettext_noop("Accuracy on real items, trained on made ones"),
    "synthetic_f1": gettext_noop("F1 on real items, trained on made ones"),
    "synthetic_recall": gettext_noop("Recall on real items, trained on made ones"),
    "real_accuracy": gettext_noop("Accuracy on real items, trained on real ones"),
    "real_f1": gettext_noop("F1 on real items, trained on real ones"),
    "real_recall": gettext_noop("Recall on real items, trained on real ones"),
    "synthetic_ratio": gettext_noop("Accuracy trained on made items, as a share of that trained on real ones"),
    "synthetic_items": gettext_noop("Made items that were trained on"),
    "real_items": gettext_noop("Real items that were trained on"),
    "negative_elbo": gettext_noop("Bound on the description of an item"),
    "anomaly_threshold": gettext_noop("Score above which an item is unusual"),
    "anomaly_rate": gettext_noop("Items above the threshold"),
    "anomaly_recall": gettext_noop("Abnormal items above the threshold"),
    "false_alarm_rate": gettext_noop("Normal items above the threshold"),
    "anomaly_auroc": gettext_noop("Abnormal items told from normal ones (AUROC)"),
}
ON_NETWORK = {  # figures that carry the name of the network whose features they are of
    "fid": gettext_noop("Fréchet distance (FID) on %(network)s"),
    "kid": gettext_noop("Kernel distance (KID) on %(network)s"),
    "precision": gettext_noop("Precision on %(network)s"),
    "recall": gettext_noop("Recall on %(network)s"),
    "density": gettext_noop("Density on %(network)s"),
    "coverage": gettext_noop("Coverage on %(network)s"),
    "inception_score": gettext_noop("Inception-type score on %(network)s"),
}
_ON_NETWORK = re.compile(rf"({'|'.join(ON_NETWORK)})_(\w+_[0-9a-f]{{8}})")
UNIT_WORDS = (
    gettext_noop("nats"),
    gettext_noop("bit"),
    gettext_noop("items"),
)
UNSAID = ("share", "distance")  # units that the name of a figure says already
UNITS = {"nats_per_char": "nats", "weighted_kl": "nats", "reconstruction": "nats", "negative_elbo": "nats"}


def figure_name(name: str) -> str:
    """A figure in words; of one that nobody named, its name with blanks."""
    if name.startswith(HOLDOUT):
        return _("%(figure)s, on unseen data") % {"figure": figure_name(name.removeprefix(HOLDOUT))}
    if name.endswith(REAL) and name.removesuffix(REAL) in (*NAMES, *_verbatims(name)):
        return _("%(figure)s, of real items") % {"figure": figure_name(name.removesuffix(REAL))}
    if name.startswith(CLASS_SHARE):
        return _("Share of class %(name)s") % {"name": name.removeprefix(CLASS_SHARE)}
    if count := name.removeprefix(VERBATIM) if name.startswith(VERBATIM) else "":
        return _("Passages of %(count)s characters taken word for word") % {"count": count}
    if said := on_network(name.removesuffix(REAL)):
        whose = _("%(figure)s, of real items") if name.endswith(REAL) else "%(figure)s"
        return whose % {"figure": _(ON_NETWORK[said[0]]) % {"network": said[1]}}
    return _(NAMES[name]) if name in NAMES else capfirst(in_language(name).replace("_", " "))


def on_network(name: str) -> tuple[str, str] | None:
    """What is measured, and the network whose features it is of; None where the name names none."""
    said = _ON_NETWORK.fullmatch(name)
    return (said[1], said[2]) if said else None


def _verbatims(name: str) -> tuple[str, ...]:
    return (name.removesuffix(REAL),) if name.startswith(VERBATIM) else ()


def unit_of(name: str) -> str:
    """The unit of a loss or a score, in the reader's language; "" where it has none."""
    return in_language(UNITS.get(name.removeprefix(HOLDOUT), ""))


def unit_said(unit: str | None) -> str:
    """A unit as it stands behind a number, in the reader's language; "" where the figure's name says it already."""
    return "" if not unit or unit in UNSAID else in_language(unit)
