"""The hot path: run an operation on the arrays, wrap the result, record what its formulas need.

One factory per kind of signature. Inside, the code is straight on purpose: a helper call per
operand, a loop over parents or a check more is what an engine's overhead consists of
(tests/benchmarks shows the price of each).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from ..backends import NUMBERS, SCALARS, Backend
from .forward import record
from .general import composite, free, made_inside, refuse, several, wide
from .graph import OpNode, next_number
from .nodes import NOTHING, PLAIN, Above, constant, parameter, together, unwrap
from .rules import Rule, rule_of
from .state import RECORDING, state
from .tensor import UNRECORDED, Tensor, blank, look_again

recording = state.get


def wrapper(
    rule: Rule, home: Backend | None = None, *, for_users: bool = True
) -> Callable[..., Any]:
    """What users call, for a rule: with the row's name, docstring and signature (less `xp`).

    `home` is the backend of a wrapped library's namespace: there the creation functions make that
    library's arrays. The namespaces that formulas see have those that are not `for_users`.
    """
    if rule.free:
        function = free(rule, home)
    elif rule.word == "composite":
        function = composite(rule)
    else:
        function = FACTORIES[rule.kind](rule, refuse)
    if for_users and rule.takes_device:
        function = made_inside(function)
    update_wrapper(function, rule.row)
    del function.__wrapped__  # type: ignore[attr-defined]  # the row's signature has an xp
    function.__signature__ = rule.signature  # type: ignore[attr-defined]
    function.rule = rule  # type: ignore[attr-defined]
    if home is None and for_users:
        rule.function = function
    return function


def operator(function: Any, otherwise: Callable[..., Any]) -> Callable[..., Any]:
    """A one- or two-array function as an operator; `otherwise` answers for other operands."""
    rule = rule_of(function)
    method = FACTORIES[rule.kind](rule, otherwise)
    return update_wrapper(method, function)


def unary(rule: Rule, otherwise: Callable[..., Any]) -> Callable[..., Any]:
    kernels = rule.kernels
    keep_x, _, keep_out = rule.keeps_first
    never = not rule.inputs
    views = rule.views
    stays = rule.stays  # the result has the shape and dtype of its array

    def call(x: Any, /) -> Any:
        if type(x) is not Tensor:
            return otherwise(rule, x)
        if x._at is not None:
            look_again(x)
        backend = x._backend
        try:
            kernel = kernels[backend]
        except KeyError:
            kernel = rule.bind(backend)
        data = kernel(x._data)
        if type(data) is not backend.array_type:
            if isinstance(data, tuple):
                return several(rule, backend, data, (x,), {})
            data = backend.asarray(data)
        out = blank()
        out._data = data
        out._backend = backend
        out._at = None
        parent = x._node
        if parent is None or never:
            out._node = None
        elif recording() is not RECORDING:
            out._node = None
            record(rule, out, (x,), {})
        else:
            node = OpNode()
            node.rule = rule
            node.backend = backend
            node.number = next_number()
            node.shape, node.dtype = (
                (parent.shape, parent.dtype) if stays else (data.shape, data.dtype)
            )
            node.parent1 = parent
            node.parent2 = None
            if keep_x:
                node.x1 = x._data
                (x if x._at is None else x._at[0])._kept = True
            if keep_out:
                node.out = data
                out._kept = True
            out._node = node
        if views and backend.is_view(data, x._data, ()):
            note_view(rule, out, x, (), NOTHING)
        return out

    return call


def binary(rule: Rule, otherwise: Callable[..., Any]) -> Callable[..., Any]:
    kernels = rule.kernels
    keeps_first, keeps_second, keeps_both = rule.keeps_first, rule.keeps_second, rule.keeps_both
    never, stays = not rule.inputs, rule.stays
    ready = () if rule.takes_numbers else NUMBERS  # of which the backend may have arrays

    def call(x1: Any, x2: Any, /) -> Any:
        if type(x1) is Tensor:
            if x1._at is not None:
                look_again(x1)
            backend = x1._backend
            array1 = x1._data
            parent1: Any = x1._node
            if type(x2) is Tensor:
                if x2._at is not None:
                    look_again(x2)
                if x2._backend is not backend:
                    return rule.function(*together(rule.name, x1, x2))
                array2 = x2._data
                parent2: Any = x2._node
            else:
                parent2 = None
                if type(x2) in ready and array1.dtype is backend.double:
                    array2 = backend.doubles[x2]
                elif type(x2) in SCALARS:
                    single = type(x2) in ready and array1.dtype is backend.single
                    array2 = backend.singles[x2] if single else x2
                elif isinstance(x2, backend.constants):
                    array2 = backend.constant(x2)
                else:
                    return otherwise(rule, x1, x2)
        elif type(x2) is Tensor:
            if x2._at is not None:
                look_again(x2)
            backend = x2._backend
            array2 = x2._data
            parent1 = None
            if type(x1) in ready and array2.dtype is backend.double:
                array1 = backend.doubles[x1]
            elif type(x1) in SCALARS:
                single = type(x1) in ready and array2.dtype is backend.single
                array1 = backend.singles[x1] if single else x1
            elif isinstance(x1, backend.constants):
                array1 = backend.constant(x1)
            else:
                return otherwise(rule, x1, x2)
            parent2 = x2._node
        else:
            return otherwise(rule, x1, x2)

        try:
            kernel = kernels[backend]
        except KeyError:
            kernel = rule.bind(backend)
        data = kernel(array1, array2)
        if type(data) is not backend.array_type:
            data = backend.asarray(data)
        out = blank()
        out._data = data
        out._backend = backend
        out._at = None
        if parent1 is None:
            if parent2 is None or never:
                out._node = None
                return out
            keep1, keep2, keep_out = keeps_second
            like = parent2
        elif never:
            out._node = None
            return out
        else:
            keep1, keep2, keep_out = keeps_first if parent2 is None else keeps_both
            like = parent1
        if recording() is not RECORDING:
            out._node = None
            record(rule, out, (x1, x2), {})
            return out
        node = OpNode()
        node.rule = rule
        node.backend = backend
        node.number = next_number()
        if stays and (
            type(x2) in NUMBERS
            if parent2 is None
            else type(x1) in NUMBERS
            if parent1 is None
            else parent1.shape is parent2.shape and parent1.dtype is parent2.dtype
        ):
            node.shape, node.dtype = like.shape, like.dtype
        else:
            # The very tuple of a parent of that shape: the backward pass compares by identity.
            shape, known = data.shape, like.shape
            node.shape = known if known == shape else shape
            node.dtype = data.dtype
        node.parent1 = parent1
        node.parent2 = parent2
        if keep1:
            if type(x1) is Tensor:
                node.x1 = array1
                (x1 if x1._at is None else x1._at[0])._kept = True
            else:
                node.x1 = array1 if array1 is not x1 else constant(x1, rule, backend, data)
        if keep2:
            if type(x2) is Tensor:
                node.x2 = array2
                (x2 if x2._at is None else x2._at[0])._kept = True
            else:
                node.x2 = array2 if array2 is not x2 else constant(x2, rule, backend, data)
        if keep_out:
            node.out = data
            out._kept = True
        out._node = node
        return out

    return call


def parametric(rule: Rule, otherwise: Callable[..., Any]) -> Callable[..., Any]:
    kernels = rule.kernels
    keep_x, _, keep_out = rule.keeps_first
    never = not rule.inputs
    views = rule.views
    most, keywords = limits(rule)

    def call(x: Any, /, *args: Any, **kwargs: Any) -> Any:
        if type(x) is not Tensor:
            return otherwise(rule, x)
        if len(args) > most or (kwargs and not keywords.issuperset(kwargs)):
            rule.signature.bind(x, *args, **kwargs)  # raises what Python raises
        if x._at is not None:
            look_again(x)
        backend = x._backend
        parent = x._node
        tracked = parent is not None and not never
        try:
            if args:
                args = tuple(
                    [
                        a if type(a) in PLAIN else parameter(a, backend, tracked, rule.name)
                        for a in args
                    ]
                )
            if kwargs:
                for a in kwargs.values():
                    if type(a) not in PLAIN:
                        kwargs = {
                            name: parameter(a, backend, tracked, rule.name)
                            for name, a in kwargs.items()
                        }
                        break
        except Above as upper:
            return rule.function(upper.backend.adopt(x), *args, **kwargs)
        try:
            kernel = kernels[backend]
        except KeyError:
            kernel = rule.bind(backend)
        data = kernel(x._data, *args, **kwargs)
        if type(data) is not backend.array_type:
            if isinstance(data, tuple):
                return several(rule, backend, data, (x, *args), kwargs)
            if data is NotImplemented or not hasattr(data, "dtype"):
                return data
            data = backend.asarray(data)
        out = blank()
        out._data = data
        out._backend = backend
        out._at = None
        if not tracked:
            out._node = None
        elif recording() is not RECORDING or data.dtype not in backend.plain:
            out._node = None
            record(rule, out, (x, *args), kwargs)  # which leaves integer results alone
        else:
            node = OpNode()
            node.rule = rule
            node.backend = backend
            node.number = next_number()
            node.shape = data.shape
            node.dtype = data.dtype
            node.parent1 = parent
            node.parent2 = None
            node.args = args
            node.kwargs = kwargs
            if keep_x:
                node.x1 = x._data
                (x if x._at is None else x._at[0])._kept = True
            if keep_out:
                node.out = data
                out._kept = True
            out._node = node
        if views and backend.is_view(data, x._data, args):
            note_view(rule, out, x, args, kwargs)
        return out

    return call


def with_argument(rule: Rule, otherwise: Callable[..., Any]) -> Callable[..., Any]:
    """One array and one argument, both by position: x[key]."""
    name, kernels = rule.name, rule.kernels
    keep_x, _, keep_out = rule.keeps_first
    never = not rule.inputs
    views = rule.views
    indexes = rule.known  # of the table's rows only getitem takes a slice

    def call(x: Any, argument: Any, /) -> Any:
        if type(x) is not Tensor:
            return otherwise(rule, x)
        if x._at is not None:
            look_again(x)
        backend = x._backend
        parent = x._node
        kind = type(argument)
        if kind not in PLAIN and not (
            kind is slice
            and type(argument.start) in PLAIN
            and type(argument.stop) in PLAIN
            and type(argument.step) in PLAIN
        ):
            try:
                argument = unwrap(argument, backend, parent is not None, rule.name)
            except Above as upper:
                return rule.function(upper.backend.adopt(x), argument)
        arguments = (argument,)
        array = x._data
        try:
            kernel = kernels[backend]
        except KeyError:
            kernel = rule.bind(backend)
        data = kernel(array, argument)
        if type(data) is not backend.array_type:
            data = backend.asarray(data)
        out = blank()
        out._data = data
        out._backend = backend
        out._at = None
        if parent is None or never:
            out._node = None
        elif recording() is not RECORDING or (dtype := data.dtype) not in backend.plain:
            out._node = None
            record(rule, out, (x, argument), {})
        else:
            node = OpNode()
            node.rule = rule
            node.backend = backend
            node.number = next_number()
            node.shape = data.shape
            node.dtype = dtype
            node.parent1 = parent
            node.parent2 = None
            node.args = arguments
            node.kwargs = NOTHING
            if keep_x:
                node.x1 = array
                (x if x._at is None else x._at[0])._kept = True
            if keep_out:
                node.out = data
                out._kept = True
            out._node = node
        if views and (
            (kind is slice and indexes and backend.slices_are_views)
            or backend.is_view(data, array, arguments)
        ):
            if x._at is None and (parent is None or out._node is not None):
                # What note_view does in the common case.
                out._at = (x, (None, name, arguments, NOTHING), array, parent)
            else:
                note_view(rule, out, x, arguments, NOTHING)
        return out

    return call


FACTORIES: dict[str, Callable[[Rule, Callable[..., Any]], Callable[..., Any]]] = {
    "unary": unary,
    "binary": binary,
    "parametric": parametric,
    "with argument": with_argument,
    "wide": wide,
}


def note_view(rule: Rule, out: Tensor, x: Tensor, args: tuple[Any, ...], kwargs: Any) -> None:
    """Tell a result that shares its input's memory which base it looks at, and how."""
    root, path = (x, None) if x._at is None else x._at[:2]
    seen: Any = root._node
    lost = seen is not None and out._node is None and not recording().live
    if lost or (x._at is not None and x._at[3] is UNRECORDED):
        seen = UNRECORDED
    out._at = (root, (path, rule.name, args, kwargs), root._data, seen)


def limits(rule: Rule) -> tuple[int, frozenset[str]]:
    """How many arguments may follow the array by position, and which may by keyword."""
    others = list(rule.signature.parameters.values())[1:]
    if any(p.kind is p.VAR_POSITIONAL for p in others):
        most = 1 << 30
    else:
        most = sum(p.kind is not p.KEYWORD_ONLY for p in others)
    return most, frozenset(p.name for p in others if p.kind is not p.POSITIONAL_ONLY)
