"""The two-variable example of the README, to first and to second order."""

from __future__ import annotations

from collections.abc import Callable

import engines
from timing import Limit, Row, Settings, Workload, measure

import numpy as np

X = np.array([[0.0, 2.0, -2.0, 1.0], [-1.0, -1.0, -2.0, -2.0]])
Y = np.array([[2.0, 3.0, 4.0, 5.0], [0.0, -1.0, -3.0, 2.0]])


def function(lib: object, x: object, y: object) -> object:
    return 2 * y * lib.sin(x) - x**2


def formulas_by_hand() -> object:
    """The value and both derivatives as one writes them down."""
    x, y = X, Y
    return (
        2 * y * np.sin(x) - x**2,
        2 * y * np.cos(x) - 2 * x,
        2 * np.sin(x),
    )


def shared_by_hand() -> object:
    """The same with what they have in common worked out once."""
    x, twice = X, 2.0 * Y
    sine = np.sin(x)
    value = twice * sine - x * x
    return value, twice * np.cos(x) - 2.0 * x, 2.0 * sine


def second_by_hand() -> object:
    x, twice = X, 2.0 * Y
    sine, cosine = np.sin(x), np.cos(x)
    product = twice * sine
    value = product - x * x
    return (
        *(value, twice * cosine - 2.0 * x, 2.0 * sine),
        *(-2.0 - product, 2.0 * cosine),
    )


def second_minidiff(engine: engines.Minidiff) -> Callable:
    lib, x, y = engine.lib, engine.leaf(X), engine.leaf(Y)

    def run() -> object:
        value = function(lib, x, y)
        value.backward(allow_higher_order=True)
        by_x, by_y = x.grad, y.grad
        by_x.backward()
        return value, by_x, by_y, x.grad, y.grad

    return run


def second_autograd(engine: engines.Autograd) -> Callable:
    make_vjp, getval, both = engine.core.make_vjp, engine.tracer.getval, engine.builtins.tuple
    ones = np.ones_like(X)

    def run() -> object:
        first: list[object] = []

        def gradient(inputs: object) -> object:
            vjp, value = make_vjp(lambda inputs: function(engine.lib, *inputs), inputs)
            by_x, by_y = vjp(ones)
            first.extend((getval(value), getval(by_x), getval(by_y)))
            return by_x

        vjp, _ = make_vjp(gradient, both((X, Y)))
        return first, list(vjp(ones))

    return run


def second_torch(engine: engines.Torch) -> Callable:
    torch, x, y = engine.torch, engine.leaf(X), engine.leaf(Y)
    ones = torch.ones_like(x)

    def run() -> object:
        value = function(torch, x, y)
        first = torch.autograd.grad(value, (x, y), ones, create_graph=True)
        second = torch.autograd.grad(first[0], (x, y), ones)
        return value, first, second

    return run


SECOND = {"minidiff": second_minidiff, "autograd": second_autograd, "torch": second_torch}


def first(settings: Settings) -> list[Row]:
    """Value and both gradients, against two ways of writing them by hand."""
    rows = []
    for name, by_hand, limits in (
        ("b. example, first order", formulas_by_hand, (Limit(4.0),)),
        ("b. the same, NumPy sharing terms", shared_by_hand, ()),
    ):
        variants = engines.gradient_variants(settings.engines, function, (X, Y), 2, (by_hand,))
        workload = Workload(name, engines.joined(variants), {"total": limits})
        rows += measure(workload, settings)
    return rows


def second(settings: Settings) -> list[Row]:
    """Value, both gradients, and the gradient of the first of them."""
    variants = {"numpy": (second_by_hand,)}
    for name, build in SECOND.items():
        if name in settings.engines:
            variants[name] = (build(settings.engines[name]),)
    workload = Workload("b. example, first + second", variants, {"total": (Limit(8.0),)})
    return measure(workload, settings)
