"""Operations of your own: a forward function, and a gradient function per input.

    times = create_binary_op_func(forward, grad_x=lambda x, y, grad: grad * y, grad_y=...)

Thin adapters over the six words, for what is no program over `xp`. The forward function works on
Tensors without history; `as_minidiff` makes one of a function on raw arrays. A gradient function
gets all the inputs and the arriving gradient as Tensors, and returns the gradient of its input;
written with minidiff's functions, it can itself be differentiated, to any order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import update_wrapper
from typing import Any, ClassVar

from ._operations import (
    Call,
    Gradients,
    checked,
    checked_gradients,
    constant_input,
    in_a_loop,
    name_of,
    recorder,
    refuse_closed_over,
    refuse_history,
)
from .backends import SCALARS, ingest, of_array
from .core.graph import next_number
from .core.state import disable_new_grads
from .core.tensor import Tensor, current, has_history, is_kept, raw, wrap
from .core.trees import leaves_of, map_leaves

__all__ = [
    "BinaryOpClass",
    "OpClass",
    "TernaryOpClass",
    "UnaryOpClass",
    "as_minidiff",
    "binary_op_func",
    "create_binary_op_func",
    "create_op_func",
    "create_stateful_op_func",
    "create_ternary_op_func",
    "create_unary_op_func",
    "op_func",
    "ternary_op_func",
    "unary_op_func",
]

Function = Callable[..., Any]
Operation = Callable[..., Tensor]


def as_minidiff(func: Function) -> Function:
    """A function on raw arrays as one on Tensors; its result is a constant.

    Inside `vmap` it runs in a loop over the samples, and warns once.

    Parameters
    ----------
    func : callable
        Takes and returns arrays of the library that the Tensors are in (or a tuple of them).
        Tensors among its arguments, also in lists, tuples and dicts, arrive as arrays, read-only
        where a graph needs them.

    Returns
    -------
    callable
        The same function on Tensors. Its results are Tensors without history; `create_op_func`
        gives them a gradient.

    Raises
    ------
    TypeError
        When called, if the function returns something else, or a Tensor with a history, which
        would be lost.

    Examples
    --------
    >>> import numpy as np
    >>> import minidiff as md
    >>> md.as_minidiff(np.ptp)(md.Tensor([1.0, 5.0, 3.0]))
    Tensor(4.)
    """

    def call(*args: Any, **kwargs: Any) -> Any:
        batched = in_a_loop(call, args, kwargs)
        if batched is not None:
            return batched
        given, keywords = map_leaves(shown, [args, kwargs])
        result = func(*given, **keywords)
        if isinstance(result, tuple):
            return tuple([constant(one, name_of(func)) for one in result])
        return constant(result, name_of(func))

    return update_wrapper(call, func, updated=())


def shown(value: Any) -> Any:
    """An argument as an array, which cannot be written where that would be a wrong number."""
    if type(value) is not Tensor:
        return value
    array = raw(value)
    return value._backend.read_only(array) if is_kept(value) or has_history(value) else array


def constant(result: Any, name: str) -> Tensor:
    found = [one for one in leaves_of(result) if type(one) is Tensor]
    if any(has_history(one) for one in found):
        raise TypeError(
            f"as_minidiff({name}): the function returned a Tensor with a history, which would be "
            "lost, since what as_minidiff gives is a constant; call what computes with Tensors as "
            "it is, or let it return t.detach()"
        )
    result = map_leaves(shown, result) if found else result
    if of_array(result) is None and type(result) not in (*SCALARS, list):
        raise TypeError(
            f"as_minidiff({name}): the function has to return an array or a number, or a tuple of "
            f"them, and it returned {type(result).__name__}"
        )
    return wrap(*ingest(result, None, None, copy=None), kept=True)


# ---- without a state


def create_op_func(
    forward_func: Function,
    grad_funcs: Gradients | None,
    propagate_kwargs: bool = False,
    is_differentiable: bool = True,
    tensor_only: bool = False,
    op_name: str | None = None,
) -> Operation:
    """An operation of a forward function and a gradient function per input.

    Parameters
    ----------
    forward_func : callable
        Takes the inputs, as Tensors without history, and any keywords; returns a Tensor.
    grad_funcs : sequence of callable or None
        One per input, None for an input without a gradient; a plain None serves for any number of
        inputs where `is_differentiable` is False. Called with all the inputs and the
        arriving gradient, all of them Tensors. Returns the gradient of its input, of the input's
        shape or one that broadcasts with it: the engine sums the axes along which the input was
        broadcast, and takes the real part for a real input. For complex data it is the adjoint as
        written: x * x has `grad * 2 * conj(x)`.
    propagate_kwargs : bool
        The keywords of a call go to the gradient functions as well.
    is_differentiable : bool
        False: the result is tracked, and every gradient is zero.
    tensor_only : bool
        Every input has to be a Tensor; otherwise at least one.
    op_name : str, optional
        What the operation is called in messages and drawings; the forward function's name.

    Returns
    -------
    callable
        The operation. Its inputs are given by position; keywords go to the forward function, and
        get no gradient.
        Forward mode follows from the gradient functions, which are linear in what arrives.

    Raises
    ------
    TypeError
        If a function is not callable; when called, if the number of inputs is another one than that
        of gradient functions, if an input is no Tensor where it has to be one, if a Tensor that
        tracks gradients comes by keyword, if the result rests on one that the forward function
        closes over, or if a result is no Tensor or array.

    Examples
    --------
    >>> import minidiff as md
    >>> area = md.create_op_func(
    ...     lambda width, height: width * height,
    ...     [lambda w, h, grad: grad * h, lambda w, h, grad: grad * w],
    ...     op_name="area",
    ... )
    >>> w, h = md.Tensor(3.0, allow_grad=True), md.Tensor(5.0, allow_grad=True)
    >>> area(w, h).backward(allow_higher_order=True)
    >>> w.grad.item(), h.grad.item()
    (5.0, 3.0)
    >>> w.grad.backward()  # the second derivative, by w and h
    >>> h.grad
    Tensor(1.)
    """
    name = op_name or name_of(forward_func)
    where = f"create_op_func of {name!r}"
    if not callable(forward_func):
        raise TypeError(f"{where}: {forward_func!r} is no function")
    if is_differentiable or grad_funcs is not None:
        grad_funcs = checked_gradients(f"{where}: grad_funcs", grad_funcs)
    count = None if grad_funcs is None else len(grad_funcs)
    record = recorder(name)

    def call(*inputs: Any, **kwargs: Any) -> Tensor:
        checked(name, inputs, count, tensor_only)
        refuse_history(name, kwargs)
        keywords = kwargs if propagate_kwargs else {}
        start = next_number()
        with nullcontext() if is_differentiable else disable_new_grads():
            out = forward_func(*[constant_input(one) for one in inputs], **kwargs)
        refuse_closed_over(name, [], out, start)
        gradients = grad_funcs if is_differentiable and grad_funcs else [zeros] * len(inputs)
        return record(Call(name, forward_func, inputs, out, gradients, keywords))

    return update_wrapper(call, forward_func, updated=())


def zeros(*inputs_and_grad: Any, **keywords: Any) -> Any:
    """The gradient of an operation that is not differentiable, which broadcasts to any input."""
    return inputs_and_grad[-1].sum() * 0.0


def create_unary_op_func(
    forward_func: Function, grad: Function | None = None, **options: Any
) -> Operation:
    """An operation with one input; options as for `create_op_func`.

    Examples
    --------
    >>> import minidiff as md
    >>> cube = md.create_unary_op_func(lambda x: x * x * x, lambda x, grad: 3 * grad * x * x)
    >>> x = md.Tensor([1.0, 2.0], allow_grad=True)
    >>> cube(x).backward(allow_higher_order=True)
    >>> x.grad.backward()
    >>> x.grad
    Tensor([ 6., 12.])
    """
    return create_op_func(forward_func, [grad], **options)


def create_binary_op_func(
    forward_func: Function,
    grad_x: Function | None = None,
    grad_y: Function | None = None,
    **options: Any,
) -> Operation:
    """An operation with two inputs; options as for `create_op_func`.

    Examples
    --------
    >>> import minidiff as md
    >>> times = md.create_binary_op_func(
    ...     lambda x, y: x * y, lambda x, y, grad: grad * y, lambda x, y, grad: grad * x
    ... )
    >>> x = md.Tensor([1.0, 2.0], allow_grad=True)
    >>> times(x, 3.0).backward()
    >>> x.grad
    Tensor([3., 3.])
    """
    return create_op_func(forward_func, [grad_x, grad_y], **options)


def create_ternary_op_func(
    forward_func: Function,
    grad_x: Function | None = None,
    grad_y: Function | None = None,
    grad_z: Function | None = None,
    **options: Any,
) -> Operation:
    """An operation with three inputs; options as for `create_op_func`."""
    return create_op_func(forward_func, [grad_x, grad_y, grad_z], **options)


def op_func(*, grad_funcs: Gradients, **options: Any) -> Callable[[Function], Operation]:
    """`create_op_func` as a decorator.

    Examples
    --------
    >>> import minidiff as md
    >>> @md.op_func(grad_funcs=[lambda x, grad, scale: grad * scale], propagate_kwargs=True)
    ... def scaled(x, scale=1.0):
    ...     return x * scale
    >>> x = md.Tensor([1.0, 2.0], allow_grad=True)
    >>> scaled(x, scale=4.0).backward()
    >>> x.grad
    Tensor([4., 4.])
    """
    return lambda function: create_op_func(function, grad_funcs, **options)


def unary_op_func(
    *, grad: Function | None = None, **options: Any
) -> Callable[[Function], Operation]:
    """`create_unary_op_func` as a decorator."""
    return lambda function: create_unary_op_func(function, grad, **options)


def binary_op_func(
    *, grad_x: Function | None = None, grad_y: Function | None = None, **options: Any
) -> Callable[[Function], Operation]:
    """`create_binary_op_func` as a decorator."""
    return lambda function: create_binary_op_func(function, grad_x, grad_y, **options)


def ternary_op_func(
    *,
    grad_x: Function | None = None,
    grad_y: Function | None = None,
    grad_z: Function | None = None,
    **options: Any,
) -> Callable[[Function], Operation]:
    """`create_ternary_op_func` as a decorator."""
    return lambda function: create_ternary_op_func(function, grad_x, grad_y, grad_z, **options)


# ---- with a state


class OpClass:
    """An operation whose gradient functions use what its forward function has saved.

    Each call has an instance of its own, made without arguments. The forward function gets the
    inputs with their history, so what it saves can be differentiated again.

    Attributes
    ----------
    inputs : int or None
        How many inputs there are; None for any number.
    """

    inputs: ClassVar[int | None] = None

    def create_forward(self) -> Function:
        """The forward function, as for `create_op_func`."""
        raise NotImplementedError(f"{type(self).__name__} has to define create_forward()")

    def create_grads(self) -> Gradients:
        """One gradient function per input, None for none; asked for after the forward function."""
        raise NotImplementedError(f"{type(self).__name__} has to define create_grads()")


class UnaryOpClass(OpClass):
    """An OpClass with one input."""

    inputs = 1


class BinaryOpClass(OpClass):
    """An OpClass with two inputs."""

    inputs = 2


class TernaryOpClass(OpClass):
    """An OpClass with three inputs."""

    inputs = 3


def create_stateful_op_func(
    op_class: type[OpClass],
    propagate_kwargs: bool = False,
    tensor_only: bool = False,
    op_name: str | None = None,
) -> Operation:
    """An operation of an OpClass: one fresh instance per call.

    Parameters
    ----------
    op_class : type
        A subclass of OpClass, called without arguments.
    propagate_kwargs, tensor_only, op_name
        As for `create_op_func`; the name is the class's.

    Returns
    -------
    callable
        The operation.

    Raises
    ------
    TypeError
        If `op_class` is no subclass of OpClass; when called, as for `create_op_func`.

    Examples
    --------
    >>> import minidiff as md
    >>> class Exponential(md.UnaryOpClass):
    ...     def create_forward(self):
    ...         def forward(x):
    ...             self.out = md.exp(x)  # computed once, used in both directions
    ...             return self.out
    ...         return forward
    ...     def create_grads(self):
    ...         return [lambda x, grad: grad * self.out]
    >>> exponential = md.create_stateful_op_func(Exponential)
    >>> x = md.Tensor([0.0], allow_grad=True)
    >>> exponential(x).backward(allow_higher_order=True)
    >>> x.grad.backward()
    >>> x.grad
    Tensor([1.])
    """
    given: Any = op_class
    if not isinstance(given, type) or not issubclass(given, OpClass):
        raise TypeError(
            f"create_stateful_op_func: op_class is a subclass of OpClass, not {op_class!r}"
        )
    name = op_name or op_class.__name__
    record = recorder(name)

    def run(inputs: Sequence[Any], kwargs: dict[str, Any]) -> tuple[Function, Any, Gradients]:
        instance = op_class()
        forward = instance.create_forward()
        out = forward(*inputs, **kwargs)
        grads = checked_gradients(f"{name}: what create_grads() returns", instance.create_grads())
        if len(grads) != len(inputs):
            raise TypeError(
                f"{name}: create_grads() has to return one gradient function per input (None for "
                f"an input without one), {len(inputs)} here, and it returned {len(grads)}"
            )
        return forward, out, grads

    def call(*inputs: Any, **kwargs: Any) -> Tensor:
        checked(name, inputs, op_class.inputs, tensor_only)
        refuse_history(name, kwargs)
        inputs = tuple([current(one) if type(one) is Tensor else one for one in inputs])
        start = next_number()
        forward, out, gradients = run(inputs, kwargs)
        refuse_closed_over(name, inputs, out, start)
        keywords = kwargs if propagate_kwargs else {}
        again = lambda inputs: run(inputs, kwargs)[2]  # noqa: E731
        return record(Call(name, forward, inputs, out, gradients, keywords, again))

    return update_wrapper(call, op_class, updated=())
