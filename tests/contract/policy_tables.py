"""For each policy that judges facts: what it holds and refuses, with which parameters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from audit.policy import Data, Facts, Trained


@dataclass(frozen=True)
class Row:
    """With these parameters it decides so on these facts; `says` is the row in words."""

    says: str
    facts: Facts
    decision: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    field: str = ""
    subject: tuple[str, str] | None = None


def data(**said: Any) -> Data:
    """A data set version without anything against it."""
    return Data(**{"role": "data", "id": "7", "name": "xrays v1", "licence": "CC0", "personal": False, **said})


def train(*used: Data, **said: Any) -> Facts:
    """A training on these data."""
    given = {"family": "dcgan", "data": used or (data(),), **said}
    return Facts(kind="train", produces="model_version", **given)


def generate(*used: Data, **said: Any) -> Facts:
    """A generation with a model that learned from these data."""
    model = Trained(role="model", id="9", name="xray v3", stage="approved")
    return Facts(kind="generate", produces="artifacts", **{"count": 10, "data": used, "models": (model,), **said})


DRAFT = (Trained(role="model", id="9", name="xray v3", stage="draft", made_by=("sam",)),)
SAYS_WHY = "to see whether it works"
TABLES: dict[str, list[Row]] = {
    "require_review": [
        Row("a training", train(), "hold"),
        Row("a generation", generate(), "hold"),
        Row("a kind that is not named", train(), params={"kinds": ["generate"]}),
        Row("a method that is not named", train(), params={"families": ["vae"]}),
        Row("a method that is named", train(), "hold", params={"families": ["dcgan"]}),
        Row("as many as are free", generate(count=5), params={"free_count": 5}),
        Row("more than are free", generate(count=6), "hold", params={"free_count": 5}),
        Row("data not reviewed", train(), "hold", {"kinds": [], "data": True}, subject=("dataset_version", "7")),
        Row("data approved", train(data(review="approve")), params={"kinds": [], "data": True}),
        Row("data rejected", train(data(review="reject")), "refuse", {"kinds": [], "data": True}, field="data"),
        Row("data of a model", generate(data(direct=False)), params={"kinds": [], "data": True}),
        Row("a draft", generate(models=DRAFT), "hold", {"models": True}, subject=("model_version", "9")),
    ],
    "require_purpose": [
        Row("none", train(), "refuse", field="purpose"),
        Row("spaces", train(purpose=" " * 20), "refuse", field="purpose"),
        Row("one", train(purpose=SAYS_WHY)),
        Row("a short one", train(purpose="test"), params={"least_characters": 4}),
        Row("a kind that is not named", generate(), params={"kinds": ["train"]}),
    ],
    "require_intended_use": [
        Row("none", train(), "refuse", field="intended_use"),
        Row("one", train(intended_use=SAYS_WHY)),
        Row("a generation", generate()),
    ],
    "forbid_personal_data": [
        Row("no personal data", train()),
        Row("personal data", train(data(personal=True)), "refuse", field="data"),
        Row("personal data, with privacy", train(data(personal=True, private=True))),
        Row("sensitive attributes", train(data(sensitive=("sex",))), "refuse", field="data"),
        Row("sensitive attributes that do not count", train(data(sensitive=("sex",))), params={"sensitive": False}),
        Row("of a model", generate(data(role="model", personal=True)), "refuse", field="model"),
        Row("of a model, allowed", generate(data(personal=True)), params={"models": False}),
        Row("the second of two", train(data(), data(role="data_b", personal=True)), "refuse", field="data_b"),
    ],
    "cap_count": [
        Row("as many as one job may", generate(count=100), params={"per_job": 100}),
        Row("one more", generate(count=101), "refuse", {"per_job": 100}, field="params.count"),
        Row("no limit", generate(count=10**9), params={"per_job": 0}),
        Row("the week's last", generate(count=10, this_week=90), params={"per_week": 100}),
        Row("beyond the week", generate(count=11, this_week=90), "refuse", {"per_week": 100}, field="params.count"),
        Row("a training", train(), params={"per_job": 1}),
    ],
    "licence_forbids": [
        Row("CC0", train()),
        Row("CC BY 4.0", train(data(licence="CC BY 4.0"))),
        Row("a word that holds one", train(data(licence="bounded access, foundation"))),
        *(
            Row(licence, train(data(licence=licence)), "refuse", field="data")
            for licence in (
                "CC BY-ND 4.0", "cc-by-nc-nd", "No Derivatives", "All rights reserved", "internal, no ML",
                "ＣＣ ＢＹ－ＮＤ", "署名-禁止演绎 4.0", "版权所有，翻印必究",
            )
        ),
        Row("NC", train(data(licence="CC BY-NC 4.0"))),
        Row("NC, where that is listed", train(data(licence="CC BY-NC 4.0")), "refuse", {"words": ["nc"]}, field="data"),
        Row("ND, where that does not count", train(data(licence="CC BY-ND")), params={"well_known": False}),
        Row("of a model", generate(data(role="model", licence="CC BY-ND")), "refuse", field="model"),
        Row("of a model, allowed", generate(data(licence="CC BY-ND")), params={"models": False}),
    ],
}  # fmt: skip
