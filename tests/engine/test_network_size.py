"""Networks that are too large to be exported are refused before they are made, whatever the family."""

from __future__ import annotations

from typing import Any

import pytest

from workers.contracts import Field, Spec
from workers.engine.network_size import NetworkTooLarge, check_size
from workers.plugins import plugin

PICTURES = Spec("image", (Field("image", "continuous", (3, 256, 256)),))
TEXTS = Spec("text", (Field("text", "token", (16,), 65, ("", *map(chr, range(48, 112)))), Field("length", "length")))
LARGE = [
    ("gan", {"generator_layers": "9999, 9999, 9999"}, PICTURES, "generator_layers"),
    ("vae", {"network": "fully_connected", "layers": "9999,9999"}, PICTURES, "layers"),
    ("lstm", {"width": 4096, "layers": 8}, TEXTS, "width"),
]


@pytest.mark.parametrize(("family", "params", "spec", "named"), LARGE, ids=[one[0] for one in LARGE])
def test_too_many_weights_are_refused_and_what_decides_them_is_named(
    family: str, params: dict[str, Any], spec: Spec, named: str
) -> None:
    with pytest.raises(NetworkTooLarge) as refused:
        check_size(plugin("family", family)(**params), spec)
    assert named in (refused.value.field or "")
    assert refused.value.got > 200_000_000


@pytest.mark.parametrize(("family", "spec"), [("vae", PICTURES), ("lstm", TEXTS)])
def test_what_a_family_does_of_itself_is_not_too_large(family: str, spec: Spec) -> None:
    check_size(plugin("family", family)(), spec)
