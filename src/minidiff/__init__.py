"""The array API standard, differentiable: change one import, call `.backward()`."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from . import array_api
from ._tensor_methods import add_methods
from .array_api._namespace import wrap
from .core.state import (
    allow_detach,
    allow_gauge_dependence,
    detect_anomaly,
    disable_new_grads,
    enable_grad,
    no_grad,
    reuse_graph,
    strong_zeros,
)
from .core.tensor import Tensor
from .core.words import bilinear, composite, differentiable, elementwise, linear, nondifferentiable
from .numpy_protocols import answer_numpy

if TYPE_CHECKING:
    from . import batching, functional, numpy, optimize, random, special, testing
    from ._version import __version__
    from .batching import vmap
    from .checkpointing import checkpoint, checkpoint_sequence
    from .core.saving import saved_tensors_hooks
    from .custom import (
        BinaryOpClass,
        OpClass,
        TernaryOpClass,
        UnaryOpClass,
        as_minidiff,
        binary_op_func,
        create_binary_op_func,
        create_op_func,
        create_stateful_op_func,
        create_ternary_op_func,
        create_unary_op_func,
        op_func,
        ternary_op_func,
        unary_op_func,
    )
    from .draw import draw_graph, draw_tensor_op_graph
    from .files import load, save, savez
    from .functional import (
        grad,
        hessian,
        hvp,
        jacobian,
        jvp,
        linearize,
        stop_gradient,
        value_and_grad,
        vjp,
    )
    from .memory import graph_memory

add_methods()
answer_numpy()

# What is loaded when it is first asked for: `import minidiff.array_api` imports this module first,
# and needs none of it. By module, the names that the top level has of it too.
LATER = {
    "batching": ("vmap",),
    "checkpointing": ("checkpoint", "checkpoint_sequence"),
    "memory": ("graph_memory",),
    "numpy": (),
    "custom": (
        *("BinaryOpClass", "OpClass", "TernaryOpClass", "UnaryOpClass", "as_minidiff", "op_func"),
        *("binary_op_func", "create_binary_op_func", "create_op_func", "create_stateful_op_func"),
        *("create_ternary_op_func", "create_unary_op_func", "ternary_op_func", "unary_op_func"),
    ),
    "draw": ("draw_graph", "draw_tensor_op_graph"),
    "files": ("load", "save", "savez"),
    "functional": (
        *("grad", "hessian", "hvp", "jacobian", "jvp", "linearize", "stop_gradient"),
        *("value_and_grad", "vjp"),
    ),
    "optimize": (),
    "random": (),
    "special": (),
    "testing": (),
}

MODULE_OF = {name: module for module, names in LATER.items() for name in (*names, module)}
# Of modules that are themselves no names of the top level.
MODULE_OF |= {"__version__": "_version", "saved_tensors_hooks": "core.saving"}

__all__ = [
    "BinaryOpClass",
    "OpClass",
    "Tensor",
    "TernaryOpClass",
    "UnaryOpClass",
    "__version__",
    "allow_detach",
    "allow_gauge_dependence",
    "array_api",
    "as_minidiff",
    "batching",
    "bilinear",
    "binary_op_func",
    "checkpoint",
    "checkpoint_sequence",
    "composite",
    "create_binary_op_func",
    "create_op_func",
    "create_stateful_op_func",
    "create_ternary_op_func",
    "create_unary_op_func",
    "detect_anomaly",
    "differentiable",
    "disable_new_grads",
    "draw_graph",
    "draw_tensor_op_graph",
    "elementwise",
    "enable_grad",
    "functional",
    "grad",
    "graph_memory",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "linear",
    "linearize",
    "load",
    "no_grad",
    "nondifferentiable",
    "numpy",
    "op_func",
    "optimize",
    "random",
    "reuse_graph",
    "save",
    "saved_tensors_hooks",
    "savez",
    "special",
    "stop_gradient",
    "strong_zeros",
    "ternary_op_func",
    "testing",
    "unary_op_func",
    "value_and_grad",
    "vjp",
    "vmap",
    "wrap",
]


def __getattr__(name: str) -> Any:
    """What is loaded later: `md.grad`, and NumPy's and the standard's names, `md.sin`, ..."""
    if name in MODULE_OF:
        module = importlib.import_module(f".{MODULE_OF[name]}", __name__)
        found = module if name == MODULE_OF[name] else getattr(module, name)
    else:
        from . import numpy

        place = numpy if name in numpy.__all__ else array_api
        if name not in place.__all__:
            raise AttributeError(f"module 'minidiff' has no attribute {name!r}")
        found = getattr(place, name)
    globals()[name] = found  # found at once from now on
    return found


def __dir__() -> list[str]:
    from . import numpy

    return sorted({*globals(), *MODULE_OF, *array_api.__all__, *numpy.__all__})
