"""A small multi-layer perceptron: value and the gradients of all its parameters."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import engines
from timing import Limit, Row, Settings, Workload, measure

import numpy as np

SIZES = (784, 256, 128, 10)
BATCH = 128


def inputs() -> tuple[np.ndarray, ...]:
    """Weights and biases of the three layers, the images, the labels as one-hot rows."""
    rng = np.random.default_rng(3)
    arrays = []
    for before, after in pairwise(SIZES):
        arrays.append(rng.normal(scale=before**-0.5, size=(before, after)).astype(np.float32))
        arrays.append(rng.normal(scale=0.1, size=after).astype(np.float32))
    images = rng.normal(size=(BATCH, SIZES[0])).astype(np.float32)
    labels = np.eye(SIZES[-1], dtype=np.float32)[rng.integers(SIZES[-1], size=BATCH)]
    return (*arrays, images, labels)


def loss(
    lib: object,
    w1: object,
    b1: object,
    w2: object,
    b2: object,
    w3: object,
    b3: object,
    images: object,
    labels: object,
) -> object:
    """The mean cross-entropy of the softmax, spelled out."""
    hidden = lib.maximum(images @ w1 + b1, 0.0)
    hidden = lib.maximum(hidden @ w2 + b2, 0.0)
    scores = hidden @ w3 + b3
    scores = scores - lib.max(scores, axis=1, keepdims=True)
    total = lib.sum(lib.exp(scores), axis=1)
    return lib.sum(lib.log(total) - lib.sum(scores * labels, axis=1)) / BATCH


def by_hand(arrays: tuple[np.ndarray, ...]) -> Callable:
    w1, b1, w2, b2, w3, b3, images, labels = arrays

    def run() -> object:
        h1 = images @ w1
        h1 += b1
        np.maximum(h1, 0.0, out=h1)
        h2 = h1 @ w2
        h2 += b2
        np.maximum(h2, 0.0, out=h2)
        scores = h2 @ w3
        scores += b3
        scores -= scores.max(axis=1, keepdims=True)
        powers = np.exp(scores)
        total = powers.sum(axis=1)
        value = (np.log(total) - (scores * labels).sum(axis=1)).sum() / np.float32(BATCH)

        g = (powers / total[:, None] - labels) / BATCH
        gw3, gb3 = h2.T @ g, g.sum(axis=0)
        g = g @ w3.T
        g *= h2 > 0.0
        gw2, gb2 = h1.T @ g, g.sum(axis=0)
        g = g @ w2.T
        g *= h1 > 0.0
        return value, [images.T @ g, g.sum(axis=0), gw2, gb2, gw3, gb3]

    return run


def step(settings: Settings) -> list[Row]:
    """784-256-128-10 in float32, batch 128."""
    arrays = inputs()
    variants = engines.gradient_variants(settings.engines, loss, arrays, 6, (by_hand(arrays),))
    workload = Workload(
        "c. MLP 784-256-128-10, batch 128, f32",
        engines.joined(variants),
        {"total": (Limit(1.15),)},
        tolerance=1e-4,
    )
    return measure(workload, settings)
