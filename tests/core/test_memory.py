"""Who keeps what, for how long, and who shares memory with whom; the collector is off."""

import gc
import tracemalloc
import weakref

import pytest

import minidiff as md
import minidiff.array_api as xp
import numpy as np
from minidiff.core import graph

TAPE = (md.Tensor, graph.OpNode, graph.Leaf, graph.Freed, graph.Dual)


@pytest.fixture(autouse=True)
def collector_off():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def alive():
    """How many tensors and nodes there are."""
    return sum(type(one) in TAPE for one in gc.get_objects())


def leaf(data):
    return md.Tensor(data, allow_grad=True)


def close(tensor, expected, rtol=1e-12):
    assert type(tensor) is md.Tensor
    np.testing.assert_allclose(tensor.as_numpy(), expected, rtol=rtol)


# ---- nothing is left


def written(x):
    y = x * 1.0
    part = y[1:]
    part *= 2.0
    y[0] = y[1] * 3.0
    return y


PROGRAMS = {
    "unary": lambda x: xp.exp(xp.sin(x)),
    "binary": lambda x: x * x / (x + 2.0) ** x,
    "with parameters": lambda x: xp.sum(xp.reshape(x * x, (3, 1)), axis=1),
    "index": lambda x: x[1:] * x[:-1] + x[md.Tensor([0, 0])],
    "where": lambda x: xp.where(x > 1, x * x, x),
    "concat": lambda x: xp.concat([x, x * x]),
    "clip": lambda x: xp.clip(x * x, 0.0, x),
    "composite": lambda x: xp.stack(xp.unstack(xp.tile(x * x, (2,)))),
    "reductions": lambda x: xp.max(x) * xp.prod(x) + xp.std(x),
    "matmul": lambda x: xp.matmul(x, xp.sin(x)),
    "write": written,
    "complex": lambda x: xp.abs(xp.exp(1j * x) + x),
}


def second_order(x, function):
    y = function(x)
    y.backward(allow_higher_order=True)
    (x.grad * x).backward(allow_higher_order=True)
    xp.sum(x.grad**2 * x).backward()


def error(x, function):
    y = function(x)
    with pytest.raises(ValueError, match="reshape"):
        xp.reshape(y, (7, 5))


def forward_mode(x, function):
    md.jvp(function, [x], [xp.ones(3)])
    md.jvp(lambda x: md.jvp(function, [x], [xp.ones(3)])[1], [x.detach()], [xp.ones(3)])


PHASES = {
    "forward": lambda x, f: f(x),
    "backward": lambda x, f: f(x).backward(),
    "keep": lambda x, f: f(x).backward(cleanup_mode="keep"),
    "destroy": lambda x, f: f(x).backward(cleanup_mode="destroy"),
    "retain": lambda x, f: f(x).backward(retain_grads=True),
    "second order": second_order,
    "recorded": lambda x, f: f(x).backward(allow_higher_order=True),
    "error": error,
    "jvp": forward_mode,
}


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("program", PROGRAMS)
def test_nothing_is_left(program, phase):
    def run():
        PHASES[phase](leaf([0.5, 1.5, 2.5]), PROGRAMS[program])

    run()  # what is made once, at first use
    before = alive()
    run()
    assert alive() == before


def test_wipe_breaks_the_documented_cycle():
    before = alive()
    x = leaf([1.0, 2.0])
    y = x * x
    z = y * y
    z.backward(retain_grads=True, allow_higher_order=True)
    close(y.grad, [2.0, 8.0])
    for tensor in (y, z):
        tensor.wipe()
    del x, y, z, tensor
    assert alive() == before


# ---- chains


STEPS = {
    "add": lambda y: y + 1.0,
    "negative": lambda y: -y,
    "where": lambda y: xp.where(True, y, 0.0),
    "index": lambda y: (y * 1.0)[0:],
}


@pytest.mark.parametrize("mode", ["prune", "keep", "destroy", "not walked"])
@pytest.mark.parametrize("step", STEPS)
def test_long_chain_without_recursion(step, mode):
    """100,000 operations: recorded, walked back and destroyed."""
    x = leaf([1.0])
    y = x
    for _ in range(100_000):
        y = STEPS[step](y)
    if mode != "not walked":
        y.backward(cleanup_mode=mode)
        close(x.grad, [1.0])
    del y
    assert not x.graphed


@pytest.mark.parametrize("walked", [True, False])
def test_long_chain_at_second_order(walked):
    x = leaf([1.0])
    y, first, second = x, 1.0, 0.0
    for _ in range(20_000):
        s, c = np.sin(y.item()), np.cos(y.item())
        first, second = c * first, c * second - s * first**2
        y = xp.sin(y)
    y.backward(allow_higher_order=True)
    close(x.grad, [first], rtol=1e-9)
    if walked:
        x.grad.backward()
        close(x.grad, [second], rtol=1e-9)
    del y
    x.grad = None
    assert not x.graphed


def test_a_chain_that_names_nothing_keeps_nothing():
    """Fifty operations on a million numbers, three arrays beside the input at most."""
    x = leaf(np.ones(1_000_000))
    tracemalloc.start()
    y = x
    for _ in range(50):
        y = y + 1.0
    y.backward()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3.05 * 8e6
    close(x.grad[:2], [1.0, 1.0])


@pytest.mark.parametrize("higher", [False, True])
def test_nothing_accumulates_in_training(higher):
    rng = np.random.default_rng(0)
    inputs, wanted = md.Tensor(rng.normal(size=(20, 3))), md.Tensor(rng.normal(size=(20, 1)))
    weights = first, second = leaf(rng.normal(size=(3, 8))), leaf(rng.normal(size=(8, 1)))
    losses = []

    def step():
        out = xp.matmul(xp.tanh(xp.matmul(inputs, first)), second)
        loss = xp.mean((out - wanted) ** 2)
        loss.backward(allow_higher_order=higher, cleanup_mode="keep")
        if higher:
            (loss + 1e-3 * (xp.sum(first.grad**2) + xp.sum(second.grad**2))).backward()
        losses.append(loss.item())
        with md.no_grad():
            for weight in weights:
                weight -= 0.05 * weight.grad

    for _ in range(1000):  # until Python's own stock of small objects is full
        step()
    tracemalloc.start()
    before = alive()
    for _ in range(200):
        step()
    growth, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert alive() == before
    assert growth < 20_000  # of which the list of losses is a half
    assert losses[-1] < 0.5 * losses[0]


# ---- what a node keeps

# (function of two Tensors, which arrays are kept if the first is tracked, if both are)
KEEPS = {
    "add": (lambda a, b: a + b, "", ""),
    "multiply": (lambda a, b: a * b, "b", "ab"),
    "divide": (lambda a, b: a / b, "b", "b"),
    "matmul": (xp.matmul, "b", "ab"),
    "maximum": (xp.maximum, "ab", "ab"),
    "sin": (lambda a, b: xp.sin(a), "a", "a"),
    "exp": (lambda a, b: xp.exp(a), "", ""),
    "sum": (lambda a, b: xp.sum(a), "", ""),
    "index": (lambda a, b: a[md.Tensor([0, 1])], "", ""),
    "concat": (lambda a, b: xp.concat([a, b]), "", ""),
    "where": (lambda a, b: xp.where(md.Tensor([True, False, True]), a, b), "", ""),
}


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("name", KEEPS)
def test_a_node_keeps_what_its_formulas_name(name, both):
    function, *kept = KEEPS[name]
    a, b = np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0])
    a_array, b_array = weakref.ref(a), weakref.ref(b)
    a, b = xp.asarray(a), xp.asarray(b)  # on the arrays' own memory
    a.allow_grad = True
    b.allow_grad = both
    y = function(a, b)
    del a, b
    gc.collect()  # what is found here was kept by the node, not by a cycle
    assert y.op_node is not None
    assert (a_array() is not None) == ("a" in kept[both])
    assert (b_array() is not None) == ("b" in kept[both])
    del y
    assert a_array() is b_array() is None


watched, seen = [], []


def probe_x(g):
    seen.append([reference() is not None for reference in watched])
    return g


@md.elementwise(x=probe_x)
def probe(xp, x, /):
    return x + 0.0


@pytest.mark.parametrize("mode", ["prune", "keep"])
def test_kept_arrays_die_as_the_walk_leaves_them(mode):
    x = leaf([1.0, 2.0])
    factors = [np.array([2.0, 3.0]), np.array([4.0, 5.0]), np.array([6.0, 7.0])]
    watched[:] = [weakref.ref(one) for one in factors]
    seen.clear()
    y = probe(x * xp.asarray(factors[0])) * xp.asarray(factors[1]) * xp.asarray(factors[2])
    del factors
    y.backward(cleanup_mode=mode)
    assert seen == [[True, mode == "keep", mode == "keep"]]
    close(x.grad, [48.0, 105.0])


def test_leaves_are_held_weakly():
    x, y = leaf([2.0]), leaf([3.0])
    gone = weakref.ref(x)
    z = x * y + xp.sin(x)
    del x
    assert gone() is None
    z.backward()
    close(y.grad, [2.0])


# ---- an exception in a rule

errors = []


def cube_x(g, x):
    if errors:
        raise errors.pop()
    return 3 * g * x * x


@md.elementwise(x=cube_x)
def cube(xp, x, /):
    return x * x * x


@pytest.mark.parametrize("higher", [False, True])
@pytest.mark.parametrize("mode", ["keep", "prune"])
def test_exception_in_a_rule_leaves_the_graph_usable(mode, higher):
    """What 'prune' has freed before the error is gone; whatever another result needs is not."""
    before = alive()
    x, z = leaf([2.0]), leaf([5.0])
    x.grad = old = md.Tensor([7.0])
    trunk = xp.sin(cube(xp.exp(x)))
    y, other = trunk * z, trunk * z
    errors.append(ZeroDivisionError("in a rule"))
    with pytest.raises(ZeroDivisionError, match="in a rule"):
        y.backward(cleanup_mode=mode, allow_higher_order=higher)
    assert x.grad is old
    assert z.grad is None
    if mode == "prune":
        with pytest.raises(RuntimeError, match=r"freed this graph.*cleanup_mode='keep'"):
            y.backward()
        y = other
    del other, trunk
    y.backward(cleanup_mode=mode, allow_higher_order=higher)
    close(x.grad, [5 * np.cos(np.exp(6)) * 3 * np.exp(6)])
    close(z.grad, [np.sin(np.exp(6))])
    del x, y, z, old
    assert alive() == before


# ---- gradients share memory with nobody

FROM_THE_SEED = {
    "sum": lambda x, y: x + y,
    "turned": lambda x, y: x[::-1] + y,
    "parts": lambda x, y: xp.concat([x, y])[:2] + y,
    "fan-out": lambda x, y: x + x + y,
}


@pytest.mark.parametrize("higher", [False, True])
@pytest.mark.parametrize("name", FROM_THE_SEED)
@pytest.mark.parametrize("victim", ["seed", "x", "y"])
def test_gradients_do_not_alias(name, victim, higher):
    """A write into one of the seed, x.grad and y.grad leaves the others as they were."""
    x, y, seed = leaf([1.0, 2.0]), leaf([3.0, 4.0]), md.Tensor([5.0, 6.0])
    FROM_THE_SEED[name](x, y).backward(seed, allow_higher_order=higher)
    found = {"seed": seed, "x": x.grad, "y": y.grad}
    before = {n: t.as_numpy().copy() for n, t in found.items()}
    np.testing.assert_array_equal(before["seed"], [5.0, 6.0])
    with md.no_grad():
        found[victim][0] = 100.0
        found[victim] += 1.0
    for n in found.keys() - {victim}:
        np.testing.assert_array_equal(found[n].as_numpy(), before[n])


def test_a_callers_array_is_not_summed_into():
    array = np.array([1.0, 2.0])
    x = leaf([1.0, 1.0])
    (x + x + x + (x + 0.0)).backward(xp.asarray(array))
    close(x.grad, [4.0, 8.0])
    np.testing.assert_array_equal(array, [1.0, 2.0])


# ---- memory outside


def test_a_tensor_is_a_copy_and_asarray_shares():
    a = np.ones(3)
    made, sharing = md.Tensor(a), xp.asarray(a)
    forced, copied = xp.asarray(a, copy=False), xp.asarray(a, copy=True)
    a[0] = 5.0
    assert [t[0].item() for t in (made, sharing, forced, copied)] == [1, 5, 5, 1]
    sharing[1] = 7.0
    assert a[1] == 7.0


@pytest.mark.parametrize("written", ["original", "detached"])
@pytest.mark.parametrize("source", ["constant", "leaf", "result", "view"])
def test_detached_shares_until_either_is_written(source, written):
    x = md.Tensor([1.0, 2.0], allow_grad=source != "constant")
    t = {"result": x * 1.0, "view": (x * 1.0)[:]}.get(source, x)
    d = t.detach()
    if source == "constant":
        assert np.shares_memory(t.as_numpy(), d.as_numpy())
    one, other = (t, d) if written == "original" else (d, t)
    with md.no_grad():
        one[0] = 5.0
        other[1] = 7.0
    close(one, [5.0, 2.0])
    close(other, [1.0, 7.0])


def test_as_numpy_of_a_tracking_tensor_is_a_copy():
    x = leaf([1.0, 2.0])
    y = x * x
    for tensor in (x, y, y[:1]):
        tensor.as_numpy()[...] = 100.0
        with md.allow_detach():
            np.asarray(tensor)[...] = 100.0
    close(x, [1.0, 2.0])
    y.backward()
    close(x.grad, [2.0, 4.0])


EXPORTS = {"as_numpy": md.Tensor.as_numpy, "asarray": np.asarray, "from_dlpack": np.from_dlpack}


@pytest.mark.parametrize("view", [False, True])
@pytest.mark.parametrize("export", EXPORTS)
def test_exports_share_memory_read_only_while_a_graph_keeps_it(export, view):
    base = md.Tensor([1.0, 2.0])
    t = base[:] if view else base
    out = EXPORTS[export](t)
    assert np.shares_memory(out, base.as_numpy())
    out[0] = 7.0
    close(t, [7.0, 2.0])
    x = leaf([1.0, 1.0])
    y = x * t
    with pytest.raises(ValueError, match="read-only"):
        EXPORTS[export](t)[0] = 100.0
    y.backward()
    close(x.grad, [7.0, 2.0])


# what is changed after use, as a raw array or a Tensor; the gradient of x is that of the old value
BESIDE = {
    "x * a": (lambda x, a: x * a, lambda a: a),
    "x / a": (lambda x, a: x / a, lambda a: 1 / a),
    "x @ a": (lambda x, a: x @ a, lambda a: a),
    "x ** a": (lambda x, a: x**a, lambda a: a * 2 ** (a - 1)),
    "where": (lambda x, a: xp.where(a > 3.0, x, 0.0), lambda a: 1.0 * (a > 3.0)),
    "maximum": (lambda x, a: xp.maximum(x * 2.0, a), lambda a: 2.0 * (a < 4.0)),
    "x[a]": (lambda x, a: x[a > 3.0], lambda a: 1.0 * (a > 3.0)),
}


@pytest.mark.parametrize("raw", [True, False])
@pytest.mark.parametrize("name", BESIDE)
def test_a_constant_changed_after_use_leaves_gradients_right(name, raw):
    function, slope = BESIDE[name]
    values = np.array([1.0, 3.5, 7.0])
    a = values.copy() if raw else md.Tensor(values)
    x = leaf([2.0, 2.0, 2.0])
    y = function(x, a)
    a[:] = -1.0
    a *= 3.0
    y.backward()
    close(x.grad, slope(values))


@pytest.mark.parametrize("make", [list, np.array, md.Tensor], ids=["list", "array", "Tensor"])
def test_a_key_changed_after_use(make):
    key = make([0, 2])
    x = leaf([1.0, 2.0, 3.0])
    y, z = x[key] ** 2, x[:, None][key, 0]
    key[0] = 1
    y.backward()
    close(x.grad, [2.0, 0.0, 6.0])
    z.backward()
    close(x.grad, [1.0, 0.0, 1.0])
