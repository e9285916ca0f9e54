"""A small network that learns the classes of real pictures; metrics read its confidences and its features.

It is trained afresh from the data at hand with a fixed seed, so a figure needs no downloaded weights, and it is kept
in the process: two metrics over the same data share one training.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional

from models_store.errors import ProductError
from workers.contracts import Fields, Sample
from workers.engine.streams import generator

SIZE_PX = 32  # pictures are averaged down to this before they are looked at
UPDATES, BATCH = 420, 64
FEATURES = 64
KEPT = 8  # networks, some 100 kB each


class NotMeasurable(ProductError):
    """The data do not have what this metric needs."""

    code, http_status = "not_measurable", 422


class Recogniser(nn.Module):
    """Three convolutions to FEATURES numbers and one linear layer to class logits."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for narrow, wide in ((channels, 16), (16, 32), (32, FEATURES)):
            layers += [nn.Conv2d(narrow, wide, 3, padding=1), nn.BatchNorm2d(wide), nn.ReLU(), nn.MaxPool2d(2)]
        self.look = nn.Sequential(*layers, nn.Flatten(), nn.Linear(FEATURES * 16, FEATURES), nn.ReLU())
        self.name = nn.Linear(FEATURES, classes)

    def forward(self, image: Tensor) -> Tensor:
        return self.name(self.look(image))


@dataclass(frozen=True)
class Labelled:
    """Pictures (N, C, 32, 32) with a class each (N,); equal when their digest is."""

    digest: str
    images: Tensor = field(compare=False)
    labels: Tensor = field(compare=False)
    classes: int = 0

    @classmethod
    def of(cls, blocks: Iterable[Fields], classes: int) -> Labelled:
        """The labelled pictures of these fields, (b, ...) at a time; NotMeasurable where there are no classes."""
        if classes < 2:
            raise NotMeasurable(
                "The data have no classes to tell apart.", field="dataset", expected="at least 2 classes", got=classes
            )
        parts = [(small(pictures(fields)), fields["condition"].long()) for fields in blocks]
        images, labels = (torch.cat(part) for part in zip(*parts, strict=True))
        digest = hashlib.sha256(images.contiguous().numpy().tobytes() + labels.contiguous().numpy().tobytes())
        return cls(digest.hexdigest(), images, labels, classes)


def pictures(fields: Fields) -> Tensor:
    """The one continuous field with the shape of a picture, (N, C, H, W)."""
    if "image" not in fields:
        raise NotMeasurable("There are no pictures among the fields.", expected="image", got=sorted(fields))
    return fields["image"].float()


def small(images: Tensor) -> Tensor:
    """Pictures at SIZE_PX: larger ones by area average, smaller ones by bilinear interpolation."""
    if images.shape[-2:] == (SIZE_PX, SIZE_PX):
        return images
    if images.shape[-1] > SIZE_PX:
        return functional.adaptive_avg_pool2d(images, SIZE_PX)
    return functional.interpolate(images, (SIZE_PX, SIZE_PX), mode="bilinear", align_corners=False)


def shifted(images: Tensor, draws: torch.Generator) -> Tensor:
    """The batch moved by up to two pixels each way, so that position is not what is learnt."""
    padded = functional.pad(images, (2, 2, 2, 2), mode="replicate")
    top, left = torch.randint(0, 5, (2,), generator=draws).tolist()
    return padded[..., top : top + SIZE_PX, left : left + SIZE_PX]


def recogniser(labelled: Labelled, seed: int, updates: int) -> Recogniser:
    """The network trained on these pictures; the last few are kept, but not their pictures."""
    key = (labelled.digest, labelled.classes, seed, updates)
    if key not in _trained:
        while len(_trained) >= KEPT:
            del _trained[next(iter(_trained))]
        _trained[key] = trained(labelled, seed, updates)
    return _trained[key]


_trained: dict[tuple[str, int, int, int], Recogniser] = {}


def trained(labelled: Labelled, seed: int, updates: int) -> Recogniser:
    """AdamW, one-cycle rate, a fixed number of updates: a pure function."""
    draws = generator(seed, 0, "recogniser")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = Recogniser(labelled.images.shape[1], labelled.classes)
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    learn = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=1e-2)
    rate = torch.optim.lr_scheduler.OneCycleLR(learn, max_lr=4e-3, total_steps=updates)
    order = torch.empty(0, dtype=torch.long)
    for _ in range(updates):
        if len(order) < BATCH:
            order = torch.cat([order, torch.randperm(len(labelled.labels), generator=draws)])
        chosen, order = order[:BATCH], order[BATCH:]
        loss = functional.cross_entropy(net(shifted(labelled.images[chosen], draws)), labelled.labels[chosen])
        learn.zero_grad()
        loss.backward()
        learn.step()
        rate.step()
    return net.eval()


@torch.no_grad()
def confidences(net: Recogniser, images: Tensor) -> Tensor:
    """Class probabilities (N, classes) of pictures (N, C, H, W)."""
    return torch.cat([net(small(part)).softmax(1) for part in images.split(256)])


@torch.no_grad()
def features(net: Recogniser, images: Tensor) -> Tensor:
    """What the network sees before it names a class, (N, FEATURES)."""
    return torch.cat([net.look(small(part)) for part in images.split(256)])


def learned_from(real: Sample, seed: int) -> Recogniser:
    """The recogniser for a sample: trained on its `train` items, so that `fields` stay unseen."""
    blocks = real.train.blocks() if real.train else [real.fields]
    return recogniser(Labelled.of(blocks, len(real.spec.classes)), seed, UPDATES)
