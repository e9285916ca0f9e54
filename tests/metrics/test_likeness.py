"""SSIM, MS-SSIM and training on synthetic items: their laws on pictures whose answer is known."""

from __future__ import annotations

import pytest
import torch

from tests.digits_fields import real_digits
from workers.contracts import Sample
from workers.engine.reconstruction import figures
from workers.metrics.ms_ssim import MsSsim, paired
from workers.metrics.recognition import NotMeasurable
from workers.metrics.similarity import ms_ssim, scales_of, ssim
from workers.metrics.synthetic_training import SyntheticTraining, draws, scores


def pictures(count: int, size_px: int = 24, seed: int = 1) -> torch.Tensor:
    return torch.rand(count, 1, size_px, size_px, generator=torch.Generator().manual_seed(seed)) * 2 - 1


@pytest.mark.parametrize("likeness", [ssim, ms_ssim])
@pytest.mark.parametrize("size_px", [3, 8, 24, 64])
def test_a_picture_is_like_itself_and_less_so_the_noisier_it_is(likeness, size_px):
    one, noise = pictures(4, size_px), pictures(4, size_px, seed=2)
    found = [likeness(one, one + share * noise, 2.0).mean().item() for share in (0.0, 0.3, 1.0)]
    assert found[0] == pytest.approx(1, abs=1e-4)
    assert found[0] > found[1] > found[2]


def test_likeness_is_symmetric_and_does_not_depend_on_the_unit():
    one, other = pictures(4).double(), pictures(4, seed=2).double()
    assert torch.allclose(ssim(one, other, 2.0), ssim(other, one, 2.0))
    assert torch.allclose(ssim(one, other, 2.0), ssim(one * 127.5, other * 127.5, 255.0))


def test_flat_pictures_are_as_alike_as_their_brightness_says():
    one, other = torch.full((1, 1, 16, 16), 0.5), torch.full((1, 1, 16, 16), 0.25)
    c1 = (0.01 * 1.0) ** 2
    expected = (2 * 0.5 * 0.25 + c1) / (0.5**2 + 0.25**2 + c1)
    assert ssim(one, other, 1.0).item() == pytest.approx(expected, rel=1e-3)


def test_there_are_as_many_scales_as_have_room():
    assert [scales_of(size_px) for size_px in (8, 21, 22, 28, 64, 176, 256)] == [1, 1, 2, 2, 3, 5, 5]


def test_pairs_are_of_different_items_of_one_class_and_share_none():
    kinds = torch.tensor([0, 0, 0, 1, 1, 2])  # the last has nobody to be compared with
    found = [paired({"image": pictures(6, 8), "condition": kinds}, 500, seed, classes=True) for seed in range(20)]
    assert all(torch.equal(kinds[one], kinds[other]) for one, other in found)
    assert all(len(set(torch.cat(both).tolist())) == 4 for both in found)  # two pairs, and nobody in both
    assert {place for both in found for place in torch.cat(both).tolist()} == {0, 1, 2, 3, 4}
    assert len(paired({"image": pictures(6, 8)}, 2, 1, classes=False)[0]) == 2
    with pytest.raises(NotMeasurable):
        paired({"image": pictures(1, 8)}, 10, 1, classes=False)


def test_copies_of_few_pictures_are_more_alike_than_the_data():
    real = real_digits(100)
    few = {"image": real.fields["image"][:4].repeat(25, 1, 1, 1)}
    found = MsSsim(pairs=200).measure(Sample(real.fields, None, real.spec), Sample(few), seed=1)
    assert found["ms_ssim"].low > found["ms_ssim_real"].high


def test_what_comes_back_unchanged_has_no_error_and_half_the_error_is_six_decibels_more():
    whole, halved = (figures(torch.full((9,), error), None, 255.0) for error in (4.0, 1.0))
    assert halved["reconstruction_psnr"].value - whole["reconstruction_psnr"].value == pytest.approx(6.02, abs=0.01)
    assert whole["reconstruction_mse"].value == 4.0
    assert figures(torch.zeros(9), torch.ones(9), 255.0)["reconstruction_psnr"].value == 100.0


def test_recall_and_f1_are_means_over_the_classes():
    truth, named = torch.tensor([0, 0, 0, 1]), torch.tensor([0, 0, 1, 1])
    once = torch.ones(1, 4)
    said = {name: scores(named, truth, 3, once, name).item() for name in ("accuracy", "recall", "f1")}
    assert said["accuracy"] == pytest.approx(3 / 4)
    assert said["recall"] == pytest.approx((2 / 3 + 1) / 2)
    assert said["f1"] == pytest.approx((4 / 5 + 2 / 3) / 2)


def test_the_first_row_of_draws_is_the_sample_and_each_has_as_many_items():
    rows = draws(20, seed=1)
    assert torch.equal(rows[0], torch.ones(20))
    assert torch.equal(rows.sum(1), torch.full((len(rows),), 20.0))


def test_wrong_labels_are_worth_less_than_right_ones_and_real_items_as_much_as_real_items():
    real = real_digits()
    learned = real.train.fields(torch.arange(len(real.train)))
    metric = SyntheticTraining(updates=40)
    same = metric.measure(real, Sample(learned), seed=1)
    assert same["synthetic_ratio"].value == 1.0
    assert same["synthetic_items"].value == same["real_items"].value == len(real.train)
    wrong = metric.measure(real, Sample(learned | {"condition": (learned["condition"] + 1) % 10}), seed=1)
    assert wrong["synthetic_ratio"].high < 0.5


def test_items_without_labels_teach_nothing():
    real = real_digits()
    with pytest.raises(NotMeasurable, match="no classes on demand"):
        SyntheticTraining().measure(real, Sample({"image": real.fields["image"]}), seed=1)
