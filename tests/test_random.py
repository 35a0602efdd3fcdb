"""Random tensors: seeds, spaces, histories."""

import inspect

import pytest

import minidiff as md
import numpy as np

rng = md.random.default_rng


def test_a_seed_gives_the_same_numbers_again():
    for draw in (
        lambda g: g.rand(3, 2),
        lambda g: g.randn(4),
        lambda g: g.randint(10, size=5),
        lambda g: g.binomial(9, 0.3, 4),
        lambda g: g.permutation(6),
        lambda g: g.choice(9, 4, False),
        lambda g: g.uniform(-1.0, 1.0, (2, 2)),
        lambda g: g.normal(3.0, 0.1, 5),
    ):
        one, other, third = draw(rng(5)), draw(rng(5)), draw(rng(6))
        assert one.tolist() == other.tolist() != third.tolist()
        assert type(one) is md.Tensor


def test_the_numbers_are_numpys():
    theirs = np.random.default_rng(3)
    ours = rng(3)
    assert ours.normal(size=(2, 3)).tolist() == theirs.normal(size=(2, 3)).tolist()
    assert ours.randint(2, 7, 4).tolist() == theirs.integers(2, 7, 4).tolist()


DRAWS = {
    "random": lambda g: g.random((2, 3)),
    "standard_normal": lambda g: g.standard_normal(4),
    "exponential": lambda g: g.exponential(2.0, 3),
    "uniform": lambda g: g.uniform(-1.0, 2.0, 3),
    "normal": lambda g: g.normal(1.0, 2.0, size=(2, 1)),
    "integers": lambda g: g.integers(1, 6, 5, endpoint=True),
    "bytes": lambda g: g.integers(0, 256, (3,), np.uint8),
    "truths": lambda g: g.integers(0, 2, 8, dtype=bool),
    "binomial": lambda g: g.binomial(9, 0.3, 4),
    "multivariate_normal": lambda g: g.multivariate_normal(
        [1.0, -1.0], [[2.0, 0.5], [0.5, 1.0]], 3
    ),
    "choice": lambda g: g.choice(9, 4, False),
    "choice of an array": lambda g: g.choice(np.arange(6.0).reshape(3, 2), 4, axis=1),
    "choice by weights": lambda g: g.choice(3, (2, 2), p=[0.2, 0.3, 0.5]),
    "choice in order": lambda g: g.choice(9, 4, replace=False, shuffle=False),
    "permutation": lambda g: g.permutation(6),
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_by_numpys_own_names(draw):
    found, expected = draw(rng(7)), draw(np.random.default_rng(7))
    assert type(found) is md.Tensor
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
    np.testing.assert_array_equal(found.as_numpy(), expected)


CALLS = {
    "rand": lambda **rng: md.random.rand(3, **rng),
    "random": lambda **rng: md.random.random(3, **rng),
    "randn": lambda **rng: md.random.randn(2, 2, **rng),
    "standard_normal": lambda **rng: md.random.standard_normal(3, **rng),
    "uniform": lambda **rng: md.random.uniform(0.0, 2.0, 3, **rng),
    "normal": lambda **rng: md.random.normal(size=3, **rng),
    "exponential": lambda **rng: md.random.exponential(size=3, **rng),
    "multivariate_normal": lambda **rng: md.random.multivariate_normal([0.0], [[1.0]], 9, **rng),
    "integers": lambda **rng: md.random.integers(1000, size=9, **rng),
    "randint": lambda **rng: md.random.randint(1000, size=9, **rng),
    "binomial": lambda **rng: md.random.binomial(1000, 0.5, 9, **rng),
    "choice": lambda **rng: md.random.choice(1000, 9, **rng),
    "permutation": lambda **rng: md.random.permutation(50, **rng),
    "shuffle": lambda **rng: shuffled(**rng),
}


def shuffled(**rng):
    x = md.arange(50.0)
    md.random.shuffle(x, **rng)
    return x


@pytest.mark.parametrize("name", CALLS)
def test_every_function_takes_a_seed_or_a_generator(name):
    draw = CALLS[name]
    expected = draw(rng=5).tolist()
    md.random.seed(5)
    assert draw().tolist() == expected
    assert draw().tolist() != expected
    for source in (5, np.int64(5), rng(5), np.random.default_rng(5)):
        assert draw(rng=source).tolist() == expected
    source = rng(5)
    assert draw(rng=source).tolist() != draw(rng=source).tolist()
    function = getattr(md.random, name)
    assert inspect.signature(function).parameters["rng"].default is None
    assert function.__doc__


def test_every_function_is_listed_here():
    functions = {name for name in md.random.__all__ if inspect.isfunction(getattr(md.random, name))}
    assert functions - {"default_rng", "seed"} == set(CALLS)
    methods = {name for name, one in inspect.getmembers(md.random.Generator, inspect.isfunction)}
    assert {name for name in methods if not name.startswith("_")} == set(CALLS)


def test_the_modules_own_generator():
    md.random.seed(8)
    first = md.random.rand(3), md.random.randn(2)
    md.random.seed(8)
    again = md.random.rand(3), md.random.randn(2)
    assert [x.tolist() for x in first] == [x.tolist() for x in again]
    assert md.random.rand(2, 3).shape == (2, 3)
    assert md.random.default_rng(rng(1)) is not None


def test_spaces_and_leaves():
    x = rng(0).randn(3, dtype=md.float32, allow_grad=True)
    assert (x.dtype, x.allow_grad, x.is_leaf, x.device) == (np.dtype("float32"), True, True, "cpu")
    assert not rng(0).rand(3).allow_grad
    assert rng(0).randint(3).shape == ()
    assert rng(0).rand(2000).as_numpy().min() >= 0.0
    assert rng(0).binomial(1, md.asarray([0.0, 1.0])).tolist() == [0, 1]


def test_integers_of_any_kind_stand_for_a_range():
    for five in (5, np.int64(5), np.array(5), md.asarray(5)):
        assert rng(0).choice(five, 3).tolist() == rng(0).choice(5, 3).tolist()
        assert rng(0).permutation(five).tolist() == rng(0).permutation(5).tolist()
    with pytest.raises(TypeError, match="an index is an integer Tensor"):
        rng(0).choice(5.0, 3)


def test_devices():
    for draw in (
        lambda device: rng(0).choice(5, 3, device=device),
        lambda device: rng(0).choice(md.arange(5.0), 3, device=device),
        lambda device: rng(0).permutation(5, device=device),
        lambda device: rng(0).randint(5, size=2, device=device),
        lambda device: rng(0).exponential(size=2, device=device),
        lambda device: md.random.random(2, device=device),
    ):
        assert draw("cpu").device == "cpu"
        with pytest.raises(ValueError, match="unknown device 'tpu'"):
            draw("tpu")


def test_leaves_of_every_real_distribution():
    for x in (
        md.random.random(3, np.float32, allow_grad=True, rng=0),
        md.random.standard_normal(3, np.float32, allow_grad=True, rng=0),
        md.random.exponential(size=3, dtype=np.float32, allow_grad=True, rng=0),
        md.random.multivariate_normal([0.0] * 3, np.eye(3), dtype="f4", allow_grad=True, rng=0),
    ):
        assert (x.shape, x.dtype, x.is_leaf, x.allow_grad) == ((3,), np.float32, True, True)
        (x * x).backward()
        np.testing.assert_allclose(x.grad.as_numpy(), 2 * x.as_numpy())


def test_choice_and_permutation_keep_the_history():
    x = md.Tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], allow_grad=True)
    some = rng(1).choice(x, 5)
    assert some.shape == (5, 2)
    some.backward()
    assert x.grad.as_numpy().sum() == 10.0
    turned = rng(2).permutation(x, axis=1)
    assert sorted(turned[0].tolist()) == [1.0, 2.0]
    assert turned.allow_grad


def test_shuffle_is_in_place():
    x = md.arange(10.0)
    rng(4).shuffle(x)
    assert x.tolist() != list(range(10))
    assert sorted(x.tolist()) == list(range(10))
    leaf = md.Tensor([1.0, 2.0, 3.0], allow_grad=True)
    y = leaf * 1.0
    rng(4).shuffle(y)
    (y * md.asarray([1.0, 10.0, 100.0])).backward()
    assert sorted(leaf.grad.tolist()) == [1.0, 10.0, 100.0]
    order = [int(value) - 1 for value in y.tolist()]
    assert [leaf.grad.tolist()[i] for i in order] == [1.0, 10.0, 100.0]
    with pytest.raises(TypeError, match="shuffle writes into a Tensor"):
        rng(4).shuffle([1, 2])
