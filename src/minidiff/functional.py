"""Derivatives of functions: `grad`, `vjp`, `jvp`, `jacobian`, `hessian` and their kin.

They take a function of tensors and give a function, and compose to any depth. Arguments and results
may be nested containers of tensors; plain arrays and numbers are taken as tensors.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ._calls import (
    Argnums,
    Call,
    Function,
    as_asked,
    checked_argnums,
    checked_sequence,
    constants,
    directions,
    named_like,
    one_real_number,
    ones_like,
    zeros_like,
)
from ._rows import WAYS, checked_kind
from .core.pullback import Pullback
from .core.trees import with_leaves

__all__ = [
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "linearize",
    "stop_gradient",
    "value_and_grad",
    "vjp",
]

# ---- gradients of one number


def grad(f: Function, argnums: Argnums = 0, *, has_aux: bool = False) -> Function:
    """The gradient of a function that returns one real number.

    Parameters
    ----------
    f : callable
        Returns a real Tensor of shape (); with `has_aux` a pair of it and anything else.
    argnums : int or sequence of int
        Which positional arguments to differentiate with respect to. Each may be a nested container
        of tensors; plain arrays become tensors, and Python numbers floating ones, counts and flags
        in a container too: leave those out of it, or in a field that is static.
    has_aux : bool
        Whether `f` returns a pair, the second of which is passed on. Its tensors are constants
        here, and keep their derivatives for transforms around this one.

    Returns
    -------
    callable
        Takes what `f` takes and returns ∂f/∂argument, in the argument's containers, for complex
        arguments ∂f/∂Re + i ∂f/∂Im; a tuple of them for a sequence of `argnums`; a pair of this and
        the auxiliary result with `has_aux`. Leaves no gradient in any `.grad`.

    Raises
    ------
    TypeError
        When called: if the result is not one real number, or an argument to differentiate with
        respect to is not of a real or complex floating dtype.
    ValueError
        When called: if there is no argument of a number in `argnums`, or one is named twice.

    Examples
    --------
    >>> import minidiff as md
    >>> from minidiff.functional import grad
    >>> grad(lambda x: md.sum(x**3))(md.asarray([1.0, 2.0]))
    Tensor([ 3., 12.])
    >>> grad(lambda x, y: x * y, argnums=(0, 1))(2.0, 3.0)
    (Tensor(3.), Tensor(2.))
    >>> grad(grad(lambda x: x**3))(2.0)
    Tensor(12.)
    """
    both = value_and_grad(f, argnums, has_aux=has_aux)

    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, gradients = both(*args, **kwargs)
        return (gradients, value[1]) if has_aux else gradients

    return named_like(f, gradient, "grad")


def value_and_grad(f: Function, argnums: Argnums = 0, *, has_aux: bool = False) -> Function:
    """The value of a function and its gradient, in one evaluation; see `grad`.

    Returns
    -------
    callable
        Takes what `f` takes and returns a pair: what `f` returns, and the gradient.

    Examples
    --------
    >>> import minidiff as md
    >>> from minidiff.functional import value_and_grad
    >>> value_and_grad(lambda x: x["a"] * x["b"])({"a": 3.0, "b": 5.0})
    (Tensor(15.), {'a': Tensor(5.), 'b': Tensor(3.)})
    """
    numbers = checked_argnums("grad", argnums)

    def value_and_gradient(*args: Any, **kwargs: Any) -> Any:
        pull, gradients = with_gradients(Call("grad", f, numbers, args, kwargs, has_aux))
        value = (pull.value, pull.aux) if has_aux else pull.value
        return value, as_asked(argnums, gradients)

    return named_like(f, value_and_gradient, "value_and_grad")


def with_gradients(call: Call) -> tuple[Pullback, list[Any]]:
    """A call ready to be walked back, and its gradients, one for each chosen argument."""
    pull = call.recorded()
    return pull, call.split(pull([ones_like(one_real_number(pull.outs))]))


# ---- products with the Jacobian


def vjp(f: Function, *primals: Any, has_aux: bool = False, **kwargs: Any) -> Any:
    """The value of a function, and the product of a cotangent with its Jacobian as a function.

    Parameters
    ----------
    f : callable
        Returns a tensor, or a nested container of tensors; with `has_aux` a pair of it and
        anything else.
    *primals : tensor, array, number or nested container of them
        Its arguments, all of them differentiated with respect to.
    has_aux : bool
        Whether `f` returns a pair, the second of which is passed on.
    **kwargs
        Passed to `f` as they are: what is not differentiated with respect to.

    Returns
    -------
    (value, pullback) or (value, pullback, aux)
        `pullback(cotangent)` takes what has the value's containers and shapes and gives a tuple,
        one gradient per primal. It can be called any number of times.

    Raises
    ------
    TypeError
        If a primal is not of a real or complex floating dtype, or a result is no Tensor; from
        `pullback`, if a cotangent is complex and what it belongs to is real.
    ValueError
        From `pullback`, if the cotangent has other containers or shapes than the value.

    Examples
    --------
    >>> import minidiff as md
    >>> from minidiff.functional import vjp
    >>> value, pullback = vjp(lambda x, y: x * y, md.asarray([1.0, 2.0]), md.asarray([3.0, 4.0]))
    >>> pullback(md.asarray([1.0, 10.0]))
    (Tensor([ 3., 40.]), Tensor([ 1., 20.]))
    """
    call = Call("vjp", f, range(len(primals)), primals, kwargs, has_aux)
    pull = call.recorded()

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        given = directions("vjp", "cotangent", pull.value, cotangent, pull.outs)
        return tuple(call.split(pull(given)))

    return (pull.value, pullback, pull.aux) if has_aux else (pull.value, pullback)


def jvp(
    f: Function,
    primals: Sequence[Any],
    tangents: Sequence[Any],
    *,
    has_aux: bool = False,
    **kwargs: Any,
) -> Any:
    """The value of a function and its derivative along a direction, without keeping a graph.

    Parameters
    ----------
    f : callable
        Takes as many arguments as there are `primals`; returns a tensor or a nested container of
        tensors; with `has_aux` a pair of it and anything else.
    primals, tangents : list or tuple of tensors, arrays, numbers, or nested containers of them
        Where, and along which direction; of equal containers and shapes, real or complex floating.
        A tangent takes the dtype of its primal.
    has_aux : bool
        Whether `f` returns a pair, the second of which is passed on.
    **kwargs
        Passed to `f` as they are: what is not differentiated with respect to.

    Returns
    -------
    (value, tangent) or (value, tangent, aux)
        The value and the Jacobian-vector product, in the containers, shapes and dtypes of the
        value.

    Raises
    ------
    ValueError
        If the tangents have other containers or shapes than the primals.
    TypeError
        If a primal is not of a floating dtype, a tangent complex for a real primal, or a result no
        Tensor.

    Examples
    --------
    >>> import minidiff as md
    >>> md.jvp(md.sin, [md.asarray(0.0)], [md.asarray(2.0)])
    (Tensor(0.), Tensor(2.))
    """
    primals = checked_sequence("jvp", "primals", primals)
    tangents = checked_sequence("jvp", "tangents", tangents)
    call = Call("jvp", f, range(len(primals)), primals, kwargs, has_aux)
    ways = directions("jvp", "tangent", primals, tangents, call.inputs)
    (value, aux), moved = call.pushed(*ways)
    tangent = with_leaves(value, moved)
    return (value, tangent, aux) if has_aux else (value, tangent)


def linearize(f: Function, *primals: Any, has_aux: bool = False, **kwargs: Any) -> Any:
    """The value of a function, and its derivative there as a linear function of the direction.

    Where `jvp` evaluates `f` for each direction, this evaluates it once, and keeps its graph.

    Parameters
    ----------
    f, *primals, has_aux, **kwargs
        As for `vjp`.

    Returns
    -------
    (value, derivative) or (value, derivative, aux)
        `derivative(*tangents)` takes what has the primals' containers and shapes.

    Examples
    --------
    >>> import minidiff as md
    >>> from minidiff.functional import linearize
    >>> value, derivative = linearize(lambda x: x * x, md.asarray([1.0, 2.0]))
    >>> derivative(md.asarray([1.0, 0.0])), derivative(md.asarray([0.0, 1.0]))
    (Tensor([2., 0.]), Tensor([0., 4.]))
    """
    call = Call("linearize", f, range(len(primals)), primals, kwargs, has_aux)
    pull = call.recorded()
    # What a cotangent gives is linear in it, so its own transposed derivative is the derivative.
    zeros = [zeros_like(x) for x in pull.outs]
    transposed = Pullback(lambda *given: pull(given), zeros, pull.outer)

    def derivative(*tangents: Any) -> Any:
        moved = directions("linearize", "tangent", primals, tangents, call.inputs)
        return with_leaves(pull.value, transposed(moved))

    return (pull.value, derivative, pull.aux) if has_aux else (pull.value, derivative)


# ---- whole matrices


def jacobian(
    f: Function,
    argnums: Argnums = 0,
    *,
    mode: str | None = None,
    has_aux: bool = False,
    holomorphic: bool = False,
) -> Function:
    """All first derivatives of a function.

    Parameters
    ----------
    f : callable
        Returns a tensor, or a nested container of tensors; with `has_aux` a pair of it and
        anything else.
    argnums : int or sequence of int
        Which positional arguments to differentiate with respect to.
    mode : {None, 'forward', 'reverse'}
        One pass per element of the arguments, or of the results. Reverse mode evaluates `f` once;
        'forward' does too, for all passes at once, and keeps no graph. By default whichever are
        fewer: `f` is evaluated and recorded, and where it has more results than arguments evaluated
        again. `minidiff.random` draws the same numbers again, but what `f` changes besides, an
        array that it writes into, it changes twice.
    has_aux : bool
        Whether `f` returns a pair, the second of which is passed on.
    holomorphic : bool
        Whether `f` is a holomorphic function of complex arguments; its Jacobian is complex.

    Returns
    -------
    callable
        Takes what `f` takes. For each tensor of the result, in its containers, and for each tensor
        of the argument, in its containers, the derivatives in an array of shape
        `result.shape + argument.shape`; a tuple of arguments for a sequence of `argnums`.

    Raises
    ------
    ValueError
        If `mode` is another word.
    TypeError
        When called: if an argument or a result is not floating; if one is complex (its derivative
        is no single matrix, unless `f` is holomorphic), or with `holomorphic` real.

    Examples
    --------
    >>> import minidiff as md
    >>> from minidiff.functional import jacobian
    >>> jacobian(lambda x: x * x)(md.asarray([1.0, 2.0]))
    Tensor([[2., 0.],
           [0., 4.]])
    >>> jacobian(lambda z: z * z, holomorphic=True)(1.0 + 2.0j)
    Tensor(2.+4.j)
    """
    numbers = checked_argnums("jacobian", argnums)
    if mode not in WAYS:
        raise ValueError(f"jacobian: mode is None, 'forward' or 'reverse', not {mode!r}")

    def matrix(*args: Any, **kwargs: Any) -> Any:
        call = Call("jacobian", f, numbers, args, kwargs, has_aux)
        checked_kind(call.inputs, holomorphic)
        (value, aux), blocks = WAYS[mode](call, holomorphic)
        whole = with_leaves(value, [as_asked(argnums, call.split(row)) for row in blocks])
        return (whole, aux) if has_aux else whole

    return named_like(f, matrix, "jacobian")


def hessian(f: Function, argnums: Argnums = 0, *, has_aux: bool = False) -> Function:
    """All second derivatives of a function that returns one real number.

    Reverse mode over reverse mode: all rows at once by `vmap`. In Python a recorded backward pass
    costs less than the tangents of one, and the Hessian is symmetric (docs/decisions/0007).

    Parameters
    ----------
    f, argnums, has_aux
        As for `grad`.

    Returns
    -------
    callable
        Takes what `f` takes. For an argument of one tensor an array of shape
        `argument.shape + argument.shape`; for containers, containers of containers of them; for a
        sequence of `argnums` a tuple of tuples.

    Examples
    --------
    >>> import minidiff as md
    >>> from minidiff.functional import hessian
    >>> hessian(lambda x: x[0] ** 2 * x[1])(md.asarray([1.0, 3.0]))
    Tensor([[6., 2.],
           [2., 0.]])
    """
    gradient = grad(f, argnums, has_aux=has_aux)
    rows = jacobian(gradient, argnums, mode="reverse", has_aux=has_aux)
    return named_like(f, rows, "hessian")


def hvp(
    f: Function,
    primals: Sequence[Any],
    tangents: Sequence[Any],
    argnums: Argnums | None = None,
    *,
    has_aux: bool = False,
    **kwargs: Any,
) -> Any:
    """The product of the Hessian of a function with a direction, for the price of two gradients.

    The gradient's gradient: as the Hessian is symmetric, its transposed product is the product. If
    gradients of your own make it asymmetric, this is the transposed one, and
    `jvp(grad(f), primals, tangents)` the product itself.

    Parameters
    ----------
    f : callable
        As for `grad`.
    primals : list or tuple
        All positional arguments of `f`.
    tangents : list or tuple
        A direction for each primal that `argnums` names; as for `jvp`.
    argnums : int or sequence of int, optional
        Which primals to differentiate with respect to; all of them by default.
    has_aux : bool
        Whether `f` returns a pair, the second of which is passed on.
    **kwargs
        Passed to `f` as they are.

    Returns
    -------
    product or (product, aux)
        The product in the containers of the one primal, or a tuple, one for each of several.

    Examples
    --------
    >>> import minidiff as md
    >>> from minidiff.functional import hvp
    >>> hvp(lambda x: md.sum(x**3), [md.asarray([1.0, 2.0])], [md.asarray([1.0, 1.0])])
    Tensor([ 6., 12.])
    """
    primals = checked_sequence("hvp", "primals", primals)
    tangents = checked_sequence("hvp", "tangents", tangents)
    if argnums is None:
        argnums = range(len(primals)) if len(primals) > 1 else 0
    numbers = checked_argnums("hvp", argnums)

    def gradient(*args: Any, **kwargs: Any) -> Any:
        pull, gradients = with_gradients(Call("grad", f, numbers, args, kwargs, has_aux))
        return (gradients, pull.aux) if has_aux else gradients

    call = Call("hvp", gradient, numbers, primals, kwargs, has_aux)
    pull = call.recorded()
    given = directions("hvp", "tangent", call.chosen, tangents, pull.outs)
    product = as_asked(argnums, call.split(pull(given)))
    return (product, pull.aux) if has_aux else product


def stop_gradient(x: Any) -> Any:
    """The same values as constants, in reverse and forward mode; nested containers keep their form.

    Examples
    --------
    >>> import minidiff as md
    >>> from minidiff.functional import grad, stop_gradient
    >>> grad(lambda x: x * stop_gradient(x))(3.0)
    Tensor(3.)
    """
    return constants(x)
