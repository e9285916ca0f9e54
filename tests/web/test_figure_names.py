"""Figures on a feature network are named in words, with the network."""

from __future__ import annotations

import pytest
from django.utils.translation import override

from desk.model.figure_names import figure_name


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("fid_lite0_4ab05aa2", "Fréchet distance (FID) on lite0_4ab05aa2"),
        ("inception_score_lite0_4ab05aa2_real", "Inception-type score on lite0_4ab05aa2, of real items"),
        ("precision", "Precision: made items that lie among real ones"),
        ("r1", "Penalty on the slopes of the discriminator (R1)"),
        ("holdout_denoising", "Loss of the denoising, on unseen data"),
        ("fid_of_my_own", "Fid of my own"),
    ],
)
def test_a_figure_is_called(name, words):
    with override("en"):
        assert figure_name(name) == words
