"""What transforms take and give: argnums, has_aux, plain arrays, directions, complex numbers."""

import pytest

import minidiff as md
import minidiff.array_api as xp
import numpy as np
from truths import close, leaf


def test_argnums():
    def f(x, y, *, scale=1.0):
        return scale * x * y**2

    assert md.grad(f)(2.0, 3.0).item() == 9.0
    assert md.grad(f, 1)(2.0, 3.0, scale=2.0).item() == 24.0
    assert md.grad(f, -1)(2.0, 3.0).item() == 12.0
    assert md.grad(f, np.int64(1))(2.0, 3.0).item() == 12.0
    both = md.grad(f, (1, 0))(2.0, 3.0)
    assert [g.item() for g in both] == [12.0, 9.0]
    (only,) = md.grad(f, [0])(2.0, 3.0)
    assert only.item() == 9.0
    second = md.hessian(f, (0, 1))(2.0, 3.0)
    assert [[h.item() for h in row] for row in second] == [[0.0, 6.0], [6.0, 4.0]]


def test_several_argnums_give_tuples():
    def f(x, y):
        return x * y

    for numbers in ((0, 1), [0, 1], range(2)):
        assert type(md.grad(f, numbers)(2.0, 3.0)) is tuple
        assert type(md.value_and_grad(f, numbers)(2.0, 3.0)[1]) is tuple
        for mode in ("forward", "reverse"):
            rows = md.jacobian(lambda x, y: [x * y, x + y], numbers, mode=mode)(2.0, 3.0)
            assert type(rows) is list
            assert [[float(d) for d in row] for row in rows] == [[3.0, 2.0], [1.0, 1.0]]
            assert type(rows[0]) is tuple
        second = md.hessian(f, numbers)(2.0, 3.0)
        assert type(second) is tuple
        assert type(second[0]) is tuple


def test_other_arguments_are_passed_on():
    def f(x, power, *, scale):
        assert type(power) is int
        assert type(scale) is str
        return x**power * float(scale)

    x = xp.asarray([1.0, 2.0])
    given = {"power": 3, "scale": "2"}
    value, pull = md.vjp(f, x, **given)
    assert (value.tolist(), pull(xp.ones(2))[0].tolist()) == ([2.0, 16.0], [6.0, 24.0])
    assert md.jvp(f, [x], [xp.ones(2)], **given)[1].tolist() == [6.0, 24.0]
    assert md.linearize(f, x, **given)[1](xp.ones(2)).tolist() == [6.0, 24.0]
    assert md.grad(lambda *a, **k: xp.sum(f(*a, **k)))(x, 3, scale="2").tolist() == [6.0, 24.0]
    product = md.hvp(lambda *a, **k: xp.sum(f(*a, **k)), [x, 3], [xp.ones(2)], 0, scale="2")
    assert product.tolist() == [12.0, 24.0]


# ---- what a function returns beside its value


def square(x):
    y = x * x
    return xp.sum(y), {"y": y, "name": "square"}


# What each transform gives for `aux`, of the function above at x.
WITH_AUX = {
    "grad": lambda x: md.grad(square, has_aux=True)(x)[1],
    "value_and_grad": lambda x: md.value_and_grad(square, has_aux=True)(x)[0][1],
    "vjp": lambda x: md.vjp(square, x, has_aux=True)[2],
    "jvp": lambda x: md.jvp(square, [x], [x], has_aux=True)[2],
    "linearize": lambda x: md.linearize(square, x, has_aux=True)[2],
    "jacobian forward": lambda x: md.jacobian(square, mode="forward", has_aux=True)(x)[1],
    "jacobian reverse": lambda x: md.jacobian(square, mode="reverse", has_aux=True)(x)[1],
    "hessian": lambda x: md.hessian(square, has_aux=True)(x)[1],
    "hvp": lambda x: md.hvp(square, [x], [x], has_aux=True)[1],
}


@pytest.mark.parametrize("name", WITH_AUX)
def test_aux_is_passed_by_as_a_constant(name):
    x = xp.asarray([1.0, 2.0, 3.0, 4.0])
    aux = WITH_AUX[name](x)
    assert aux["name"] == "square"
    assert aux["y"].tolist() == [1.0, 4.0, 9.0, 16.0]
    assert not aux["y"].allow_grad
    assert aux["y"]._backend is x._backend
    # It is an array like any other.
    assert np.asarray(aux["y"]).sum() == 30.0
    assert md.grad(lambda z: xp.sum(z * aux["y"]))(x).tolist() == [1.0, 4.0, 9.0, 16.0]
    aux["y"][0] = 7.0
    assert aux["y"].tolist() == [7.0, 4.0, 9.0, 16.0]
    assert x.tolist() == [1.0, 2.0, 3.0, 4.0]


@pytest.mark.parametrize("name", WITH_AUX)
def test_aux_keeps_its_derivative_for_transforms_outside(name):
    def aux_of(x):
        return WITH_AUX[name](x)["y"]

    a, v = np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.5, -1.0, 2.0, 0.25])
    x, way = xp.asarray(a), xp.asarray(v)
    close(md.grad(lambda x: xp.sum(aux_of(x)))(x), 2 * a)
    close(md.jvp(aux_of, [x], [way])[1], 2 * a * v)
    close(md.vmap(lambda r: md.grad(lambda x: xp.sum(aux_of(x)))(x * r))(way), 2 * np.outer(v, a))
    for mode in ("forward", "reverse"):
        close(md.jacobian(aux_of, mode=mode)(x), np.diag(2 * a))
    close(md.hessian(lambda x: xp.sum(aux_of(x)))(x), 2 * np.eye(4))
    t = leaf(a)
    xp.sum(aux_of(t)).backward()
    close(t.grad, 2 * a)


def test_aux_is_stripped_of_the_variables_of_one_transform_alone():
    w = leaf([3.0, 4.0])

    def f(x):
        own, both = x * x, x * w
        return xp.sum(own * both), (own, both, w, xp.argmax(x), None)

    x = xp.asarray([1.0, 2.0])
    for aux in (
        md.grad(f, has_aux=True)(x)[1],
        md.vjp(f, x, has_aux=True)[2],
        md.jacobian(f, has_aux=True)(x)[1],
    ):
        own, both, same, most, nothing = aux
        assert [one.allow_grad for one in (own, both, same, most)] == [False, True, True, False]
        assert nothing is None
        w.grad = None
        xp.sum(both).backward()
        assert w.grad.tolist() == [1.0, 2.0]
    with md.no_grad():
        assert not any(one.allow_grad for one in md.grad(f, has_aux=True)(x)[1][:2])


# ---- plain arrays


@pytest.mark.parametrize("data", [[1.0, 2.0], np.asarray([1.0, 2.0]), np.float32([1, 2])])
def test_plain_arrays_are_arguments(data):
    x = np.asarray(data)
    g = md.grad(lambda x: xp.sum(x * x))(x)
    assert g.dtype == x.dtype
    assert g.tolist() == [2.0, 4.0]


def test_plain_directions_take_the_space_of_what_they_belong_to():
    x = np.asarray([1.0, 2.0], dtype=np.float32)
    _, pull = md.vjp(lambda x: x**3, x)
    _, along = md.linearize(lambda x: x**3, x)
    for way in (np.array([1, 10]), np.array([1.0, 10.0]), xp.asarray([1.0, 10.0])):
        for found in (
            pull(way)[0],
            along(way),
            md.jvp(lambda x: x**3, [x], [way])[1],
            md.hvp(lambda x: xp.sum(x**4) / 4, [x], [way]),
        ):
            assert found.dtype == np.float32
            assert found.tolist() == [3.0, 120.0]
    for one in (1, 1.0, np.float64(1.0), np.array(1)):
        assert md.vjp(lambda x: x**3, 2.0)[1](one)[0].item() == 12.0
        assert md.hvp(lambda x: x**3, [2.0], [one]).item() == 12.0
        assert md.linearize(lambda x: x**3, 2.0)[1](one).item() == 12.0
        assert md.jvp(lambda z: z * 1j, [2.0 + 0j], [one])[1].item() == 1j  # real for complex


def test_cotangents_of_results_that_are_no_floats_go_nowhere():
    def f(x):
        return x * x, xp.argmax(x)

    x = xp.asarray([1.0, 2.0])
    (value, place), pull = md.vjp(f, x)
    assert int(place) == 1
    for beside in (0, xp.asarray(5), 1.5):
        assert pull((value, beside))[0].tolist() == [2.0, 16.0]
    (_, moved), (_, none) = md.jvp(f, [x], [x])
    assert (moved.dtype, none.dtype) == (place.dtype, place.dtype)


def test_an_int_is_a_real_number():
    assert md.grad(lambda x: x**3)(2).item() == 12.0


def test_arguments_are_not_changed_and_gradients_are_free():
    x = np.asarray([1.0, 2.0])

    def f(t):
        t *= 3.0  # its own
        return xp.sum(t * t)

    g = md.grad(f)(x)
    assert x.tolist() == [1.0, 2.0]
    t = xp.asarray(x)
    g = md.grad(f)(t)
    assert (t.tolist(), g.tolist()) == ([1.0, 2.0], [18.0, 36.0])
    pulled = md.vjp(lambda t: (t, t), t)[1]((t, xp.zeros(2)))[0]
    pulled += 1.0
    g += 1.0
    assert t.tolist() == [1.0, 2.0]


def test_counts_and_flags_are_numbers_unless_a_field_is_static():
    g = md.grad(lambda p: p["w"] ** p["n"])({"w": 2.0, "n": 3})
    assert (g["w"].item(), g["n"].item()) == (12.0, pytest.approx(8 * np.log(2.0)))


@pytest.mark.parametrize("tracked", [False, True])
def test_an_argument_written_inside_is_still_what_was_given(tracked):
    def f(t):
        t[0] = t[1] * 5
        t *= t
        return xp.sum(t)

    x = md.Tensor([1.0, 2.0], allow_grad=tracked) * 1.0
    assert md.grad(f)(x).tolist() == [0.0, 104.0]
    assert md.jvp(f, [x], [xp.ones(2)])[1].item() == 104.0
    assert md.hessian(f)(x).tolist() == [[0.0, 0.0], [0.0, 52.0]]
    assert md.vmap(md.grad(f))(xp.stack([x, x])).tolist() == [[0.0, 104.0]] * 2
    assert x.tolist() == [1.0, 2.0]


def test_names_and_docstrings():
    def energy(x):
        """Of a spring."""
        return x * x

    for made, name in (
        (md.grad(energy), "grad(energy)"),
        (md.hessian(energy), "hessian(energy)"),
        (md.vmap(energy), "vmap(energy)"),
    ):
        assert made.__name__ == name
        assert made.__doc__ == "Of a spring."


# ---- complex numbers: docs/complex.md


def test_gradient_of_a_complex_argument_descends():
    z = xp.asarray([1.0 + 2.0j, -0.5j])
    g = md.grad(lambda z: xp.sum(xp.real(z) ** 2 + 3 * xp.imag(z) ** 2))(z)
    assert g.tolist() == [2.0 + 12.0j, -3.0j]  # d/dRe + i d/dIm


def test_holomorphic_products():
    z = xp.asarray([0.3 + 0.4j, 1.0 - 0.2j])
    dz = xp.asarray([1.0 + 1.0j, 2.0j])
    derivative = np.cos(z.as_numpy())
    close(md.jvp(xp.sin, [z], [dz])[1], derivative * dz.as_numpy())
    close(md.vjp(xp.sin, z)[1](dz)[0], np.conj(derivative) * dz.as_numpy())
    close(md.linearize(xp.sin, z)[1](dz), derivative * dz.as_numpy())


def test_linearize_where_the_derivative_is_only_linear_over_the_reals():
    z, dz = xp.asarray([0.3 + 0.4j, 1.0 - 0.2j]), xp.asarray([1.0 + 1.0j, 2.0j])

    def f(z):
        return xp.conj(z) * z * z + xp.abs(z)

    close(md.linearize(f, z)[1](dz), md.jvp(f, [z], [dz])[1])
