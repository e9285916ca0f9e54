"""How a job ran, as its engine recorded it, in words with units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from desk.model.paths import path_title
from desk.words.sentences import in_language
from jobs.models import Job

TITLES = {
    "device": gettext_noop("Device"),
    "precision": gettext_noop("Number format"),
    "why": gettext_noop("Number format chosen"),
    "layout": gettext_noop("Order in memory"),
    "paces": gettext_noop("Ways that were tried"),
    "processes": gettext_noop("Processes"),
    "path": gettext_noop("Path"),
    "path_why": gettext_noop("Path chosen"),
    "threads": gettext_noop("Threads"),
    "provider": gettext_noop("Computed by"),
    "runtime": gettext_noop("Runtime"),
    "torch": gettext_noop("Version of torch"),
    "padded_batch": gettext_noop("Batch"),
    "micro_batch": gettext_noop("Computed at once"),
    "accumulate": gettext_noop("Parts of a batch"),
    "gpu_memory_bytes": gettext_noop("Peak memory of the GPU"),
    "exact": gettext_noop("The same weights as without interruption"),
}
WORDS = {
    "fp32": gettext_noop("32 bit (fp32)"),
    "bf16": gettext_noop("16 bit where it is safe (bf16)"),
    "int8": gettext_noop("8 bit (int8)"),
    "asked for": gettext_noop("as asked for"),
    "auto, by the GPU's capability": gettext_noop("by what the GPU can do"),
    "auto, by whether the CPU has instructions for it": gettext_noop("by what the processor can do"),
    "measured, by two steps of each way": gettext_noop("by two steps of each way"),
    "channels_last": gettext_noop("channels last"),
    "contiguous": gettext_noop("channels first"),
    "CPUExecutionProvider": gettext_noop("ONNX Runtime on the CPU"),
    "CUDAExecutionProvider": gettext_noop("ONNX Runtime on the GPU (CUDA)"),
}
ITEMS = ("padded_batch", "micro_batch")
SAID_ELSEWHERE = ("exact_why",)


def as_it_ran(job: Job) -> list[tuple[str, str]]:
    """What the newest attempt at a job recorded."""
    return in_words(job.facts)


def in_words(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(title, value) in the order of TITLES; what nobody named follows under its own name."""
    known = [name for name in TITLES if name in facts]
    others = [name for name in facts if name not in TITLES and name not in SAID_ELSEWHERE]
    named = [(_(TITLES[name]), _value(name, facts[name])) for name in known]
    return [(title, value) for title, value in named if value] + [
        (in_language(name).replace("_", " "), _value(name, facts[name])) for name in others
    ]


def device_word(said: str) -> str:
    """CPU, GPU 0; "" where nothing was said."""
    kind, _colon, number = said.partition(":")
    return {"cpu": "CPU", "cuda": f"GPU {number or 0}"}.get(kind, said)


def _value(name: str, value: Any) -> str:
    if name == "device":
        return device_word(str(value))
    if name == "path":
        return path_title(str(value))
    if name.endswith("_bytes"):
        return filesizeformat(value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name in ITEMS:
        return ngettext("%(count)s item", "%(count)s items", value) % {"count": f"{value:,}"}
    if isinstance(value, list | tuple):
        return ", ".join(in_language(str(part)) for part in value)
    said = str(value)
    return _(WORDS[said]) if said in WORDS else in_language(said)
