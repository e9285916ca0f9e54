"""The class that a sample was asked for is its label, numbered as the data that it is measured against have them."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
import torch

from workers.contracts import Controls, Field, Plugin, Spec, knob
from workers.engine.wishes import class_asked, conditions, plain
from workers.kinds.evaluate import renumbered


class Chosen(Controls):
    label: str = knob("", of_spec="condition", help="The class.", help_zh="类别。")


def spec(*classes: str) -> Spec:
    kinds = (Field("condition", "condition", (), len(classes), classes),) if classes else ()
    return Spec("image", (Field("image", "continuous", (1, 8, 8)), *kinds))


class Told(Plugin):
    """A family, as far as it is asked here."""

    controls: ClassVar[type[Controls]] = Chosen
    by_class: bool = knob(True, tells_classes=True, help="Tell the classes.", help_zh="告知类别。")


def family(**said: Any) -> Any:
    return Told(**said)


def test_a_class_that_was_left_open_is_the_one_that_was_drawn():
    wishes = plain("1", range(40), Chosen())
    asked = class_asked(family(), wishes, spec("cat", "dog"))["condition"]
    assert torch.equal(asked, conditions(wishes, ("cat", "dog"))["label"])
    assert set(asked.tolist()) == {0, 1}


@pytest.mark.parametrize(
    ("asked", "controls", "classes"),
    [(family(by_class=False), Chosen(), ("cat", "dog")), (family(), Controls(), ("cat",)), (family(), Chosen(), ())],
)
def test_nobody_who_is_told_no_class_has_a_label(asked, controls, classes):
    assert class_asked(asked, plain("1", range(3), controls), spec(*classes)) == {}


def test_classes_are_numbered_as_in_the_data():
    made = {"condition": torch.tensor([0, 1, 0])}
    assert renumbered(made, spec("cat", "dog"), spec("bird", "dog", "cat"))["condition"].tolist() == [2, 1, 2]
    assert renumbered(made, spec("cat", "dog"), spec("cat", "dog")) == made
    assert renumbered(made, spec("cat", "dog"), spec("dog")) == {}
