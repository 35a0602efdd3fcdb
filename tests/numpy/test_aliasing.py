"""As in NumPy: which results share the memory of an argument, which truth values are numbers."""

import pytest

import minidiff as md
import minidiff.numpy as np
import numpy

CALLS = [
    *("np.ravel(x[:, 0])", "np.ravel(x[::-1])", "x[:, 1].ravel()", "np.ravel(x)", "x.ravel()"),
    *("np.ravel(x[1:])", "np.ravel(x.T)", "x.T.reshape(-1)", "x[:, 0].reshape(-1)", "x.flatten()"),
    *("np.pad(x, 0)", "np.pad(x, ((0, 0), (0, 0)), mode='edge')", "np.block(x)", "np.block([x])"),
    *("np.tile(x, 1)", "np.repeat(x, 1, axis=0)", "np.roll(x, 0)", "np.concatenate([x])"),
    *("np.append(x, [])", "np.delete(x, [], axis=0)", "np.insert(x, [], 0, axis=0)"),
    *("np.take(x, [0, 1], axis=0)", "np.flip(x)", "np.rot90(x)", "np.squeeze(x)", "np.triu(x)"),
    *("np.atleast_2d(x)", "np.asarray(x)", "np.array(x)", "np.copy(x)", "np.positive(x)"),
    *("np.swapaxes(x, 0, 1)", "np.broadcast_to(x, (2, 3))", "np.diagonal(x)", "np.nan_to_num(x)"),
    *("np.array_split(x, 2)[0]", "np.expand_dims(x, 0)", "np.clip(x, None, 9)", "np.sort(x)"),
    *("np.vstack([x])", "np.cumsum(x)", "np.sum(x, axis=())", "x[0, 1]", "x[0, ...]", "x[0]"),
    *("next(iter(x))", "next(iter(x[0]))", "np.unstack(x)[0]", "np.unstack(x[0])[0]"),
    *("np.choose([[0, 0, 0]] * 2, [x])", "np.select([x > -1], [x])", "np.where(x > -1, x, 0)"),
    *("np.rot90(x, 0)", "np.diff(x, 0)", "np.linalg.matrix_power(x[:, :2], 1)", "np.clip(x)"),
    *("np.sum(x[:1], axis=0)", "np.median(x[:1], axis=0)", "np.fft.fftshift(x, axes=())"),
    *("np.tril(x, 5)", "np.broadcast_arrays(x, x)[1]", "np.hsplit(x, 1)[0]", "np.real(x)"),
]


@pytest.mark.parametrize("call", CALLS)
def test_memory_is_shared_where_numpy_shares_it(call):
    ours, theirs = np.arange(6.0).reshape(2, 3), numpy.arange(6.0).reshape(2, 3)
    found = eval(call, {"np": np, "x": ours})
    expected = eval(call, {"np": numpy, "x": theirs})
    assert found.as_numpy().tolist() == expected.tolist()
    shared = numpy.shares_memory(expected, theirs)
    if not shared or expected.flags.writeable:
        found += 100.0
        if shared:
            expected += 100.0
    assert ours.as_numpy().tolist() == theirs.tolist()


def elements(x):
    best = x[0]
    for i in range(1, 3):
        best *= x[i]
    return best * x[0]


def unpacked(x):
    a, b, _ = x
    a += 10 * b
    return a * x[0]


@pytest.mark.parametrize("function", [elements, unpacked])
def test_an_element_is_a_number_of_its_own(function):
    rows = numpy.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    plain = [function(row) for row in rows]
    assert [function(md.asarray(row)).item() for row in rows] == plain
    assert md.vmap(function)(md.asarray(rows)).tolist() == plain
    slopes = [
        [(function(row + 1e-6 * way) - function(row - 1e-6 * way)) / 2e-6 for way in numpy.eye(3)]
        for row in rows
    ]
    found = [md.grad(function)(md.asarray(row)).as_numpy() for row in rows]
    numpy.testing.assert_allclose(found, slopes, rtol=1e-7, atol=1e-6)
    mapped = md.vmap(md.grad(function))(md.asarray(rows)).as_numpy()
    numpy.testing.assert_array_equal(mapped, found)


def test_elements_of_torch_are_views_inside_vmap_as_outside():
    torch = pytest.importorskip("torch")
    xp = md.wrap(torch)

    def f(x):
        first = x[0]
        first += 100.0
        return x

    assert f(xp.asarray([1.0, 2.0])).tolist() == [101.0, 2.0]
    assert md.vmap(f)(xp.asarray([[1.0, 2.0]])).tolist() == [[101.0, 2.0]]


def test_a_column_laid_flat_is_no_view_and_keeps_its_gradient():
    x = md.Tensor([1.0, 2.0, 3.0], allow_grad=True)
    a = np.ones((3, 2)) * x[:, None]
    c = a[:, 0].ravel()
    c *= 10.0
    (np.sum(a[:, 0]) + np.sum(c)).backward()
    assert x.grad.tolist() == [11.0, 11.0, 11.0]
    rows = md.asarray(numpy.ones((2, 3, 2)))

    def f(a):
        c = a[:, 0].ravel()
        c *= 10.0
        return a

    assert md.vmap(f)(rows).tolist() == numpy.ones((2, 3, 2)).tolist()


def test_rows_laid_flat_are_a_view_inside_vmap_too():
    def f(a):
        b = a * 1.0
        c = b[1:].ravel()  # each sample's rows lie together, those of all samples do not
        c += 100.0
        return b

    rows = numpy.arange(12.0).reshape(2, 3, 2)
    expected = [f(row).tolist() for row in rows]
    assert expected[0][1] == [102.0, 103.0]
    assert md.vmap(f)(md.asarray(rows)).tolist() == expected


@pytest.mark.parametrize(
    "call",
    [
        *("np.take(v, b)", "np.take(v, [True, False])", "np.take(m, b[:2], axis=1)", "v.take(b)"),
        *("np.bincount(b)", "np.bincount(v > 1)", "np.bincount(b, weights=v)", "np.diag(b)"),
        *("np.diagflat(b)", "np.diag(b, 1)", "np.vdot(many, many)", "np.vecdot(many, many)"),
        *("np.vecdot(b, ~b)", "np.einsum('ij->i', k)", "np.einsum('ij->', k)"),
        *("np.einsum('ii', k[:, :2])", "np.einsum('ij,kj->', k, k)"),
        *("np.einsum('ij->i', small)", "np.einsum('ij->j', small)", "np.einsum('ij->', m)"),
    ],
)
def test_truth_values_and_small_integers(call):
    values = {
        "v": numpy.array([1.0, 2.0, 3.0, 4.0]),
        "b": numpy.array([True, False, True, True]),
        "m": numpy.arange(6.0).reshape(2, 3),
        "k": numpy.array([[True, True, False], [True, True, True]]),
        "many": numpy.ones(300, bool),
        "small": numpy.full((2, 150), 1, "i1"),
    }
    expected = eval(call, {"np": numpy, **values})
    found = eval(call, {"np": np, **{name: np.array(one) for name, one in values.items()}})
    assert (found.shape, found.dtype) == (numpy.shape(expected), expected.dtype)
    numpy.testing.assert_array_equal(found.as_numpy(), expected)


def test_an_archive_is_read_as_numpys(tmp_path):
    np.savez(tmp_path / "a.npz", a=[1.0, 2.0], b=3)
    with np.load(tmp_path / "a.npz") as found:
        assert found.files == ["a", "b"]
        assert found["a"].tolist() == [1.0, 2.0]
    found.close()
