"""Checkpoints: the same gradients, at any order, for less memory."""

import gc
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import pytest

import minidiff as md
import minidiff.array_api as xp
import numpy as np
from minidiff.checkpointing import agree
from minidiff.core.backward import Pass
from minidiff.testing import gradcheck, gradgradcheck

RNG = np.random.default_rng(0)
X, W, B = RNG.standard_normal((4, 3)), RNG.standard_normal((3, 3)), RNG.standard_normal(3)


def leaves(*arrays):
    return [md.Tensor(array, allow_grad=True) for array in arrays]


def second_order(layer_of):
    """Gradients and gradients of a function of them, in x, w, and b, which is closed over."""
    x, w, b = leaves(X, W, B)
    layer = layer_of(lambda x, w: xp.tanh(x @ w + b))
    y = layer(layer(x, w), w)
    xp.sum(y * y).backward(allow_higher_order=True)
    first = [t.grad.as_numpy() for t in (x, w, b)]
    xp.sum(x.grad**2).backward()
    return first + [t.grad.as_numpy() for t in (x, w, b)]


def test_gradients_are_the_same_to_second_order():
    for one, other in zip(second_order(md.checkpoint), second_order(lambda f: f), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-13)


def test_containers_and_other_arguments():
    @md.checkpoint
    def f(p, power, *, scale):
        return {"y": p["a"] ** power * scale, "n": xp.argmax(p["a"])}, [p["b"][0] * 2]

    a, b, scale = leaves([1.0, 2.0], [3.0], 5.0)
    out, (double,) = f({"a": a, "b": [b]}, 3, scale=scale)
    assert int(out["n"]) == 1
    assert out["y"].op_node is not None
    (xp.sum(out["y"]) + xp.sum(double)).backward()
    assert a.grad.tolist() == [15.0, 60.0]
    assert b.grad.tolist() == [2.0]
    assert scale.grad.item() == 9.0


def test_results_that_are_no_tensors():
    f = md.checkpoint(lambda x: (x * x, "tag", {"n": 3, "none": None}, xp.argmax(x)))
    (x,) = leaves([1.0, 2.0])
    for given in (x, x.detach()):
        y, tag, rest, most = f(given)
        assert (y.tolist(), tag, rest, int(most)) == ([1.0, 4.0], "tag", {"n": 3, "none": None}, 1)
    assert md.checkpoint(lambda x: "nothing")(x) == "nothing"
    f(x)[0].backward()
    assert x.grad.tolist() == [2.0, 4.0]


def test_arguments_that_are_no_floats():
    (table,) = leaves(np.arange(6.0).reshape(3, 2))
    look_up = md.checkpoint(lambda tokens: table[tokens, :] ** 2)
    xp.sum(look_up(xp.asarray([0, 2, 2]))).backward()
    np.testing.assert_array_equal(table.grad.as_numpy(), [[0.0, 2.0], [0.0, 0.0], [16.0, 20.0]])
    md.checkpoint(lambda: table * 2)().backward()
    np.testing.assert_array_equal(table.grad.as_numpy(), np.full((3, 2), 2.0))


def test_several_results_of_which_some_are_used():
    @md.checkpoint
    def f(x):
        return xp.sin(x), xp.cos(x)

    (x,) = leaves([0.3, 0.4])
    f(x)[1].backward()
    np.testing.assert_allclose(x.grad.as_numpy(), -np.sin([0.3, 0.4]))


def test_checks_and_transforms():
    f = md.checkpoint(lambda x: xp.exp(xp.sin(x)) * x)
    x = md.asarray([0.1, 0.7])
    assert gradcheck(f, x)
    assert gradgradcheck(f, x)
    expected = md.hessian(lambda x: xp.sum(xp.exp(xp.sin(x)) * x))(x).as_numpy()
    np.testing.assert_allclose(md.hessian(lambda x: xp.sum(f(x)))(x).as_numpy(), expected)


def test_where_nothing_is_recorded_it_is_the_function_itself():
    calls = []

    @md.checkpoint
    def f(x):
        calls.append(1)
        return x * 2

    (x,) = leaves([1.0])
    with md.no_grad():
        assert not f(x).allow_grad
    assert not f(md.asarray([1.0])).allow_grad
    assert md.jvp(f, [x], [x])[1].tolist() == [2.0]
    assert len(calls) == 3


def test_a_second_run_that_is_another_one_is_refused():
    w1, w2, x = leaves([2.0], [3.0], [1.0])
    weights = [w1]
    f = md.checkpoint(lambda x: x * weights[0])
    y = f(x)
    weights[0] = w2
    with pytest.raises(RuntimeError, match="rests on other tensors when it is run again"):
        y.backward()


# ---- a second run that would be another one


def changed_constant():
    c = xp.asarray([1.0, 1.0])
    return lambda x: x**3 * c, lambda: c.__imul__(100.0)


def changed_leaf():
    (w,) = leaves([1.0, 1.0])

    def step():
        with md.no_grad():
            w.__isub__(0.5)

    return lambda x: x**3 * w, step


def changed_array():
    c = np.ones(2)
    return lambda x: x**3 * md.asarray(c), lambda: c.__imul__(100.0)


def a_generator_of_its_own():
    rng = np.random.default_rng(0)
    return lambda x: x * md.asarray(rng.random(2)), lambda: None


def something_else_to_draw():
    rng = md.random.default_rng(0)
    return lambda x: x * rng.rand(2), lambda: None


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize(
    "case",
    [
        changed_constant,
        changed_leaf,
        changed_array,
        a_generator_of_its_own,
        something_else_to_draw,
    ],
)
def test_a_second_run_with_other_values_is_refused(case, order):
    f, change = case()
    (x,) = leaves([1.0, 2.0])
    y = md.checkpoint(f)(x)
    change()
    with pytest.raises(RuntimeError, match="gives other values when it is run again"):
        y.backward(allow_higher_order=order == 2)
    y = md.checkpoint(md.vmap(f) if case is changed_constant else f)(xp.stack([x, x]))
    change()
    with pytest.raises(RuntimeError, match="gives other values when it is run again"):
        xp.sum(y).backward()


def test_other_values_are_noticed_inside_vmap():
    c = xp.asarray([1.0, 1.0])
    f = md.checkpoint(lambda x: x**3 * c)

    def changed(x, factor):
        y, pull = md.vjp(f, x)
        c.__imul__(factor)
        return pull(y)[0]

    x = xp.asarray([[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_array_equal(md.vmap(changed, (0, None))(x, 1.0), 3 * x.as_numpy() ** 5)
    with pytest.raises(RuntimeError, match="gives other values when it is run again"):
        md.vmap(changed, (0, None))(x, 2.0)


def test_the_same_up_to_rounding():
    numpy_arrays = md.asarray(0.0)._backend
    one = np.array([1.0, np.nan, np.inf, -np.inf, 1e-300])
    assert agree(numpy_arrays, one, one.copy())
    assert agree(numpy_arrays, one, one * (1 + 1e-14))
    for place, value in ((0, 1.0001), (0, np.nan), (0, np.inf), (1, 0.0), (2, 1.0), (3, np.inf)):
        other = one.copy()
        other[place] = value
        assert not agree(numpy_arrays, one, other)
        assert not agree(numpy_arrays, other, one)
    assert not agree(numpy_arrays, one, one[:4])


def test_arguments_are_not_written():
    def f(x):
        x *= 2.0
        return x * x

    (x,) = leaves([1.0, 2.0])
    with pytest.raises(RuntimeError, match="writes into an argument, of shape \\(2,\\)"):
        md.checkpoint(f)(x * 1.0)
    places = xp.asarray([0, 1])

    def g(x, places):
        places[0] = 1
        return x[places]

    with pytest.raises(RuntimeError, match="writes into an argument"):
        md.checkpoint(g)(x, places)
    assert places.tolist() == [0, 1]
    # Where it is the function itself the caller sees the write, as without a checkpoint.
    with md.no_grad():
        y = x * 1.0
        md.checkpoint(f)(y)
    assert y.tolist() == [2.0, 4.0]
    md.checkpoint(lambda x: f(xp.asarray(x, copy=True)))(x).backward()
    assert x.grad.tolist() == [8.0, 16.0]


# ---- random numbers


def dropout(x):
    return xp.where(md.random.rand(*x.shape) > 0.5, x * x, 0.0)


def test_random_numbers_are_drawn_again():
    a = np.arange(1.0, 9.0)
    for chunk in range(5):
        md.random.seed(chunk)
        (x,) = leaves(a)
        y = md.checkpoint(dropout)(x)
        between = md.random.rand(3).tolist()  # the numbers that come next are nobody else's
        y.backward()
        after = md.random.rand(3).tolist()
        np.testing.assert_array_equal(x.grad.as_numpy(), np.where(y.as_numpy() > 0, 2 * a, 0))
        md.random.seed(chunk)
        assert dropout(xp.asarray(a)).tolist() == y.tolist()
        assert md.random.rand(3).tolist() == between
        assert md.random.rand(3).tolist() == after


def test_random_numbers_at_second_order_and_in_segments():
    md.random.seed(1)
    (x,) = leaves(np.arange(1.0, 9.0))
    f = md.checkpoint(md.checkpoint(dropout))  # one inside the other
    kept = md.vjp(lambda x: f(x), x)[0].as_numpy() > 0
    md.random.seed(1)
    y = md.checkpoint_sequence([f, lambda x: x * 3.0, dropout], x, 3)
    second = y.as_numpy() > 0
    assert not np.array_equal(kept, second)
    y.backward(allow_higher_order=True)
    a = np.arange(1.0, 9.0)
    np.testing.assert_allclose(x.grad.as_numpy(), np.where(second, 36 * a**3, 0))
    xp.sum(x.grad).backward()
    np.testing.assert_allclose(x.grad.as_numpy(), np.where(second, 108 * a**2, 0))


def test_generators_among_the_arguments_and_seeds_inside():
    def f(x, rng):
        md.random.seed(3)
        return x * rng.rand(4) * md.random.rand(4)

    (x,) = leaves(np.ones(4))
    rng = md.random.default_rng(5)
    y = md.checkpoint(f)(x, rng)
    ahead = md.random.rand(2).tolist()
    y.backward()
    assert x.grad.tolist() == y.tolist()
    again = md.random.default_rng(5)
    assert f(x, again).tolist() == y.tolist()
    assert md.random.rand(2).tolist() == ahead
    assert again.rand(2).tolist() == rng.rand(2).tolist()


# ---- memory


def test_an_input_written_afterwards():
    (x,) = leaves([1.0, 2.0])
    y = x * 1.0
    z = md.checkpoint(lambda y: y**3)(y)
    y[0] = 100.0
    z.backward()
    assert x.grad.tolist() == [3.0, 12.0]


def peak(run):
    tracemalloc.start()
    run()
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


def test_a_sequence_needs_a_fraction_of_the_memory():
    functions = [xp.tanh] * 400
    start = np.full(20_000, 0.1)

    def plain():
        (x,) = leaves(start)
        y = x
        for f in functions:
            y = f(y)
        y.backward()
        return x.grad.as_numpy()

    def in_parts():
        (x,) = leaves(start)
        md.checkpoint_sequence(functions, x).backward()
        return x.grad.as_numpy()

    np.testing.assert_array_equal(plain(), in_parts())
    assert peak(in_parts) < peak(plain) / 6


def test_segments():
    (x,) = leaves(0.5)
    for segments in (1, 3, 7, 50):
        md.checkpoint_sequence([xp.sin] * 7, x, segments).backward()
        truth = x.grad.item()
    md.checkpoint_sequence([xp.sin] * 7, x).backward()
    assert x.grad.item() == pytest.approx(truth)
    assert md.checkpoint_sequence([], x) is x


@pytest.mark.parametrize(
    ("segments", "runs"),
    [(1, [1] * 6), (2, [2, 2, 2, 1, 1, 1]), (4, [2, 2, 2, 2, 1, 1]), (6, [2] * 5 + [1])],
)
def test_the_last_part_is_not_run_again(segments, runs):
    seen = [0] * 6

    def counted(index):
        def f(x):
            seen[index] += 1
            return xp.sin(x)

        return f

    (x,) = leaves(0.5)
    y = md.checkpoint_sequence([counted(i) for i in range(6)], x, segments)
    assert seen == [1] * 6
    y.backward()
    assert seen == runs


def test_nothing_is_left_behind():
    gc.disable()
    try:
        (x,) = leaves(X)
        y = md.checkpoint(lambda x: xp.exp(x) * x)(x)
        node = y.op_node
        assert node.parent1.rule.name == "segment"
        before = len(gc.get_objects())
        xp.sum(y).backward()
        del y, node
        x.grad = None
        assert len(gc.get_objects()) <= before
    finally:
        gc.enable()


def test_a_second_run_leaves_the_numbers_of_others_alone():
    x = md.Tensor([1.0, 2.0], allow_grad=True)
    rng = md.random.default_rng(5)
    seen = []

    def f(x, rng):
        seen.append((md.random.rand(2).tolist(), rng.rand(2).tolist()))
        md.random.rand()
        return md.sum(x * md.asarray(seen[-1][0]) * md.asarray(seen[-1][1]))

    md.random.seed(3)
    y = md.checkpoint(f)(x, rng)
    here, there = md.random.rand(3).tolist(), rng.rand(3).tolist()
    md.random.seed(3)
    md.random.rand(2), md.random.rand()
    assert here == md.random.rand(3).tolist()
    other = md.random.default_rng(5)
    other.rand(2)
    assert there == other.rand(3).tolist()

    with_others = []

    def draw_meanwhile(g):
        # As another thread would: while the walk is on, from the generators themselves.
        with ThreadPoolExecutor(1) as pool:
            with_others.append(pool.submit(md.random.rand).result().item())
        return g

    z = x * 1.0
    z.register_hook(draw_meanwhile)
    y = y + md.checkpoint(f)(z, rng)
    after = md.random.rand(2).tolist()
    y.backward()
    assert seen[0] == seen[3]
    assert seen[1] == seen[2]
    assert with_others[0] not in after
    numbers = [*seen[0][0], *seen[1][0], *after, *with_others, md.random.rand().item()]
    assert len(set(numbers)) == len(numbers)


def test_generators_that_are_one_and_of_the_users_own_kind():
    class Doubled(md.random.Generator):
        def normal(self, *args, **kwargs):
            return 2.0 * super().normal(*args, **kwargs)

    def f(x, one, other):
        return md.sum(x * one.normal(size=3) * other.normal(size=3) * md.random.rand(3))

    shared = np.random.default_rng(4)
    pairs = [(md.random.default_rng(1),) * 2, (Doubled(2), md.random.default_rng(3))]
    pairs.append((md.random.default_rng(shared), md.random.default_rng(shared)))
    for pair in pairs:
        x = md.Tensor([1.0, 2.0, 3.0], allow_grad=True)
        y = md.checkpoint(f)(x, *pair)
        y.backward()
        np.testing.assert_allclose(float(md.sum(x * x.grad).detach()), y.item())


def test_a_plain_pass_records_nothing(monkeypatch):
    """Also not where the function closes over what is trained: that took twice the time."""
    w = md.Tensor([[0.5, 0.1], [0.2, 0.3]], allow_grad=True)
    x = md.Tensor([1.0, 2.0], allow_grad=True)
    layer = md.checkpoint(lambda x: md.tanh(x @ w))
    recorded = []
    original = Pass.back_on_tensors

    def counted(walk, nodes):
        recorded.append(len(nodes))
        original(walk, nodes)

    monkeypatch.setattr(Pass, "back_on_tensors", counted)
    md.sum(layer(layer(x))).backward()
    assert recorded == []
    first = x.grad, w.grad
    md.sum(layer(layer(x))).backward(allow_higher_order=True)
    assert len(recorded) == 3  # the outer one, and one in each layer
    for plain, one in zip(first, (x.grad, w.grad), strict=True):
        assert not plain.allow_grad
        assert one.allow_grad
        np.testing.assert_allclose(plain.as_numpy(), one.as_numpy(), rtol=1e-14)
