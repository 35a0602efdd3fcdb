"""Whole matrices, batches and checkpoints: against PyTorch, or against the plain way to do it."""

from __future__ import annotations

import importlib
from collections.abc import Callable

from timing import (
    REFERENCE,
    SUBJECT,
    Limit,
    Row,
    Settings,
    Workload,
    enough,
    measure,
    paired,
    peak_bytes,
    sample,
)

import numpy as np


def rosenbrock(x: object) -> object:
    return (100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def hessian_by_hand(x: np.ndarray) -> np.ndarray:
    h = np.diag(-400.0 * x[:-1], 1)
    h += h.T
    diagonal = np.zeros_like(x)
    diagonal[:-1] = 1200.0 * x[:-1] ** 2 - 400.0 * x[1:] + 2.0
    diagonal[1:] += 200.0
    return h + np.diag(diagonal)


def product_by_hand(x: np.ndarray, v: np.ndarray) -> np.ndarray:
    out = np.zeros_like(x)
    out[:-1] = (1200.0 * x[:-1] ** 2 - 400.0 * x[1:] + 2.0) * v[:-1] - 400.0 * x[:-1] * v[1:]
    out[1:] += 200.0 * v[1:] - 400.0 * x[:-1] * v[:-1]
    return out


def second_order(settings: Settings) -> list[Row]:
    """The Hessian of Rosenbrock's function, and its product with a direction."""
    rng = np.random.default_rng(7)
    small, large, way = rng.normal(size=50), rng.normal(size=10_000), rng.normal(size=10_000)
    hessians: dict[str, tuple[Callable]] = {REFERENCE: (lambda: hessian_by_hand(small),)}
    products: dict[str, tuple[Callable]] = {REFERENCE: (lambda: product_by_hand(large, way),)}
    if SUBJECT in settings.engines:
        md = importlib.import_module("minidiff")
        x, y, v = [md.asarray(one) for one in (small, large, way)]
        hessians[SUBJECT] = (lambda: md.hessian(rosenbrock)(x),)
        products[SUBJECT] = (lambda: md.hvp(rosenbrock, [y], [v]),)
    if "torch" in settings.engines:
        torch = importlib.import_module("torch")
        a, b, w = [torch.tensor(one) for one in (small, large, way)]
        functional = torch.autograd.functional
        hessians["torch"] = (lambda: functional.hessian(rosenbrock, a),)
        products["torch"] = (lambda: functional.hvp(rosenbrock, b, w)[1],)
    rows = []
    for name, variants, most in (
        ("j. Hessian, Rosenbrock 50", hessians, 0.5),
        ("j. hvp, Rosenbrock 10,000", products, 0.55),
    ):
        workload = Workload(name, variants, {"total": (Limit(most, "torch"),)})
        rows += measure(workload, settings)
    if SUBJECT in settings.engines:
        gradient = md.grad(rosenbrock)
        row = share(
            "j. hvp, against one gradient", products[SUBJECT][0], lambda: gradient(y), 2.8, settings
        )
        rows.append(row)
    return rows


def share(
    name: str, ours: Callable, plain: Callable, most: float | None, settings: Settings
) -> Row:
    """The time of one way as a share of another's, both with minidiff."""
    numbers = [enough((run,)) for run in (ours, plain)]
    times: list[list[float]] = [[], []]
    for _ in range(max(3, settings.rounds // 3)):
        for series, run, number in zip(times, (ours, plain), numbers, strict=True):
            series.append(sample((run,), number)[0])
    limits = () if most is None else (Limit(most, None),)
    return Row(name, "share", {SUBJECT: paired(*times)}, limits=limits)


def batches(settings: Settings) -> list[Row]:
    """`vmap` against the loop, and a Jacobian against its rows one by one."""
    if SUBJECT not in settings.engines:
        return []
    md = importlib.import_module("minidiff")
    rng = np.random.default_rng(8)
    sets = 1000

    def network(p: tuple, x: object) -> object:
        w1, b1, w2, b2 = p
        return md.sum((md.tanh(x @ w1 + b1) @ w2 + b2) ** 2)

    value_and_grad = md.value_and_grad(network)
    shapes = ((4, 16), (16,), (16, 1), (1,))
    parameters = tuple(md.asarray(rng.normal(size=(sets, *shape))) for shape in shapes)
    rows = []
    for title, x, most in (
        ("one sample", rng.normal(size=4), 1 / 40),
        ("8 samples", rng.normal(size=(8, 4)), 1 / 8),
    ):
        points = md.asarray(x)
        whole = md.vmap(value_and_grad, in_axes=(0, None))

        def at_once(whole: Callable = whole, points: object = points) -> object:
            return whole(parameters, points)

        def one_by_one(points: object = points) -> object:
            return [value_and_grad(tuple(p[i] for p in parameters), points) for i in range(sets)]

        rows.append(share(f"k. vmap, 1,000 networks, {title}", at_once, one_by_one, most, settings))
    w1, w2 = [md.asarray(rng.normal(size=(200, 200)) / 20) for _ in range(2)]
    start = md.asarray(rng.normal(size=200))

    def layers(x: object) -> object:
        return md.tanh(w2 @ md.tanh(w1 @ x))

    def row_loop() -> object:
        _, pull = md.vjp(layers, start)
        return md.stack([pull(row)[0] for row in md.eye(200)])

    matrix = md.jacobian(layers, mode="reverse")
    rows.append(share("k. Jacobian, 200 x 200", lambda: matrix(start), row_loop, 0.25, settings))
    return rows


def both_ways(layer: Callable, start: np.ndarray) -> tuple[Callable, Callable]:
    """The gradient of 1,000 equal layers, in √n checkpoints and with everything kept."""
    md = importlib.import_module("minidiff")
    functions = [layer] * 1000

    def in_parts() -> object:
        x = md.Tensor(start, allow_grad=True)
        md.checkpoint_sequence(functions, x).backward()
        return x.grad

    def everything() -> object:
        x = y = md.Tensor(start, allow_grad=True)
        for function in functions:
            y = function(y)
        y.backward()
        return x.grad

    return in_parts, everything


def checkpoints(settings: Settings) -> list[Row]:
    """1,000 equal layers with checkpoints, against keeping everything; and forward mode.

    The second run of all layers but the last √n is what it costs, so the share of the forward pass
    decides: (2 F + B) / (F + B) of forward F and backward B is the least there can be. A layer as
    one trains it has the limits; one of a constant matrix, whose way back is short, has none.
    """
    if SUBJECT not in settings.engines:
        return []
    md = importlib.import_module("minidiff")
    rng = np.random.default_rng(9)
    weights = md.Tensor(rng.normal(size=(128, 128)) / 128, allow_grad=True)
    offsets = md.Tensor(rng.normal(size=128) / 128, allow_grad=True)
    constant = md.asarray(rng.normal(size=(64, 64)) / 64)
    trained = both_ways(
        lambda x: md.maximum(x @ weights + offsets, 0.0) + x, rng.normal(size=(128, 128))
    )
    fixed = both_ways(lambda x: md.tanh(x @ constant) + x, rng.normal(size=(256, 64)))
    memory = peak_bytes(trained[:1]) / peak_bytes(trained[1:])
    point = md.asarray(rng.normal(size=100))

    def pushed(length: int) -> Callable:
        def run(x: object) -> object:
            for _ in range(length):
                x = x * 0.999
            return x

        return lambda: md.jvp(run, [point], [point])

    pushed(10)()  # modules that are loaded when first asked for are no growth
    growth = (peak_bytes((pushed(100_000),)) - peak_bytes((pushed(1_000),))) / 1e3
    return [
        share("l. checkpoint, 1,000 layers, time", *trained, 1.5, settings),
        Row("l. checkpoint, peak memory", "share", {SUBJECT: memory}, limits=(Limit(0.1, None),)),
        share("l. checkpoint, constant tanh layers, time", *fixed, None, settings),
        Row("l. jvp, 100,000 against 1,000", "kB", {SUBJECT: growth}, limits=(Limit(10, None),)),
    ]
