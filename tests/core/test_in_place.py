"""Updates in place: NumPy's meaning, views included, and the right derivatives.

A case is a function f(xp, x) that mutates what it made from x. The same code runs on NumPy, which
gives the values and (by differences of eighth order) the derivatives that are to come out.
"""

import operator

import pytest

import minidiff as md
import minidiff.array_api as xp
import numpy as np
from mirror import D1, D2, X, check, check_forward, check_reverse, leaf, numbers

MASK = np.array(
    [[True, False, True, True], [False, False, True, False], [True, False, False, True]]
)
ROWS = np.array([True, False, True])
TWICE = np.array([2, 0, 2, 2])


# ---- the operators

UPDATES = {
    "+=": (operator.iadd, 2.5),
    "-=": (operator.isub, 2.5),
    "*=": (operator.imul, 2.5),
    "/=": (operator.itruediv, 2.5),
    "//=": (operator.ifloordiv, 2.5),
    "%=": (operator.imod, 2.5),
    "**=": (operator.ipow, 2.0),
    "@=": (operator.imatmul, None),
    "&=": (operator.iand, 6),
    "|=": (operator.ior, 6),
    "^=": (operator.ixor, 6),
    "<<=": (operator.ilshift, 2),
    ">>=": (operator.irshift, 2),
}
INTEGER = ("&=", "|=", "^=", "<<=", ">>=")
SMOOTH = [name for name in UPDATES if name not in (*INTEGER, "//=", "%=")]
SQUARE = np.array([[0.3, -1.2], [0.7, 1.9]])


def operand(name):
    """What to update, and a scalar or an array to update it with."""
    update, scalar = UPDATES[name]
    start = np.arange(1, 5).reshape(2, 2) if name in INTEGER else SQUARE
    other = np.array([[1, 2], [2, 1]]) if name in INTEGER else np.array([[1.5, 2.0], [0.5, 1.0]])
    return update, start, ([other] if scalar is None else [scalar, other])


@pytest.mark.parametrize("name", UPDATES)
def test_untracked_update_writes_into_the_buffer(name, library):
    _, array = library
    update, start, others = operand(name)
    for other in others:
        expected = start.copy()
        expected = update(expected, other)
        x = md.Tensor(array(start))
        same, view = x, x[...]
        second = md.Tensor(array(other)) if isinstance(other, np.ndarray) else other
        x = update(x, second)
        assert x is same
        np.testing.assert_allclose(numbers(x), expected, rtol=1e-15)
        np.testing.assert_allclose(numbers(view), expected, rtol=1e-15)
        if library[0] is xp and isinstance(other, np.ndarray):  # a bare array beside a Tensor
            y = md.Tensor(start)
            y = update(y, other)
            np.testing.assert_allclose(numbers(y), expected, rtol=1e-15)


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("where", ["base", "view", "of a view"])
def test_tracked_update(name, where, library):
    update, _ = UPDATES[name]
    part = {
        "base": lambda y: y,
        "view": lambda y: y[:2, 1:3],
        "of a view": lambda y: y.T[1:3, :][:, :2],
    }

    def by(other):
        def f(xp, x):
            y = xp.asarray(x[:2, :2], copy=True) * 1.5 if where == "base" else 1.5 * x[:, :3]
            y = y if where != "base" else y + 1
            update(part[where](y), other(xp, x))
            return y

        return f

    if name != "@=":
        check(by(lambda xp, x: UPDATES[name][1]), library)
    if name != "**=":
        check(by(lambda xp, x: 2.5 + xp.sin(x[1:, 2:])), library)
        check(by(lambda xp, x: xp.asarray([[1.5, -2.0], [0.5, 1.0]], dtype=xp.float64)), library)


@pytest.mark.parametrize("name", SMOOTH)
def test_tracked_operand_on_an_untracked_base(name, library):
    update, _ = UPDATES[name]

    def f(xp, x):
        y = xp.ones((3, 2), dtype=xp.float64) * 1.5
        part = y[1:, :]
        update(part, xp.exp(x[:2, :2] * 0.3))
        return y

    check(f, library)


def test_floor_division_and_remainder_tracked():
    x = leaf([5.5, -7.25])
    y = x * 1
    y //= 2.0
    assert numbers(y).tolist() == [2.0, -4.0]
    y.backward()
    assert numbers(x.grad).tolist() == [0.0, 0.0]
    n = leaf([2.0, 3.0])
    z = x * 1
    z[...] %= n
    assert numbers(z).tolist() == [1.5, 1.75]
    z.backward()
    assert numbers(x.grad).tolist() == [1.0, 1.0]
    assert numbers(n.grad).tolist() == [-2.0, 3.0]


@pytest.mark.parametrize("name", INTEGER)
def test_bit_operators_refuse_floats(name):
    update, _, (scalar, _) = operand(name)
    y = leaf([1.0, 2.0]) * 1
    for x in (y, y.detach()):
        with pytest.raises(TypeError):
            update(x, scalar)
        assert numbers(x).tolist() == [1.0, 2.0]


# ---- x[key] = value

KEYS = {
    "int": lambda xp: (1, ...),
    "ints": lambda xp: (1, -2),
    "slice": lambda xp: (slice(0, 2), ...),
    "slices": lambda xp: (slice(None), slice(1, 4, 2)),
    "negative step": lambda xp: (slice(None, None, -1), slice(3, 0, -2)),
    "ellipsis": lambda xp: ...,
    "empty": lambda xp: (slice(2, 2), slice(None)),
    "full mask": lambda xp: xp.asarray(MASK.tolist()),
    "no place": lambda xp: xp.asarray((MASK & False).tolist()),
    "mask of rows": lambda xp: xp.asarray(ROWS.tolist()),
}
NUMPY_KEYS = {
    **KEYS,
    "bare int": lambda xp: -1,
    "bare slice": lambda xp: slice(1, None),
    "nothing": lambda xp: (),
    "None": lambda xp: (None, slice(1, None), None, 2),
    "integers": lambda xp: xp.asarray([2, 0]),
    "a list": lambda xp: [2, 0],
    "negative integers": lambda xp: (slice(None), xp.asarray([-1, 1])),
    "repeated": lambda xp: xp.asarray(TWICE.tolist()),
    "two arrays": lambda xp: (xp.asarray([[0, 2], [1, 0]]), xp.asarray([3, 3])),
    "two arrays apart": lambda xp: (xp.asarray([0, 2]), None, xp.asarray([3, 3])),
    "mixed": lambda xp: (slice(0, 2), xp.asarray([3, 1, 3])),
    "array and int": lambda xp: (xp.asarray([0, 2]), 1),
    "mask and slice": lambda xp: (xp.asarray(ROWS.tolist()), slice(1, 3)),
    "slice and mask": lambda xp: (slice(None), xp.asarray([True, False, True, True])),
    "mask and integer": lambda xp: (xp.asarray(ROWS.tolist()), xp.asarray([3])),
    "0-d integer": lambda xp: xp.asarray(1),
    "small integers": lambda xp: xp.asarray([2, 2, 1], dtype=xp.uint8),
    "empty integers": lambda xp: xp.asarray([], dtype=xp.int64),
    "0-d mask": lambda xp: xp.asarray(True),
}


def write_scalar(xp, x, key):
    y = xp.sin(x)
    y[key] = 2.5
    return y


def write_array(xp, x, key):
    y = xp.sin(x)
    y[key] = (3 * x * x)[key]
    return y


def write_broadcast(xp, x, key):
    y = xp.sin(x)
    y[key] = x[2, 0] * x[0, 3]
    return y


def write_constant(xp, x, key):
    y = x * x
    y[key] = xp.asarray(-1.5, dtype=xp.float64)
    return y


def write_into_constant(xp, x, key):
    y = xp.ones((3, 4), dtype=xp.float64)
    y[key] = (x * x)[key]
    return y


every_write = pytest.mark.parametrize(
    "write", [write_scalar, write_array, write_broadcast, write_constant, write_into_constant]
)
both_modes = pytest.mark.parametrize("check", [check_reverse, check_forward])


@both_modes
@every_write
@pytest.mark.parametrize("name", KEYS)
def test_write_at(name, write, check, library):
    check(lambda xp, x: write(xp, x, KEYS[name](xp)), library)


@both_modes
@every_write
@pytest.mark.parametrize("name", [name for name in NUMPY_KEYS if name not in KEYS])
def test_write_at_numpy_keys(name, write, check):
    check(lambda xp, x: write(xp, x, NUMPY_KEYS[name](xp)))


def test_last_of_repeated_integers_wins():
    v = leaf([1.0, 2.0, 3.0, 4.0])
    y = xp.zeros(3)
    y[np.array([2, 0, 2, 2])] = v * 10
    assert numbers(y).tolist() == [20.0, 0.0, 40.0]
    xp.sum(y * xp.asarray([1.0, 2.0, 3.0])).backward()
    assert numbers(v.grad).tolist() == [0.0, 10.0, 0.0, 30.0]


@pytest.mark.parametrize("key", [(), ...])
def test_array_without_axes(key, library):
    namespace, array = library

    def f(xp, x):
        y = x[0, 1] * x[1, 1]
        z = xp.asarray(y, copy=True)
        z[key] = xp.sin(y)
        z *= 2 * y
        z[key] += 1.0
        return y * z

    if key == ... or namespace is xp:
        check(f, library)
        n = md.Tensor(array(1.0))
        n[key] = 4.0
        n += 1
        assert n.item() == 5.0


def test_changed_keys_and_values_do_not_change_the_history():
    x = leaf([1.0, 2.0, 3.0])
    key, index, value = np.array([0, 1]), xp.asarray([0, 1]), np.array([5.0, 5.0])
    y = x * 1
    y[key] = value
    z = x * 1
    z[index] = value * x[:2]
    key += 1
    index += 1
    value *= 0
    total = xp.sum(y * xp.asarray([1.0, 10.0, 100.0])) + xp.sum(z)
    assert total.item() == 5 + 50 + 300 + 5 + 10 + 3
    total.backward()
    assert numbers(x.grad).tolist() == [5.0, 5.0, 101.0]


# ---- overlap and views

OVERLAPS = {
    "reversed onto itself": lambda y: y.__setitem__(..., y[::-1, ...]),
    "shifted": lambda y: y.__setitem__((slice(1, None), ...), y[:-1, ...]),
    "shifted update": lambda y: operator.iadd(y[:-1, :], y[1:, :]),
    "updated by its mirror image": lambda y: operator.imul(y, y[::-1, ::-1]),
    "updated by itself": lambda y: operator.imul(y, y),
    "a row on all": lambda y: y.__setitem__(..., y[1, :]),
    "a place on all": lambda y: operator.imul(y, y[1, 1, ...]),
}


@pytest.mark.parametrize("name", OVERLAPS)
def test_overlap(name, library):
    def f(xp, x):
        y = xp.sin(x)
        OVERLAPS[name](y)
        return y

    check(f, library)


@pytest.mark.parametrize("library", ["numpy", "array_api_strict"], indirect=True)
@pytest.mark.parametrize("name", OVERLAPS)
def test_untracked_overlap(name, library):
    """Not on torch, which refuses some of these."""
    untracked, expected = md.Tensor(library[1](X)), X.copy()
    OVERLAPS[name](untracked)
    OVERLAPS[name](expected)
    np.testing.assert_allclose(numbers(untracked), expected, rtol=1e-15)


def test_overlap_at_a_mask():
    """NumPy itself does not see this overlap: the value is what it was before the write."""
    mask = np.array([True, True, False, True])
    for x in (md.Tensor([1.0, 2.0, 3.0, 4.0]), leaf([1.0, 2.0, 3.0, 4.0]) * 1):
        x[mask] = x[::-1][:3]
        assert numbers(x).tolist() == [4.0, 3.0, 3.0, 2.0]
    x = leaf([1.0, 2.0, 3.0, 4.0])
    y = x * 1
    y[mask] = y[::-1][:3]
    (y * md.Tensor([1.0, 10.0, 100.0, 1000.0])).backward()
    assert numbers(x.grad).tolist() == [0.0, 1000.0, 110.0, 1.0]


def base_then_view(xp, x):
    y = xp.sin(x)
    part, other = y[1:, :], y[:, 1:3]
    y *= x
    part[0, :] += 2.0
    return y[:2, :2] * other[1:, :] * part[:, 1:3]


def view_then_base(xp, x):
    y = xp.sin(x)
    part = y[:, 1]
    part *= x[:, 0]
    y[0, ...] = y[1, :] * part[2]
    return y * part[1]


def views_of_views(xp, x):
    y = xp.exp(x)
    turned = xp.permute_dims(xp.reshape(y, (2, 2, 3)), (2, 0, 1))
    part = turned[1:, :, :][..., 0]
    part *= xp.reshape(xp.reshape(x, (-1,))[:4], (2, 2))
    y[0, ...] = xp.reshape(turned, (-1,))[2:6]
    return xp.reshape(part, (-1,)) * y[:, :1]


def reversed_views(xp, x):
    y = xp.exp(x)
    part = y[::-1, 3:0:-2][:2, ::-1]
    part *= x[:2, :2]
    y[0, ...] = y[0, ::-1]
    return y * part[0, 1]


def untracked_base(xp, x):
    y = xp.zeros((3, 4), dtype=xp.float64)
    row, rest = y[0, :], xp.reshape(y, (12,))
    y[1:, :] = x[:2, :]
    row += x[2, :]
    rest[::5] *= 3.0
    return y * row


def chain_of_updates(xp, x):
    y = x + 1
    for n in range(3):
        y *= 0.3 * x
        y[n, ...] -= xp.sin(y)[n, :]
        y[:, n] += y[:, n + 1]
    return y


VIEWS = [base_then_view, view_then_base, views_of_views, untracked_base, chain_of_updates]


@pytest.mark.parametrize("f", VIEWS)
def test_views(f, library):
    check(f, library)


@pytest.mark.parametrize("library", ["numpy", "array_api_strict"], indirect=True)
def test_views_that_run_backwards(library):
    """Not on torch, where a negative step makes a copy."""
    check(reversed_views, library)


def test_complex_numbers_and_their_parts(library):
    def f(xp, x):
        y = xp.sin(x)
        re, im = xp.real(y), xp.imag(y)
        re[0, :] *= im[1, :]
        im[...] += xp.real(x)
        y[1, 1:] = xp.conj(y[0, :-1])
        re[2, ::2] = xp.imag(x)[0, ::2]
        y *= 0.5j
        return y * xp.imag(y)

    check(f, library, X + 0.3j * X[::-1], D1 + 1j * D2, D2 - 0.5j * D1)


def test_update_keeps_the_memory_layout():
    def f(xp, x):
        y = xp.sin(xp.permute_dims(x, (1, 0)))
        flat = xp.reshape(xp.permute_dims(y, (1, 0)), (12,))
        y *= xp.ones((4, 3), dtype=xp.float64) * xp.permute_dims(x, (1, 0))
        flat[1:6] *= 7.0
        return y

    check(f)


@pytest.mark.parametrize("make", ["broadcast_to", "broadcast_arrays", "part"])
def test_broadcast_results_are_read_only(make, library):
    namespace, array = library
    for x in (md.Tensor(array(X)), leaf(array(X)) * 1):
        wide = namespace.broadcast_to(x, (2, 3, 4))
        if make == "broadcast_arrays":
            wide = namespace.broadcast_arrays(x, namespace.ones((2, 1, 1)))[0]
        wide = wide[0, ...] if make == "part" else wide
        with pytest.raises(ValueError, match="read-only"):
            wide[...] = 1.0
        with pytest.raises(ValueError, match="read-only"):
            wide += 1.0
        np.testing.assert_array_equal(numbers(x), X)


# ---- keys and overlaps


def test_a_key_with_a_slice_is_known_again():
    """`y[:, 1] += v` hands back the very view: nothing is read or written twice."""
    y = leaf(X) * 1
    before = md.core.graph.next_number()
    y[:, 1] += np.ones(3)
    assert md.core.graph.next_number() - before - 1 == 3  # getitem, add, write
    xp.sum(y * y).backward()


def test_a_raw_integer_array_as_key_is_copied():
    x, i = leaf(X), np.array(0)
    part = (x * 1)[i]
    i += 1
    xp.sum(part * part).backward()
    expected = np.zeros_like(X)
    expected[0] = 2 * X[0]
    np.testing.assert_array_equal(x.grad.as_numpy(), expected)


@pytest.mark.parametrize("tracked", [False, True])
def test_updates_with_a_part_of_the_same_memory(library, tracked):
    _, array = library

    def updated(x):
        x += x[0, ...]
        x[1:, ...] += x[:-1, ...]
        x[0, 1:] -= x[0, :-1]
        return x

    x = md.Tensor(array(X), allow_grad=tracked)
    found = updated(x * 1 if tracked else x)
    np.testing.assert_allclose(found.as_numpy(), updated(X.copy()), rtol=1e-15)
    if tracked:
        check_reverse(lambda xp, x: updated(x * 1), library)


def test_views_of_views_cost_a_step_each():
    y = x = xp.ones((2, 3))
    for _ in range(5000):
        y = xp.permute_dims(y, (1, 0))
    x[0, 1] = 5.0
    assert y[0, 1].item() == 5.0
    before, *_ = xp.permute_dims(y, (1, 0))._at[1]
    assert before is y._at[1]  # and not a copy of it
