"""Updates in place and the graph: what is kept, what is refused, what is let go."""

import gc
import operator
import pickle

import pytest

import minidiff as md
import minidiff.array_api as xp
import numpy as np
from minidiff.core.graph import OpNode, WideNode


def leaf(data):
    return md.Tensor(data, allow_grad=True)


def numbers(tensor):
    return tensor.as_numpy().tolist()


def nodes():
    gc.collect()
    return sum(type(one) in (OpNode, WideNode) for one in gc.get_objects())


# ---- what a graph keeps does not change


KEEPERS = {
    "an input": (lambda xp, y: y * y, lambda v: 2 * v),
    "a result": (lambda xp, y: xp.exp(y), np.exp),
    "an input of another": (lambda xp, y: xp.sin(y), np.cos),
    "a part": (lambda xp, y: y[...] ** 3, lambda v: 3 * v**2),
}
CHANGES = {
    "base": lambda y, view: operator.iadd(y, 10.0),
    "view": lambda y, view: operator.imul(view, 0.0),
    "item": lambda y, view: y.__setitem__(..., 3.0),
    "quietly": md.no_grad()(lambda y, view: view.__setitem__(..., 3.0)),
}


@pytest.mark.parametrize("keeper", KEEPERS)
@pytest.mark.parametrize("change", CHANGES)
def test_kept_buffer_is_copied_before_a_write(keeper, change, library):
    namespace, array = library
    function, slope = KEEPERS[keeper]
    values = np.array([0.5, -1.0, 2.0])
    x = leaf(array(values))
    y = x * 1
    view = y[...]
    z = function(namespace, y)
    before = z.as_numpy()
    CHANGES[change](y, view)
    CHANGES[change](z, z[...])
    z2 = function(namespace, x)
    np.testing.assert_array_equal(z2.as_numpy(), before)
    z2.backward()
    np.testing.assert_allclose(x.grad.as_numpy(), slope(values), rtol=1e-15)
    np.testing.assert_array_equal(x.as_numpy(), values)
    assert numbers(view) == numbers(y)


@pytest.mark.parametrize("keeper", KEEPERS)
@pytest.mark.parametrize("change", CHANGES)
def test_earlier_results_keep_their_gradients(keeper, change, library):
    namespace, array = library
    function, slope = KEEPERS[keeper]
    values = np.array([0.5, -1.0, 2.0])
    x = leaf(array(values))
    y = x * 1
    view = y[...]
    z = function(namespace, y)
    result = namespace.sum(z)
    CHANGES[change](y, view)
    result.backward()
    np.testing.assert_allclose(x.grad.as_numpy(), slope(values), rtol=1e-15)


def test_a_constant_changed_after_use():
    x, c = leaf([1.0, 2.0]), md.Tensor([3.0, 4.0])
    raw = np.array([5.0, 6.0])
    y = x * c * raw
    c *= 0
    raw *= 0
    y.backward()
    assert numbers(x.grad) == [15.0, 24.0]


def test_kept_buffer_is_copied_once():
    x = leaf(np.ones(3))
    y = x * 1
    y * y
    y[0] = 5.0
    first = y._data
    y[1] = 5.0
    y[:2] += 1.0
    assert y._data is first


def test_update_of_a_part_does_not_keep_the_base():
    x = leaf(np.ones(4))
    y = x * 1
    buffer = y._data
    part = y[1:3]
    part *= x[:2]
    part **= 3
    assert y._data is buffer
    y.backward()
    assert numbers(x.grad) == [4.0, 6.0, 3.0, 1.0]


def test_augmented_item_is_one_write():
    """Python calls x[k], then +=, then x[k] = that view: the last of these does nothing."""
    x = leaf([1.0, 2.0, 3.0])
    y = x * 1
    before = y.op_node
    y[1:] += x[:2]
    assert y.op_node.rule.name == "write"
    assert y.op_node.many["x"] is before
    same = y.op_node
    y[1:][...] = y[1:]  # another view of the same key is a write
    assert y.op_node is not same
    key = slice(1, None)
    part = y[key]
    same = y.op_node
    y[key] = part
    assert y.op_node is same
    y.backward()
    assert numbers(x.grad) == [2.0, 2.0, 1.0]


# ---- refused, before anything changes

WRITES = {
    "update": lambda x: operator.iadd(x, 1.0),
    "item": lambda x: x.__setitem__(..., 5.0),
    "mask": lambda x: x.__setitem__(x > 1.5, 5.0),
    "augmented": lambda x: operator.imul(x[...], 5.0),
}


@pytest.mark.parametrize("write", WRITES)
def test_leaves_and_their_views_are_refused(write, library):
    namespace, array = library
    x = leaf(array(np.array([[1.0, 2.0], [3.0, 4.0]])))
    views = [x, x[0, :], namespace.permute_dims(x, (1, 0)), namespace.reshape(x, (4,))[1:3]]
    with md.no_grad():
        views.append(x[:, 1])
    for view in views:
        with pytest.raises(RuntimeError, match=r"leaf.*no_grad\(\), or write x = x \+ y"):
            WRITES[write](view)
        assert numbers(x) == [[1.0, 2.0], [3.0, 4.0]]
    assert x.is_leaf
    assert x.allow_grad


@pytest.mark.parametrize("write", WRITES)
def test_writes_to_a_leaf_under_no_grad(write, library):
    namespace, array = library
    x = leaf(array(np.array([1.0, 2.0])))
    expected = np.array([1.0, 2.0])
    WRITES[write](expected)
    y = x * x
    view = x[1:]
    with md.no_grad():
        WRITES[write](x)
        view *= 3.0
    expected[1] *= 3
    assert x.allow_grad
    assert x.is_leaf
    assert numbers(x) == expected.tolist()
    y.backward()
    assert numbers(x.grad) == [2.0, 4.0]
    (namespace.sum(x * x) + namespace.sum(view)).backward()
    assert numbers(x.grad) == [2 * expected[0], 2 * expected[1] + 1]


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("depth", [0, 1, 2])
def test_views_made_under_no_grad_are_refused(write, depth, library):
    _, array = library
    x = leaf(array(np.array([1.0, 2.0, 3.0])))
    y = x * 2
    with md.no_grad():
        view = y[1:]
    for _ in range(depth):
        view = view[...]
    with pytest.raises(RuntimeError, match=r"made under no_grad\(\).*silently be zero"):
        WRITES[write](view)
    assert numbers(y) == [2.0, 4.0, 6.0]
    assert numbers(view) == [4.0, 6.0]
    with md.no_grad():
        view[...] = 7.0
    assert numbers(y) == [2.0, 7.0, 7.0]
    assert not (view * 2).allow_grad
    y.backward()
    assert numbers(x.grad) == [2.0, 2.0, 2.0]


def test_constant_view_written_back():
    x = leaf([1.0, 2.0, 3.0])
    for key in (..., slice(3)):
        y = x * 2
        with md.no_grad():
            view = y[key]
        y[key] = view
        (y + 0 * x).backward()
        assert numbers(y) == [2.0, 4.0, 6.0]
        assert numbers(x.grad) == [0.0, 0.0, 0.0]


def test_view_made_under_no_grad_of_an_untracked_base():
    x, y = leaf([1.0, 2.0]), xp.zeros(3)
    with md.no_grad():
        view = y[1:]
    y[:2] = x
    view *= 2.0
    y.backward()
    assert numbers(x.grad) == [1.0, 2.0]


REFUSED = {
    "bad key": (lambda y: y.__setitem__(7, 1.0), IndexError),
    "bad shape": (lambda y: y.__setitem__(slice(2), md.Tensor([1.0, 2.0, 3.0])), ValueError),
    "growing": (lambda y: operator.iadd(y, md.Tensor(np.ones((2, 3)))), ValueError),
    "growing from one": (lambda y: operator.iadd(y[:1], md.Tensor(np.ones(3))), ValueError),
    "growing by matmul": (lambda y: operator.imatmul(y, md.Tensor(np.ones((3, 2)))), ValueError),
    "complex": (lambda y: operator.imul(y, 1j), TypeError),
    "complex array": (lambda y: operator.imul(y, md.Tensor(np.ones(3) * 1j)), TypeError),
    "no number": (lambda y: y.__setitem__(0, "one"), ValueError),
    "no operand": (lambda y: operator.iadd(y, "one"), TypeError),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("tracked", [True, False])
def test_a_refused_write_changes_and_records_nothing(name, tracked):
    write, error = REFUSED[name]
    x = leaf([1.0, 2.0, 3.0])
    y = x * 1 if tracked else md.Tensor([1.0, 2.0, 3.0])
    view, node = y[1:], y.op_node
    with pytest.raises(error):
        write(y)
    assert y.op_node is node
    assert (y.shape, y.dtype) == ((3,), np.float64)
    assert numbers(y) == [1.0, 2.0, 3.0]
    view += 1.0
    assert numbers(y) == [1.0, 3.0, 4.0]
    if tracked:
        y.backward()
        assert numbers(x.grad) == [1.0, 1.0, 1.0]


def test_float_written_into_integers():
    x = leaf([1.5, 2.5])
    n = xp.asarray([1, 2])
    n[:] = x  # cast, as NumPy does, and so a constant
    assert numbers(n) == [1, 2]
    n[0] = 7.9
    assert numbers(n) == [7, 2]
    assert not n.allow_grad
    for other in (x, 1.5, md.Tensor([1.5, 2.5])):
        with pytest.raises(TypeError):
            n += other
    with pytest.raises(TypeError):
        n /= 2
    assert (n.dtype, numbers(n)) == (np.int64, [7, 2])


# ---- what is recorded, and what is let go


@pytest.mark.parametrize("value", [7, True, np.float32(7), np.array([1, 2]), np.ones((1, 2))])
def test_value_of_another_type(value):
    expected = np.array([1.0, 2.0, 3.0])
    expected[1:] = value
    x = leaf([1.0, 2.0, 3.0])
    for written in (value, md.Tensor(value)):
        y = x * 1
        y[1:] = written
        assert (numbers(y), y.dtype) == (expected.tolist(), expected.dtype)
        y.backward()
        assert numbers(x.grad) == [1.0, 0.0, 0.0]


def test_each_gradient_has_its_own_dtype_and_shape():
    x = md.Tensor(np.ones(3, np.float32), allow_grad=True)
    v = leaf([[2.0, 3.0]])
    y = x * 1
    y[1:] = v
    y[1:] *= v[0]
    assert y.dtype == np.float32
    y.backward()
    assert (x.grad.dtype, numbers(x.grad)) == (np.float32, [1.0, 0.0, 0.0])
    assert (v.grad.dtype, numbers(v.grad)) == (np.float64, [[4.0, 6.0]])


def test_thousands_of_row_writes():
    x = leaf(np.linspace(0.5, 1.5, 2000))
    start = nodes()
    out = xp.zeros((2000, 3))
    for i in range(2000):
        out[i] = xp.sin(x[i])
    assert nodes() - start == 3 * 2000
    out[:, 1] *= 2.0
    out.backward()
    np.testing.assert_allclose(x.grad.as_numpy(), 4 * np.cos(np.linspace(0.5, 1.5, 2000)))
    assert nodes() == start


def test_a_loop_through_one_row():
    x = leaf([0.5, 2.0])
    state = xp.asarray([[1.0, 1.0]])
    row = state[0, :]
    for _ in range(500):
        row *= x
        row /= xp.sqrt(x * x)
        row += 0.001
    state.backward()
    np.testing.assert_allclose(numbers(state), [[1.5, 1.5]])
    np.testing.assert_allclose(numbers(x.grad), [0.0, 0.0], atol=1e-12)


def test_everything_is_released_without_the_collector():
    start = nodes()
    gc.disable()
    try:
        for higher in (False, True):
            x = leaf(np.ones((4, 3)))
            y = xp.sin(x)
            view, other = y[1:, :], xp.reshape(y, (12,))
            y *= x
            view[0, :] = other[:3] * 2
            other[xp.asarray([1, 2])] += x[0, :2]
            view @= xp.asarray(np.eye(3))
            out = xp.sum(y * y)
            if higher:
                out.backward(allow_higher_order=True)
                xp.sum(x.grad * x.grad).backward()
            x.grad = None
            del x, y, view, other, out
            alive = [one for one in gc.get_objects() if type(one) in (OpNode, WideNode)]
            assert len(alive) == start
    finally:
        gc.enable()


def test_dropped_views_and_bases():
    x = leaf([1.0, 2.0, 3.0])
    view = (x * 1)[1:]
    view *= x[:2]
    view.backward()
    assert numbers(x.grad) == [2.0, 4.0, 2.0]


# ---- detach and export


@pytest.mark.parametrize("written", ["itself", "its base", "its copy"])
def test_detach_shares_until_written(written, library):
    _, array = library
    x = leaf(array(np.array([1.0, 2.0])))
    y = x * 2
    constant = y.detach()
    if library[0] is xp:
        assert np.shares_memory(constant._data, y._data)
    {"itself": y, "its base": y[:], "its copy": constant}[written][...] = 7.0
    assert numbers(y) == ([2.0, 4.0] if written == "its copy" else [7.0, 7.0])
    assert numbers(constant) == ([7.0, 7.0] if written == "its copy" else [2.0, 4.0])
    y.backward()
    assert numbers(x.grad) == ([2.0, 2.0] if written == "its copy" else [0.0, 0.0])


def test_detached_view_is_no_view():
    y = md.Tensor([1.0, 2.0, 3.0])
    part = y[1:].detach()
    y[1] = 9.0
    assert numbers(part) == [2.0, 3.0]
    part += 1.0
    assert numbers(y) == [1.0, 9.0, 3.0]


def got_a_history():
    x = leaf([1.0, 2.0, 3.0])
    base = xp.zeros(3)
    view = base[1:]
    base += x * x
    return x, base, view


def test_view_of_a_base_that_got_a_history_knows_it():
    x, _, view = got_a_history()
    assert view.allow_grad
    assert not view.is_leaf
    assert view.op_node is not None
    view.backward()
    assert numbers(x.grad) == [0.0, 4.0, 6.0]


@pytest.mark.parametrize("export", [np.asarray, np.from_dlpack, pickle.dumps])
def test_view_of_a_base_that_got_a_history_is_not_exported(export):
    _, _, view = got_a_history()
    with pytest.raises(TypeError, match="detach"):
        export(view)


def test_view_becomes_a_leaf_of_its_own():
    base = md.Tensor([1.0, 2.0, 3.0])
    view = base[1:]
    view.allow_grad = True
    base[1] = 7.0
    assert numbers(view) == [2.0, 3.0]
    (view * base[1:]).backward()
    assert numbers(view.grad) == [7.0, 3.0]
    assert not base.allow_grad


@pytest.mark.parametrize("make", [xp.asarray, np.array], ids=["tensor", "raw"])
def test_a_constant_written_after_use_inside_a_jvp_of_a_gradient(make):
    """What a running jvp remembers of the operations is what they saw."""

    def function(x):
        c = make(np.array([1.0, 2.0, 3.0, 4.0]))
        y = xp.sin(x) * c
        mask = xp.asarray([True, False, True, True])
        z = xp.where(mask, y, 2 * y)
        c[0] = 100.0
        mask[0] = False
        return xp.sum(z * z)

    x, v = xp.asarray([0.1, 0.2, 0.3, 0.4]), xp.asarray([1.0, 2.0, 3.0, 4.0])
    _, found = md.jvp(md.grad(function), (x,), (v,))
    factor = np.array([1.0, 4.0, 3.0, 4.0]) ** 2  # of sin(x)**2
    expected = factor * 2 * np.cos(2 * x.as_numpy()) * v.as_numpy()
    np.testing.assert_allclose(found.as_numpy(), expected, rtol=1e-13)
