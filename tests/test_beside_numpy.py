"""Tensors of any library beside what a NumPy program has at hand: arrays, keys and lists."""

import pytest

import minidiff as md
import minidiff.numpy as np
import numpy
from minidiff import array_api as xp

LIBRARIES = ["numpy", "array_api_strict", "torch", "jax.numpy"]


@pytest.fixture(params=LIBRARIES)
def x(request):
    """A leaf of three elements of a library."""
    library = pytest.importorskip(request.param)
    return md.Tensor(library.asarray([1.0, 2.0, 3.0]), allow_grad=True)


def check(x, expected):
    numpy.testing.assert_allclose(x.grad.as_numpy(), expected, rtol=1e-6)


def test_an_operand_that_is_written_later(x):
    c = numpy.array([10.0, 20.0, 30.0])
    loss = md.sum(x * c)
    c[:] = 0.0
    loss.backward()
    check(x, [10.0, 20.0, 30.0])


def test_a_key_that_is_written_later(x):
    key = numpy.array([True, False, True])
    loss = md.sum(x[key])
    key[:] = [False, True, True]
    loss.backward()
    check(x, [1.0, 0.0, 1.0])


def test_a_key_of_a_write_that_is_written_later(x):
    key = numpy.array([True, False, True])
    y = x * 1
    y[key] = 5.0
    loss = md.sum(y)
    key[:] = False
    loss.backward()
    check(x, [0.0, 1.0, 0.0])


def test_an_array_of_indices(x):
    md.sum(x[numpy.array([0, 2, 2])]).backward()
    check(x, [1.0, 0.0, 2.0])


def test_an_update_in_place_by_an_array(x):
    y = x * 1
    same, part = y, y[:2]
    y *= numpy.array([10.0, 20.0, 30.0])
    part += numpy.ones(2)
    assert y is same
    numpy.testing.assert_allclose(part.as_numpy(), [11.0, 41.0])
    md.sum(y * y).backward()
    check(x, [2 * 11 * 10, 2 * 41 * 20, 2 * 90 * 30])


def test_an_array_is_written(x):
    y = x * 1
    y[:2] = numpy.array([4.0, 5.0])
    md.sum(y * y).backward()
    check(x, [0.0, 0.0, 6.0])


def test_a_list_with_tensors_is_written(x):
    y = np.zeros_like(x)
    y[:2] = [x[0] * 2, 1.0]
    y[2:] = (x[1] * x[2],)
    md.sum(y * y).backward()
    check(x, [2 * 2 * 2, 2 * 6 * 3, 2 * 6 * 2])


@pytest.mark.parametrize(
    "write",
    [
        lambda y: y.__imul__(3.0),
        lambda y: y.__setitem__(0, 3.0),
        lambda y: y[1:].__imul__(3.0),
    ],
)
def test_retain_grad_stays_with_the_tensor_that_is_written(x, write):
    y = x * x
    part = y[:2]
    y.retain_grad()
    part.retain_grad()
    write(y)
    (md.sum(y * y) + md.sum(part)).backward()
    values = y.detach().as_numpy()
    numpy.testing.assert_allclose(y.grad.as_numpy(), 2 * values + [1.0, 1.0, 0.0], rtol=1e-6)
    numpy.testing.assert_allclose(part.grad.as_numpy(), [1.0, 1.0])


def test_retain_grad_of_a_view_whose_base_forgot_its_history(x):
    y = x * x
    part = y[:2]
    part.retain_grad()
    y.wipe()
    assert part.op_node is None  # read again, it has no gradient to retain, and says nothing


def test_a_parameter_without_a_derivative_where_no_history_is_made():
    a, ddof = numpy.array([0.3, -0.7, 1.4]), md.Tensor(1.0, allow_grad=True)
    for allowed in (md.no_grad, md.allow_detach):
        with allowed():
            assert np.std(a, ddof=ddof).item() == pytest.approx(numpy.std(a, ddof=1))


def test_parts_of_complex_numbers_are_written():
    def function(r):
        y = np.array([1 + 1j, 2.0])
        y.real = r
        y.imag *= r
        return np.sum(np.real(y * np.conj(y)))

    assert function(3.0).item() == 2 * 9 + 9
    assert md.grad(function)(3.0).item() == pytest.approx(2 * 2 * 3 + 2 * 3)


STEPPED = [
    (lambda x: np.arange(x, x + 3).sum(), 3),
    (lambda x: np.arange(0.0, 1.75, x).sum(), 1),
    (lambda x: np.sum(np.arange(x, 4.0, x) ** 2), 2 * 1.3 * (1 + 4 + 9)),
    (lambda x: np.mgrid[0:x:3j].sum(), 1.5),
    (lambda x: np.ogrid[0:x:3j].sum(), 1.5),
    (lambda x: np.mgrid[x:3:1].sum(), 2),
    (lambda x: np.sum(np.mgrid[0:x:3j, 0:2:1] ** 2), 2 * 2 * 1.3 * 1.25),
    (lambda x: sum(np.sum(one) for one in np.ogrid[0:x:3j, 0:2:1]), 1.5),
    (lambda x: np.r_[x:3.0:0.5].sum(), 4),
]


@pytest.mark.parametrize(("function", "slope"), STEPPED)
def test_numbers_in_steps_of_what_is_differentiated(function, slope):
    assert md.grad(function)(1.3).item() == pytest.approx(slope)
    assert md.jvp(function, [1.3], [1.0])[1].item() == pytest.approx(slope)
    assert function(1.3).item() == pytest.approx(function(md.asarray(1.3)).item())


def test_arange_by_keywords():
    for call in ({"start": 1, "stop": 4}, {"stop": 4}, {"start": 1, "stop": 9, "step": 3}):
        numpy.testing.assert_array_equal(np.arange(**call).as_numpy(), numpy.arange(**call))
    for call in ({"start": 5}, {"start": 2, "stop": None, "step": 1}):
        with pytest.raises(TypeError, match="arange takes stop"):
            np.arange(**call)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (2, 0)])
def test_cumulative_products_of_nothing(shape):
    axis = shape.index(0)
    value, tangent = md.jvp(
        lambda x: xp.cumulative_prod(x, axis=axis, include_initial=True),
        [numpy.zeros(shape)],
        [numpy.zeros(shape)],
    )
    assert value.shape == tangent.shape == tuple(side or 1 for side in shape)
    assert (value == 1).all()
    assert (tangent == 0).all()


@pytest.mark.parametrize("axis", [0, 1])
def test_a_gradient_of_too_small_a_shape_is_refused(axis):
    total = md.create_unary_op_func(
        md.as_minidiff(lambda x: numpy.sum(x, axis=axis)), lambda x, g: g
    )
    with pytest.raises(ValueError, match=r"returned shape \(2,\), and its input has shape"):
        md.grad(lambda x: md.sum(total(x)))(md.ones((2, 2)))
