"""A batch in parts teaches what the whole batch teaches, as far as layers and losses keep items apart."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.contract.toys.plugged import toys
from tests.training import drawn_data, training
from workers.engine.device import Compute
from workers.engine.micro_batches import Part, PartStreams
from workers.engine.streams import SeededStreams
from workers.plugins import plugins

FAMILIES = [pytest.param(cls, id=name) for name, cls in sorted({**plugins("family"), **toys("family")}.items())]
pytestmark = [pytest.mark.parametrize("family", FAMILIES), pytest.mark.usefixtures("toys_installed")]
MIXES = (nn.modules.batchnorm._BatchNorm, nn.Dropout)  # what is seen across a batch, or drawn by layers
ITEMS = 8


def losses(family: Any, low: int, high: int) -> list[Tensor]:
    """Every loss of the first phase for these of 8 items, (items,)."""
    made = family(**family.toy)
    torch.manual_seed(0)
    nets = made.build(family.toy_spec)
    batch = {name: value[low:high] for name, value in drawn_data(family.toy_spec, ITEMS).items()}
    streams = SeededStreams("1", 0)
    rng = streams if high - low == ITEMS else PartStreams(streams, Part(0, low, high, ITEMS))
    torch.manual_seed(0)
    return [loss.detach() for loss in next(made.phases(nets, batch, rng)).losses.values()]


def keeps_items_apart(family: Any) -> bool:
    nets = family(**family.toy).build(family.toy_spec)
    if any(isinstance(part, MIXES) for net in nets.values() for part in net.modules()):
        return False
    whole, half = losses(family, 0, ITEMS), losses(family, 0, ITEMS // 2)
    return all(torch.allclose(one[: ITEMS // 2], other, atol=1e-5) for one, other in zip(whole, half, strict=True))


def test_two_halves_give_the_gradients_of_the_whole(family, tmp_path):
    if not keeps_items_apart(family):
        pytest.skip("its layers or losses look across the batch, or draw by themselves")
    ends = []
    for micro_batch in (0, ITEMS // 2):
        one = training(family, tmp_path / str(micro_batch), compute=Compute("cpu", "fp32", 1, micro_batch=micro_batch))
        one.step()
        ends.append((one.state.nets, dict(one.state.series[0]["values"])))
    for name, net in ends[0][0].items():
        for (place, whole), halves in zip(net.named_parameters(), ends[1][0][name].parameters(), strict=True):
            if whole.grad is not None:
                torch.testing.assert_close(halves.grad, whole.grad, rtol=1e-5, atol=1e-6, msg=f"{name}.{place}")
    assert ends[0][1] == pytest.approx(ends[1][1], rel=1e-5)


@pytest.mark.parametrize("micro_batch", [1, 3, 8])
def test_any_part_trains_and_counts_each_loss_once(family, tmp_path, micro_batch):
    one = training(family, tmp_path, steps=3, compute=Compute("cpu", "fp32", 1, micro_batch=micro_batch)).run()
    assert one.step == 3
    assert one.seen == 3 * ITEMS
    assert [entry["step"] for entry in one.series] == [1, 2, 3]
