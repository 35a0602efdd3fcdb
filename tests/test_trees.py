"""Containers of tensors, in and out of the transforms."""

import collections
import dataclasses
from typing import NamedTuple

import pytest

import minidiff as md
import minidiff.array_api as xp
from minidiff.core.trees import leaves_of, map_leaves, structure_of, with_leaves


class Pair(NamedTuple):
    first: object
    second: object


@dataclasses.dataclass
class Layer:
    weight: object
    bias: object = None


@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    scale: object
    name: str = "none"


@dataclasses.dataclass
class Derived:
    """Where calling the class again would do more than put the leaves in their places."""

    x: object
    double: object = dataclasses.field(init=False)

    def __post_init__(self):
        self.double = self.x * 2


class Rows(list):
    pass


TREES = {
    "leaf": (3, [3]),
    "nothing": (None, []),
    "list": ([1, 2], [1, 2]),
    "tuple": ((1, (2,), ()), [1, 2]),
    "list of another type": (Rows([1, 2]), [1, 2]),
    "dict": ({"b": 1, "a": [2]}, [1, 2]),
    "ordered dict": (collections.OrderedDict(b=1, a=2), [1, 2]),
    "default dict": (collections.defaultdict(list, b=1), [1]),
    "named tuple": (Pair(1, Pair(2, 3)), [1, 2, 3]),
    "dataclass": (Layer(1, [2, None]), [1, 2]),
    "frozen dataclass": (Frozen(1), [1, "none"]),
    "a field without a parameter": (Derived(2), [2, 4]),
}


@pytest.mark.parametrize("name", TREES)
def test_leaves_and_back(name):
    tree, leaves = TREES[name]
    assert leaves_of(tree) == leaves
    again = with_leaves(tree, leaves)
    assert again == tree
    assert type(again) is type(tree)
    assert structure_of(again) == structure_of(tree)


@pytest.mark.parametrize("name", [name for name, (_, leaves) in TREES.items() if leaves])
def test_other_leaves_leave_the_tree_as_it_was(name):
    tree, leaves = TREES[name]
    texts = map_leaves(repr, tree)
    assert leaves_of(texts) == [repr(one) for one in leaves]
    assert leaves_of(tree) == leaves
    if isinstance(tree, dict):
        assert list(texts) == list(tree)


def test_a_default_dict_keeps_its_default():
    assert map_leaves(str, TREES["default dict"][0])["new"] == []


@dataclasses.dataclass
class Dense:
    weight: object
    heads: int = dataclasses.field(default=2, metadata={"static": True})


def test_static_fields_are_no_part_of_the_tree():
    def f(p):
        return xp.sum(xp.reshape(p.weight, (p.heads, -1))[1, :] ** 2)

    g = md.grad(f)(Dense(xp.asarray([1.0, 2.0, 3.0, 4.0])))
    assert g == Dense(g.weight, 2)
    assert g.weight.tolist() == [0.0, 0.0, 6.0, 8.0]


def test_a_class_is_a_leaf():
    assert leaves_of(Layer) == [Layer]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([1], (1,)),
        ([1], [1, 2]),
        ({"a": 1}, {"b": 1}),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),  # the leaves would come in another order
        (Pair(1, 2), (1, 2)),
        (Layer(1), Layer(1, 2)),
        (None, 1),
    ],
)
def test_what_does_not_belong_together(one, other):
    assert structure_of(one) != structure_of(other)


# ---- through the transforms


def loss(p):
    return p.scale * xp.sum(p.layers[0].weight * p.table["b"] ** 2)


@dataclasses.dataclass(frozen=True)
class Model:
    scale: object
    layers: object
    table: object


def model():
    return Model(2.0, (Layer(xp.asarray([1.0, 2.0])),), collections.OrderedDict(b=3.0))


def test_grad_gives_the_containers_of_the_argument():
    value, g = md.value_and_grad(loss)(model())
    assert value.item() == 54.0
    assert type(g) is Model
    assert type(g.table) is collections.OrderedDict
    assert g.scale.item() == 27.0
    assert g.layers[0].weight.tolist() == [18.0, 18.0]
    assert g.layers[0].bias is None
    assert g.table["b"].item() == 36.0


def test_vjp_and_jvp_keep_the_containers_of_both_sides():
    def f(p):
        return Pair({"y": p.layers[0].weight * p.scale}, None)

    value, pull = md.vjp(f, model())
    assert value.first["y"].tolist() == [2.0, 4.0]
    (g,) = pull(Pair({"y": xp.asarray([1.0, 10.0])}, None))
    assert (g.scale.item(), g.layers[0].weight.tolist()) == (21.0, [2.0, 20.0])
    assert g.table["b"].item() == 0.0  # not used

    _, tangent = md.jvp(f, [model()], [g])
    assert type(tangent) is Pair
    assert tangent.first["y"].tolist() == [2.0 * 2.0 + 1.0 * 21.0, 20.0 * 2.0 + 2.0 * 21.0]


def test_jacobian_and_hessian_of_containers():
    point = {"a": xp.asarray([1.0, 2.0, 3.0, 4.0]), "b": 5.0}
    whole = md.jacobian(lambda p: [p["a"] * p["b"], xp.sum(p["a"])])(point)
    assert whole[0]["a"].tolist() == (5 * xp.eye(4)).tolist()
    assert whole[0]["b"].tolist() == [1.0, 2.0, 3.0, 4.0]
    assert whole[1]["a"].tolist() == [1.0] * 4
    assert whole[1]["b"].item() == 0.0
    second = md.hessian(lambda p: xp.sum(p["a"] ** 2) * p["b"])(point)
    assert second["a"]["a"].tolist() == (10 * xp.eye(4)).tolist()
    assert second["a"]["b"].tolist() == second["b"]["a"].tolist() == [2.0, 4.0, 6.0, 8.0]
    assert second["b"]["b"].item() == 0.0


def test_vmap_over_containers():
    points = Layer(xp.asarray([[1.0, 2.0], [3.0, 4.0]]), {"b": xp.asarray([10.0, 20.0])})
    out = md.vmap(lambda p: Pair(xp.sum(p.weight), p.bias["b"] * p.weight))(points)
    assert type(out) is Pair
    assert out.first.tolist() == [3.0, 7.0]
    assert out.second.tolist() == [[10.0, 20.0], [60.0, 80.0]]
    axes = (Layer(1, None),)
    again = md.vmap(lambda p: p.weight * p.bias["b"], axes, out_axes=1)(
        Layer(points.weight, {"b": xp.asarray(2.0)})
    )
    assert again.tolist() == [[2.0, 4.0], [6.0, 8.0]]


def test_checkpoint_of_containers():
    g = md.grad(lambda p: md.checkpoint(loss)(p))(model())
    assert g.layers[0].weight.tolist() == [18.0, 18.0]
