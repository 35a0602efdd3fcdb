"""Random tensors: seeds, spaces, histories."""

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
