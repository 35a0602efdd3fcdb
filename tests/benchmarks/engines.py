"""The libraries compared, behind one spelling: plain use, and value with gradient."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np

Function = Callable[..., object]
"""`function(lib, *inputs)`: the same text for every library, `lib` being its namespace."""


SOURCE = str(Path(__file__).resolve().parents[2] / "src")


class NumPy:
    """NumPy itself, for plain use; every workload writes its gradient by hand."""

    def __init__(self) -> None:
        self.lib = np

    def plain(self, function: Function, arrays: Sequence[np.ndarray]) -> tuple[Callable]:
        return (lambda: function(np, *arrays),)


class Minidiff:
    def __init__(self) -> None:
        self.minidiff = importlib.import_module("minidiff")
        self.lib = importlib.import_module("minidiff.array_api")
        if not hasattr(self.lib, "asarray"):  # an empty folder imports too
            raise ImportError("minidiff.array_api has no functions")

    def leaf(self, array: np.ndarray) -> object:
        return self.minidiff.Tensor(array, allow_grad=True)

    def plain(self, function: Function, arrays: Sequence[np.ndarray]) -> tuple[Callable]:
        tensors = [self.lib.asarray(array) for array in arrays]
        return (lambda: function(self.lib, *tensors),)

    def gradient(
        self, function: Function, arrays: Sequence[np.ndarray], tracked: int
    ) -> tuple[Callable, Callable]:
        """Record, then walk back; the first `tracked` arrays are differentiated.

        The last gradients are dropped first, as in a training loop (and with PyTorch below).
        """
        lib = self.lib
        leaves = [self.leaf(array) for array in arrays[:tracked]]
        inputs = [*leaves, *(lib.asarray(array) for array in arrays[tracked:])]

        def record() -> object:
            for leaf in leaves:
                leaf.grad = None
            return function(lib, *inputs)

        def back(value: object) -> object:
            value.backward()
            return (value, [leaf.grad for leaf in leaves])

        return record, back


class Autograd:
    def __init__(self) -> None:
        self.lib = importlib.import_module("autograd.numpy")
        self.core = importlib.import_module("autograd.core")
        self.tracer = importlib.import_module("autograd.tracer")
        self.builtins = importlib.import_module("autograd.builtins")

    def plain(self, function: Function, arrays: Sequence[np.ndarray]) -> tuple[Callable]:
        return (lambda: function(self.lib, *arrays),)

    def gradient(
        self, function: Function, arrays: Sequence[np.ndarray], tracked: int
    ) -> tuple[Callable, Callable]:
        lib, make_vjp = self.lib, self.core.make_vjp
        leaves, constants = self.builtins.tuple(arrays[:tracked]), arrays[tracked:]
        seeds: list[object] = []

        def record() -> object:
            return make_vjp(lambda leaves: function(lib, *leaves, *constants), leaves)

        def back(state: object) -> object:
            vjp, value = state
            if not seeds:
                seeds.append(np.ones_like(value))
            return value, list(vjp(seeds[0]))

        return record, back


class Torch:
    def __init__(self) -> None:
        self.torch = torch = importlib.import_module("torch")
        torch.set_num_threads(1)
        self.lib = SimpleNamespace(
            sin=torch.sin,
            tanh=torch.tanh,
            exp=torch.exp,
            log=torch.log,
            sum=torch.sum,
            matmul=torch.matmul,
            max=torch.amax,
            linalg=torch.linalg,
            maximum=lambda x, floor: torch.relu(x),  # much faster back than clamp_min
        )

    def plain(self, function: Function, arrays: Sequence[np.ndarray]) -> tuple[Callable]:
        tensors = [self.torch.from_numpy(array) for array in arrays]
        return (lambda: function(self.lib, *tensors),)

    def leaf(self, array: np.ndarray) -> object:
        return self.torch.from_numpy(array.copy()).requires_grad_()

    def gradient(
        self, function: Function, arrays: Sequence[np.ndarray], tracked: int
    ) -> tuple[Callable, Callable]:
        lib, torch = self.lib, self.torch
        leaves = [self.leaf(array) for array in arrays[:tracked]]
        inputs = [*leaves, *(torch.from_numpy(array) for array in arrays[tracked:])]
        seeds: list[object] = []

        def record() -> object:
            for leaf in leaves:
                leaf.grad = None
            return function(lib, *inputs)

        def back(value: object) -> object:
            if not seeds:
                seeds.append(torch.ones_like(value))
            value.backward(seeds[0])
            return (value.detach(), [leaf.grad for leaf in leaves])

        return record, back


KINDS = {"numpy": NumPy, "minidiff": Minidiff, "autograd": Autograd, "torch": Torch}


def load() -> tuple[dict[str, object], dict[str, str]]:
    """The engines that can be imported, and why the others cannot."""
    if importlib.util.find_spec("minidiff") is None:  # not installed: this checkout's source
        sys.path.insert(1, SOURCE)
    engines, missing = {}, {}
    for name, kind in KINDS.items():
        try:
            engines[name] = kind()
        except ImportError as error:
            missing[name] = str(error)
    return engines, missing


def version(name: str) -> str:
    """The installed version of a library, for the heading."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "source tree"


def plain_variants(
    engines: dict[str, object], function: Function, arrays: Sequence[np.ndarray]
) -> dict[str, tuple[Callable]]:
    """The function on untracked inputs, by every engine."""
    return {name: engine.plain(function, arrays) for name, engine in engines.items()}


def gradient_variants(
    engines: dict[str, object],
    function: Function,
    arrays: Sequence[np.ndarray],
    tracked: int,
    by_hand: Sequence[Callable],
) -> dict[str, Sequence[Callable]]:
    """Value and gradient in two phases by every engine, NumPy's written by hand."""
    variants: dict[str, Sequence[Callable]] = {"numpy": by_hand}
    for name, engine in engines.items():
        if name != "numpy":
            variants[name] = engine.gradient(function, arrays, tracked)
    return variants


def joined(variants: dict[str, Sequence[Callable]]) -> dict[str, tuple[Callable]]:
    """The same with the phases run as one, for workloads where only the total counts."""

    def join(first: Callable, second: Callable) -> Callable:
        return lambda: second(first())

    return {
        name: tuple(phases) if len(phases) == 1 else (join(*phases),)
        for name, phases in variants.items()
    }
