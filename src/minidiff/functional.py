"""Derivatives of functions: `grad`, `vjp`, `jvp`, `jacobian`, `hessian` and their kin.

They take a function of tensors and give a function, and compose to any depth. Arguments and results
may be nested containers of tensors; plain arrays and numbers are taken as tensors.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from ._calls import (
    Argnums,
    Call,
    Function,
    as_tensor,
    checked_argnums,
    checked_results,
    constants,
    matching,
    named_like,
    ones_like,
    refuse_complex,
    value_and_aux,
    variable,
    zeros_like,
)
from ._rows import basis, elements, for_each, shaped
from .core.forward import Duals
from .core.pullback import Pullback
from .core.tensor import Tensor
from .core.trees import leaves_of, with_leaves

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
        of tensors; plain arrays and Python numbers become tensors.
    has_aux : bool
        Whether `f` returns a pair, the second of which is passed on.

    Returns
    -------
    callable
        Takes what `f` takes and returns ∂f/∂argument, in the argument's containers, for complex
        arguments ∂f/∂Re + i ∂f/∂Im; a tuple of them for several `argnums`; a pair of this and the
        auxiliary result with `has_aux`. Leaves no gradient in any `.grad`.

    Raises
    ------
    TypeError
        When called: if the result is not one real number, or an argument to differentiate with
        respect to is not of a real or complex floating dtype.
    ValueError
        When called: if there is no argument of a number in `argnums`.

    Examples
    --------
    >>> import minidiff as md
    >>> from minidiff.functional import grad
    >>> grad(lambda x: md.sum(x**3))(md.asarray([1.0, 2.0]))
    Tensor([ 3., 12.])
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
        call = Call("grad", f, numbers, args, kwargs, has_aux)
        (out,) = call.outs if len(call.outs) == 1 else (None,)
        if out is None or out.shape != () or out._backend.is_complex(out.dtype):
            found = ", ".join(f"{one.dtype} of shape {one.shape}" for one in call.outs) or "nothing"
            raise TypeError(
                "grad: the function has to return one real number, a Tensor of shape (), and it "
                f"returned {found}; reduce it (sum, mean), or use vjp or jacobian"
            )
        (gradients,) = [call.pull([ones_like(out)])]
        chosen = call.split(gradients)
        return call.result, chosen if isinstance(argnums, Sequence) else chosen[0]

    return named_like(f, value_and_gradient, "value_and_grad")


# ---- products with the Jacobian


def vjp(f: Function, *primals: Any, has_aux: bool = False) -> Any:
    """The value of a function, and the product of a cotangent with its Jacobian as a function.

    Parameters
    ----------
    f : callable
        Returns a tensor, or a nested container of tensors; with `has_aux` a pair of it and
        anything else.
    *primals : tensor, or nested container of tensors
        Its arguments, all of them differentiated with respect to.
    has_aux : bool
        Whether `f` returns a pair, the second of which is passed on.

    Returns
    -------
    (value, pullback) or (value, pullback, aux)
        `pullback(cotangent)` takes what has the value's containers and shapes and gives a tuple,
        one gradient per primal. It can be called any number of times.

    Raises
    ------
    TypeError
        If a primal is not of a real or complex floating dtype, or a result is no Tensor.
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
    call = Call("vjp", f, range(len(primals)), primals, {}, has_aux)

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        return tuple(call.split(call.pull(matching("vjp", "cotangent", call.value, cotangent))))

    return (call.value, pullback, call.aux) if has_aux else (call.value, pullback)


def jvp(
    f: Function, primals: Sequence[Any], tangents: Sequence[Any], *, has_aux: bool = False
) -> Any:
    """The value of a function and its derivative along a direction, without keeping a graph.

    Parameters
    ----------
    f : callable
        Takes as many arguments as there are `primals`; returns a tensor or a nested container of
        tensors; with `has_aux` a pair of it and anything else.
    primals, tangents : sequences of tensors, or of nested containers of them
        Where, and along which direction; of equal containers and shapes, real or complex floating.
    has_aux : bool
        Whether `f` returns a pair, the second of which is passed on.

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
        If a primal or tangent is not of a floating dtype, or a result is no Tensor.

    Examples
    --------
    >>> import minidiff as md
    >>> md.jvp(md.sin, [md.asarray(0.0)], [md.asarray(2.0)])
    (Tensor(0.), Tensor(2.))
    """
    if len(primals) != len(tangents):
        raise ValueError(f"jvp: {len(primals)} primals need as many tangents, not {len(tangents)}")
    points = [variable("jvp", one) for one in leaves_of(list(primals))]
    ways = [variable("jvp", one) for one in matching("jvp", "tangents", primals, tangents)]
    for point, way in zip(points, ways, strict=True):
        if point.shape != way.shape:
            raise ValueError(f"jvp: a tangent of shape {point.shape} is needed, not {way.shape}")
    with Duals(points, ways) as duals:
        value, aux = value_and_aux("jvp", f(*with_leaves(list(primals), duals.tensors)), has_aux)
        pairs = [duals.split(one) for one in checked_results("jvp", value)]
    out = with_leaves(value, [one for one, _ in pairs])
    tangent = with_leaves(value, [moved for _, moved in pairs])
    return (out, tangent, aux) if has_aux else (out, tangent)


def linearize(f: Function, *primals: Any) -> tuple[Any, Function]:
    """The value of a function, and its derivative there as a linear function of the direction.

    Where `jvp` evaluates `f` for each direction, this evaluates it once, and keeps its graph.

    Parameters
    ----------
    f : callable
        Returns a tensor, or a nested container of tensors.
    *primals : tensor, or nested container of tensors
        Where.

    Returns
    -------
    (value, derivative)
        `derivative(*tangents)` takes what has the primals' containers and shapes.

    Examples
    --------
    >>> import minidiff as md
    >>> from minidiff.functional import linearize
    >>> value, derivative = linearize(lambda x: x * x, md.asarray([1.0, 2.0]))
    >>> derivative(md.asarray([1.0, 0.0])), derivative(md.asarray([0.0, 1.0]))
    (Tensor([2., 0.]), Tensor([0., 4.]))
    """
    call = Call("linearize", f, range(len(primals)), primals, {}, False)
    # What a cotangent gives is linear in it, so its own transposed derivative is the derivative.
    zeros = [zeros_like(x) for x in call.outs]
    back = Pullback(lambda *cotangents: call.pull(cotangents), zeros, call.pull.outer)

    def derivative(*tangents: Any) -> Any:
        moved = [
            as_tensor("linearize", x) for x in matching("linearize", "tangents", primals, tangents)
        ]
        return with_leaves(call.value, back(moved))

    return call.value, derivative


# ---- whole matrices


def jacobian(
    f: Function, argnums: Argnums = 0, *, mode: str | None = None, has_aux: bool = False
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
        One pass per element of the arguments, or of the results; by default whichever are fewer.
    has_aux : bool
        Whether `f` returns a pair, the second of which is passed on.

    Returns
    -------
    callable
        Takes what `f` takes. For each tensor of the result, in its containers, and for each tensor
        of the argument, in its containers, the derivatives in an array of shape
        `result.shape + argument.shape`.

    Raises
    ------
    ValueError
        If `mode` is another word.
    TypeError
        When called: if an argument or a result is complex (its derivative is no single matrix; take
        `jvp` along 1 and 1j), or not floating at all.

    Examples
    --------
    >>> import minidiff as md
    >>> from minidiff.functional import jacobian
    >>> jacobian(lambda x: x * x)(md.asarray([1.0, 2.0]))
    Tensor([[2., 0.],
           [0., 4.]])
    """
    numbers = checked_argnums("jacobian", argnums)
    if mode not in (None, "forward", "reverse"):
        raise ValueError(f"jacobian: mode is None, 'forward' or 'reverse', not {mode!r}")

    def matrix(*args: Any, **kwargs: Any) -> Any:
        call = Call("jacobian", f, numbers, args, kwargs, has_aux)
        refuse_complex(call)
        rows, columns = elements(call.outs), elements(call.inputs)
        forward = mode == "forward" or (mode is None and columns < rows)
        blocks = by_columns(call) if forward else by_rows(call)
        trees = [call.split(row) for row in blocks]
        found = [one if isinstance(argnums, Sequence) else one[0] for one in trees]
        whole = with_leaves(call.value, found)
        return (whole, call.aux) if has_aux else whole

    return named_like(f, matrix, "jacobian")


def by_rows(call: Call) -> list[list[Tensor]]:
    """For each result and input the Jacobian, from a pull per element of the results."""
    blocks = []
    for index, out in enumerate(call.outs):
        rows = for_each(basis(out), partial(pulled_from, call, index))
        blocks.append(
            [shaped(row, out.shape + x.shape) for row, x in zip(rows, call.inputs, strict=True)]
        )
    return blocks


def pulled_from(call: Call, index: int, cotangent: Tensor) -> list[Tensor]:
    return call.pull([cotangent if i == index else None for i in range(len(call.outs))])


def by_columns(call: Call) -> list[list[Tensor]]:
    """The same from a push per element of the inputs."""
    blocks: list[list[Tensor]] = [[] for _ in call.outs]
    for index, x in enumerate(call.inputs):
        columns = for_each(basis(x), partial(pushed_along, call, index))
        for block, out, column in zip(blocks, call.outs, columns, strict=True):
            transposed = shaped(column, x.shape + out.shape)
            first = len(x.shape)
            order = (*range(first, first + len(out.shape)), *range(first))
            block.append(out._backend.tensors.permute_dims(transposed, order))
    return blocks


def pushed_along(call: Call, index: int, tangent: Tensor) -> list[Tensor]:
    tangents = [tangent if i == index else zeros_like(x) for i, x in enumerate(call.inputs)]
    return call.push(tangents)


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
        `argument.shape + argument.shape`; for containers, containers of containers of them.

    Examples
    --------
    >>> import minidiff as md
    >>> from minidiff.functional import hessian
    >>> hessian(lambda x: x[0] ** 2 * x[1])(md.asarray([1.0, 3.0]))
    Tensor([[6., 2.],
           [2., 0.]])
    """
    return named_like(
        f,
        jacobian(grad(f, argnums, has_aux=has_aux), argnums, mode="reverse", has_aux=has_aux),
        "hessian",
    )


def hvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """The product of the Hessian of a function with a direction, for the price of two gradients.

    The gradient's gradient: as the Hessian is symmetric, its transposed product is the product.

    Parameters
    ----------
    f : callable
        As for `grad`.
    primals, tangents : sequences
        As for `jvp`.

    Returns
    -------
    tensor, nested container of tensors, or tuple of them
        In the containers of the one primal, or a tuple, one for each of several.

    Examples
    --------
    >>> import minidiff as md
    >>> from minidiff.functional import hvp
    >>> hvp(lambda x: md.sum(x**3), [md.asarray([1.0, 2.0])], [md.asarray([1.0, 1.0])])
    Tensor([ 6., 12.])
    """
    _, pullback = vjp(grad(f, tuple(range(len(primals)))), *primals)
    product = pullback(tuple(tangents))
    return product if len(primals) > 1 else product[0]


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
