"""Operations of users: every adapter, in value, both modes and second order."""

import gc
import weakref

import array_api_strict
import pytest

import minidiff as md
import numpy as np
from minidiff.testing import gradcheck, gradgradcheck

X, Y, Z = np.array([0.3, 0.7, 1.4]), np.array([1.2, -0.4, 0.6]), np.array([0.5, 1.5, -1.0])

cube = md.create_unary_op_func(lambda x: x * x * x, lambda x, grad: 3 * grad * x * x)
ratio = md.create_binary_op_func(
    lambda x, y: x / y, lambda x, y, grad: grad / y, lambda x, y, grad: -grad * x / (y * y)
)
fused = md.create_ternary_op_func(
    lambda x, y, z: x * y + z,
    lambda x, y, z, grad: grad * y,
    lambda x, y, z, grad: grad * x,
    lambda x, y, z, grad: grad,
)
several = md.create_op_func(
    lambda a, b, c, d: a * b * c * d,
    [
        lambda a, b, c, d, grad: grad * b * c * d,
        lambda a, b, c, d, grad: grad * a * c * d,
        lambda a, b, c, d, grad: grad * a * b * d,
        lambda a, b, c, d, grad: grad * a * b * c,
    ],
)


@md.unary_op_func(grad=lambda x, grad: grad * md.cos(x))
def sine(x):
    """Sine."""
    return md.sin(x)


@md.binary_op_func(grad_x=lambda x, y, grad: grad * y, grad_y=lambda x, y, grad: grad * x)
def times(x, y):
    return x * y


@md.ternary_op_func(
    grad_x=lambda x, y, z, grad: grad * md.exp(y),
    grad_y=lambda x, y, z, grad: grad * x * md.exp(y),
    grad_z=lambda x, y, z, grad: -grad,
)
def ternary(x, y, z):
    return x * md.exp(y) - z


@md.op_func(
    grad_funcs=[lambda x, grad, power: grad * power * x ** (power - 1)], propagate_kwargs=True
)
def powered(x, power=2):
    return x**power


class Exponential(md.UnaryOpClass):
    made = 0

    def __init__(self):
        type(self).made += 1

    def create_forward(self):
        def forward(x):
            self.out = md.exp(x)
            return self.out

        return forward

    def create_grads(self):
        return [lambda x, grad: grad * self.out]


class Scaled(md.BinaryOpClass):
    def create_forward(self):
        def forward(x, y, factor=1.0):
            self.product = x * y
            return self.product * factor

        return forward

    def create_grads(self):
        return [
            lambda x, y, grad, factor=1.0: grad * self.product / x * factor,
            lambda x, y, grad, factor=1.0: grad * x * factor,
        ]


exponential = md.create_stateful_op_func(Exponential)
scaled = md.create_stateful_op_func(Scaled, propagate_kwargs=True)
# In NumPy alone: a function on raw arrays, and gradients on Tensors.
raw_tanh = md.create_unary_op_func(
    md.as_minidiff(np.tanh), lambda x, grad: grad * (1 - raw_tanh(x) ** 2), op_name="raw_tanh"
)

OPERATIONS = {
    "cube": (cube, lambda x: x**3, (X,)),
    "ratio": (ratio, np.divide, (X, Y)),
    "fused": (fused, lambda x, y, z: x * y + z, (X, Y, Z)),
    "several": (several, lambda a, b, c, d: a * b * c * d, (X, Y, Z, X)),
    "sine": (sine, np.sin, (X,)),
    "times": (times, np.multiply, (X, Y)),
    "broadcast": (times, np.multiply, (X, Y[:, None])),
    "number and array": (times, np.multiply, (np.array(2.0), Y)),
    "ternary": (ternary, lambda x, y, z: x * np.exp(y) - z, (X, Y, Z)),
    "keywords": (lambda x: powered(x, power=3), lambda x: x**3, (X,)),
    "stateful": (exponential, np.exp, (X,)),
    "stateful with keywords": (
        lambda x, y: scaled(x, y, factor=3.0),
        lambda x, y: 3 * x * y,
        (X, Y),
    ),
    "raw": (raw_tanh, np.tanh, (X,)),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_value_both_modes_and_second_order(name):
    operation, truth, inputs = OPERATIONS[name]
    tensors = [md.asarray(one) for one in inputs]
    np.testing.assert_allclose(operation(*tensors).as_numpy(), truth(*inputs), rtol=1e-14)
    assert gradcheck(operation, tensors)
    assert gradgradcheck(operation, tensors)


@pytest.mark.parametrize("name", ["cube", "ratio", "sine", "stateful", "broadcast"])
def test_on_another_library_and_in_batches(name):
    operation, truth, inputs = OPERATIONS[name]
    xp = md.wrap(array_api_strict)
    if name not in ("sine", "stateful"):
        assert gradcheck(operation, [xp.asarray(one) for one in inputs])
    if name != "broadcast":
        rows = [md.asarray(np.stack([one, one + 0.1])) for one in inputs]
        found = md.vmap(operation)(*rows).as_numpy()
        np.testing.assert_allclose(found[1], truth(*[one + 0.1 for one in inputs]), rtol=1e-13)


def test_complex_gradients_are_adjoints_as_written():
    square = md.create_unary_op_func(lambda x: x * x, lambda x, grad: grad * 2 * md.conj(x))
    assert gradcheck(square, md.asarray([1.0 + 2.0j, -0.5j]))


def test_numbers_beside_tensors():
    x = md.Tensor(X, allow_grad=True, dtype=md.float32)
    y = times(x, 2.0)
    assert y.dtype == np.dtype("float32")
    y.backward()
    assert x.grad.tolist() == [2.0, 2.0, 2.0]
    assert md.jvp(lambda x: times(x, 2.0), [md.asarray(X)], [md.asarray(Y)])[1].tolist() == [
        *(2 * Y)
    ]


def test_an_input_without_a_gradient_function_is_a_constant():
    half = md.create_binary_op_func(lambda x, y: x * y, lambda x, y, grad: grad * y)
    x, y = md.Tensor(X, allow_grad=True), md.Tensor(Y, allow_grad=True)
    half(x, y).backward()
    assert x.grad.tolist() == Y.tolist()
    assert y.grad is None
    assert not half(md.asarray(X), y).allow_grad


def test_not_differentiable_gives_zeros():
    floor = md.create_unary_op_func(lambda x: md.floor(x), is_differentiable=False)
    x = md.Tensor(X, allow_grad=True)
    y = floor(x)
    assert y.allow_grad
    y.backward(allow_higher_order=True)
    assert x.grad.tolist() == [0.0, 0.0, 0.0]


def test_a_fresh_instance_for_each_call():
    before = Exponential.made
    x = md.Tensor(X, allow_grad=True)
    y = exponential(exponential(x) * 0.1)
    assert Exponential.made == before + 2
    y.backward()
    inner = np.exp(X)
    np.testing.assert_allclose(x.grad.as_numpy(), np.exp(0.1 * inner) * 0.1 * inner)


def test_names():
    x = md.Tensor(X, allow_grad=True)
    assert repr(sine(x)).endswith("op=sine)")
    assert repr(exponential(x)).endswith("op=Exponential)")
    assert repr(raw_tanh(x)).endswith("op=raw_tanh)")
    assert sine.__doc__ == "Sine."


def test_as_minidiff():
    x = md.Tensor(X, allow_grad=True)
    ptp = md.as_minidiff(np.ptp)
    assert ptp(x).item() == np.ptp(X)
    assert not ptp(x).allow_grad
    values, counts = md.as_minidiff(lambda x: np.unique(x, return_counts=True))(x)
    assert values.tolist() == X.tolist()
    assert counts.tolist() == [1, 1, 1]

    def writes(array):
        array[0] = 99.0
        return array

    with pytest.raises(ValueError, match="read-only"):
        md.as_minidiff(writes)(x)


def test_as_minidiff_finds_tensors_in_containers():
    x = md.Tensor(X, allow_grad=True)
    total = md.as_minidiff(lambda d, pair, *, more: d["a"] * 2 + pair[0] + more[0]["b"])
    found = total({"a": x}, (x, "text"), more=[{"b": x}])
    assert type(found._data) is np.ndarray
    np.testing.assert_allclose(found.as_numpy(), 4 * X)
    assert not found.allow_grad
    rows = md.asarray(np.stack([X, Y]))
    with pytest.warns(RuntimeWarning, match="runs in a loop over the samples"):
        batch = md.vmap(lambda x: total({"a": x}, (x, None), more=[{"b": x}]))(rows)
    np.testing.assert_allclose(batch.as_numpy(), 4 * np.stack([X, Y]))


def test_as_minidiff_loses_no_history_silently():
    x = md.Tensor(X, allow_grad=True)
    for function in (lambda a: md.sin(x), lambda a: [md.sin(x)], lambda a: (a, x)):
        with pytest.raises(TypeError, match="a Tensor with a history, which would be lost"):
            md.as_minidiff(function)(x)
    # A Tensor without one is the constant that is asked for, and so it is in a forward function.
    assert md.as_minidiff(lambda a: md.asarray(a) * 2)(x).tolist() == [*(2 * X)]
    sine = md.create_unary_op_func(
        md.as_minidiff(lambda a: md.sin(md.asarray(a))), lambda x, grad: grad * md.cos(x)
    )
    assert gradcheck(sine, md.asarray(X))


def test_a_keyword_that_tracks_gradients_is_refused():
    scaled = md.create_unary_op_func(
        lambda x, w=1.0: x * w, lambda x, grad, w=1.0: grad * w, propagate_kwargs=True
    )
    x, w = md.Tensor(X, allow_grad=True), md.Tensor(Y, allow_grad=True)
    stateful = md.create_stateful_op_func(Scaled, propagate_kwargs=True)
    for call in (
        lambda w: scaled(x, w=w),
        lambda w: stateful(x, x, factor=[w]),
        lambda w: md.vmap(lambda x, w: scaled(x, w=w))(x, w),
    ):
        with pytest.raises(TypeError, match="has a Tensor that tracks gradients"):
            call(w)
        with pytest.raises(TypeError, match="has a Tensor that tracks gradients"):
            md.jvp(call, [md.asarray(Y)], [md.asarray(Y)])
    # A constant passes, and so does anything where no gradient is asked for.
    scaled(x, w=w.detach()).backward()
    assert x.grad.tolist() == Y.tolist()
    with md.no_grad():
        assert scaled(x, w=w).tolist() == [*(X * Y)]


def test_not_differentiable_with_any_number_of_inputs():
    first = md.create_op_func(lambda *inputs: inputs[0] * 1.0, None, is_differentiable=False)
    x, y = md.Tensor(X, allow_grad=True), md.Tensor(Y, allow_grad=True)
    first(x, y).backward()
    assert x.grad.tolist() == y.grad.tolist() == [0.0, 0.0, 0.0]
    with pytest.raises(TypeError, match=r"grad_funcs has to be a list .* and is function"):
        md.create_op_func(lambda x: x, lambda x, grad: grad)


def test_the_wrong_number_of_gradients_is_create_grads_fault():
    class One(md.BinaryOpClass):
        def create_forward(self):
            return lambda x, y: x * y

        def create_grads(self):
            return [lambda x, y, grad: grad * y]

    x = md.Tensor(X, allow_grad=True)
    one = md.create_stateful_op_func(One)
    with pytest.raises(TypeError, match=r"One: create_grads\(\) .* 2 here, and it returned 1"):
        one(x, x)
    with pytest.raises(TypeError, match="One takes 2 inputs by position and was given 1"):
        one(x)
    One.create_grads = lambda self: lambda x, y, grad: grad
    with pytest.raises(TypeError, match=r"One: what create_grads\(\) returns has to be a list"):
        one(x, x)


def test_graphs_can_be_kept_and_vanish():
    gc.disable()
    try:
        x = md.Tensor(X, allow_grad=True)
        y = cube(exponential(x))
        y.backward(cleanup_mode="keep")
        first = x.grad.tolist()
        y.backward(allow_higher_order=True)
        assert x.grad.tolist() == first
        node = weakref.ref(x)
        x.grad = None
        del x, y
        assert node() is None
    finally:
        gc.enable()


def test_under_no_grad_and_written_inputs():
    x = md.Tensor(X, allow_grad=True)
    with md.no_grad():
        assert not cube(x).allow_grad
    y = x * 1.0
    z = cube(y)
    y[0] = 100.0  # what the operation keeps is not changed
    z.backward()
    np.testing.assert_allclose(x.grad.as_numpy(), 3 * X * X)


def test_refusals():
    x = md.Tensor(X, allow_grad=True)
    with pytest.raises(TypeError, match="times takes 2 inputs by position and was given 1"):
        times(x)
    with pytest.raises(TypeError, match="times: input 2 is list"):
        times(x, [1.0, 2.0, 3.0])
    with pytest.raises(TypeError, match="needs at least one Tensor"):
        times(1.0, 2.0)
    strictly = md.create_binary_op_func(
        lambda x, y: x * y, lambda x, y, grad: grad * y, tensor_only=True
    )
    with pytest.raises(TypeError, match="input 2 is float"):
        strictly(x, 2.0)
    with pytest.raises(TypeError, match="is no function"):
        md.create_op_func(lambda x: x, [3])
    with pytest.raises(TypeError, match="has to return one Tensor or array, and it returned str"):
        md.create_op_func(lambda x: "x", [None])(x)
    wrong = md.create_unary_op_func(lambda x: x * 1.0, lambda x, grad: grad.as_numpy())
    with pytest.raises(TypeError, match="gradient function 1 has to return a Tensor"):
        wrong(x).backward()
    shape = md.create_unary_op_func(lambda x: x * 1.0, lambda x, grad: md.ones(5))
    with pytest.raises(ValueError, match=r"returned shape \(5,\), and its input has shape \(3,\)"):
        shape(x).backward()
    with pytest.raises(TypeError, match="op_class is a subclass of OpClass"):
        md.create_stateful_op_func(dict)
    for method in ("create_forward", "create_grads"):
        with pytest.raises(NotImplementedError, match=f"has to define {method}"):
            getattr(md.OpClass(), method)()


class SavedCosine(md.UnaryOpClass):
    def create_forward(self):
        def forward(x):
            self.slope = md.cos(x)
            return md.sin(x)

        return forward

    def create_grads(self):
        return [lambda x, grad: grad * self.slope]


def test_what_is_saved_inside_a_jvp_does_not_hide_the_history():
    """The third derivative, some of it by jvp: outside of it what was saved has no tangents."""
    sine = md.create_stateful_op_func(SavedCosine)
    x = md.asarray(0.7)

    def pushed(f):
        return lambda x: md.jvp(f, [x], [md.asarray(1.0)])[1]

    for ways in ([pushed, md.grad, md.grad], [md.grad, pushed, md.grad], [pushed, pushed, md.grad]):
        own, plain = (lambda x: x * sine(x)), (lambda x: x * md.sin(x))
        for way in ways:
            own, plain = way(own), way(plain)
        assert own(x).item() == pytest.approx(-3 * np.sin(0.7) - 0.7 * np.cos(0.7), rel=1e-13)
        assert plain(x).item() == pytest.approx(own(x).item(), rel=1e-13)


def closing(x):
    class Closes(md.UnaryOpClass):
        def create_forward(self):
            return lambda y: y * x

        def create_grads(self):
            return [lambda y, grad: grad * x]

    return Closes


def written(x):
    out = md.zeros(())
    out[...] = x
    return out


def test_a_stateful_operation_on_a_view_that_was_written():
    exponential = md.create_stateful_op_func(Exponential)
    x = md.Tensor([1.0, 2.0, 3.0], allow_grad=True)
    base = x * 1.0
    view = base[1:]
    base[1] = 9.0
    md.sum(exponential(view)).backward()
    np.testing.assert_allclose(x.grad.as_numpy(), [0.0, 0.0, np.exp(3.0)])


def test_several_results_of_a_row_have_memory_of_their_own():
    @md.differentiable(
        x=lambda xp, g: sum(one for one in g if one is not None),
        jvp=lambda xp, dx: (dx, dx),
    )
    def both(xp, x, /):
        y = x * 1.0
        return y, y

    first, second = both(md.asarray([1.0, 2.0]))
    first += 10.0
    assert second.tolist() == [1.0, 2.0]


def test_a_forward_function_that_closes_over_a_history_is_refused():
    def f(w):
        return md.create_unary_op_func(lambda x: x * w, lambda x, grad: grad * w)(w * w)

    stateful = md.create_stateful_op_func(closing(md.Tensor(3.0, allow_grad=True)))
    w, batch = md.asarray(3.0), md.asarray([3.0, 4.0])
    for call in (
        lambda: md.grad(f)(w),
        lambda: md.jvp(f, [w], [w]),
        lambda: md.vmap(md.grad(f))(batch),
        lambda: md.grad(lambda x: md.sum(md.vmap(f)(x)))(batch),
        lambda: stateful(md.Tensor(2.0, allow_grad=True)),
    ):
        with pytest.raises(TypeError, match="is none of its inputs"):
            call()
    assert f(w).item() == 27.0
    with md.no_grad():
        assert stateful(w).item() == 9.0
    outer = md.create_unary_op_func(
        lambda x: md.create_unary_op_func(lambda y: y * weight, lambda y, g: g)(x),
        lambda x, grad: grad,
    )
    weight = md.Tensor(3.0, allow_grad=True)
    with pytest.raises(TypeError, match="is none of its inputs"):
        outer(md.Tensor(2.0, allow_grad=True))
    flat = md.create_op_func(lambda x: x * weight, None, is_differentiable=False)
    assert md.grad(flat)(w).item() == 0.0
    for inner in (
        lambda x: md.create_stateful_op_func(closing(x))(w),
        lambda x: md.create_unary_op_func(lambda y: y * x, lambda y, grad: grad * x)(w),
        lambda x: md.create_unary_op_func(lambda y: written(x), lambda y, grad: grad)(w),
        lambda x: md.create_unary_op_func(lambda y: x, lambda y, grad: grad)(w),
    ):
        for call in (
            lambda inner=inner: md.jvp(inner, [w], [w]),
            lambda inner=inner: md.grad(inner)(w),
            lambda inner=inner: md.grad(lambda x: md.sum(md.vmap(lambda _: inner(x))(batch)))(w),
        ):
            with pytest.raises(TypeError, match="is none of its inputs"):
                call()
    # What nothing of the result rests on may be asked for all the same.
    weight = md.Tensor([2.0, 3.0], allow_grad=True)
    for factor in (
        lambda: float(weight[0]),
        lambda: weight[0].detach(),
        lambda: md.astype(md.astype(weight[0], md.int64), md.float64),
        lambda: 2.0 if md.sum(weight) > 0 else 1.0,
    ):
        twice = md.create_unary_op_func(
            lambda x, factor=factor: x * factor(), lambda x, grad: 2.0 * grad
        )
        x = md.Tensor(3.0, allow_grad=True)
        y = twice(x)
        y.backward()
        assert (y.item(), x.grad.item()) == (6.0, 2.0)
    # What it differentiates itself is its own affair.
    slope = lambda x: md.jvp(lambda y: y**3, [x], [md.ones(())])[1]  # noqa: E731
    inner = md.create_unary_op_func(slope, lambda x, grad: grad * 6.0 * x)
    assert md.grad(inner)(w).item() == 18.0
    inner = md.create_unary_op_func(md.grad(lambda x: x * x * x), lambda x, grad: grad * 6.0 * x)
    assert md.grad(inner)(w).item() == 18.0


def test_results_that_share_memory_with_inputs():
    same = md.create_unary_op_func(lambda x: x, lambda x, grad: grad)
    tail = md.create_unary_op_func(lambda x: x[1:], lambda x, grad: md.pad(grad, (1, 0)))

    @md.linear(x=lambda xp, g, x_shape: xp.reshape(g, x_shape))
    def flat(xp, x, /):
        return xp.reshape(x, (-1,))

    @md.linear(x=lambda g: g)
    def itself(xp, x, /):
        return x

    for function in (same, tail, flat, itself):

        def f(x, function=function):
            y = x * 2.0
            before = md.sum(y * y)
            z = function(y)
            z *= 10.0
            y *= 3.0
            return before + md.sum(z) + md.sum(y)

        x = np.array([1.0, 2.0, 3.0])
        expected = 8.0 * x + 20.0 + 6.0
        expected[0] -= 20.0 * (function is tail)
        assert md.grad(f)(md.asarray(x)).tolist() == expected.tolist()
        assert md.vmap(md.grad(f))(md.asarray([x])).tolist() == [expected.tolist()]
        tangent = md.jvp(f, [md.asarray(x)], [md.ones(3)])[1]
        assert tangent.item() == pytest.approx(expected.sum())


def test_a_gradient_function_that_closes_over_what_a_jvp_moves():
    def f(w):
        constant = w.detach()
        scaled = md.create_unary_op_func(lambda x: x * constant, lambda x, grad: grad * w)
        return scaled(w) * w

    # The operation's own derivative, by its input alone.
    value, tangent = md.jvp(f, [md.asarray(2.0)], [md.asarray(1.0)])
    assert (value.item(), tangent.item()) == (8.0, 2.0 * 2.0 + 4.0)
    assert (tangent * 1.0).op_node is None
    x = md.Tensor(1.0, allow_grad=True)
    (x * tangent).backward()
    assert x.grad.item() == 8.0
