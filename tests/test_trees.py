"""Containers of tensors, in and out of the transforms."""

import collections
import dataclasses
from typing import NamedTuple

import pytest

import minidiff as md
import minidiff.array_api as xp
import numpy as np
from minidiff.core.trees import leaves_in_order, leaves_of, map_leaves, with_leaves


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


class Point(tuple):
    """A tuple that is made of something else than its parts, and knows more than them."""

    def __new__(cls, x, y, name="point"):
        made = super().__new__(cls, (x, y))
        made.name = name
        return made

    def __eq__(self, other):
        return type(other) is Point and tuple(self) == tuple(other) and self.name == other.name

    __hash__ = tuple.__hash__


class Named(list):
    """A list with a constructor of its own."""

    def __init__(self, name, *values):
        super().__init__(values)
        self.name = name


TREES = {
    "leaf": (3, [3]),
    "nothing": (None, []),
    "list": ([1, 2], [1, 2]),
    "tuple": ((1, (2,), ()), [1, 2]),
    "list of another type": (Rows([1, 2]), [1, 2]),
    "dict": ({"b": 1, "a": [2]}, [1, 2]),
    "ordered dict": (collections.OrderedDict(b=1, a=2), [1, 2]),
    "default dict": (collections.defaultdict(list, b=1), [1]),
    "counter": (collections.Counter(b=1, a=2), [1, 2]),
    "named tuple": (Pair(1, Pair(2, 3)), [1, 2, 3]),
    "tuple of another type": (Point(1, [2], "start"), [1, 2]),
    "list made in another way": (Named("all", 1, 2), [1, 2]),
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
    assert leaves_in_order(tree, again, "") == leaves


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
    ("tree", "other", "says"),
    [
        ([1], [1, 2], "trees differ: list of 1 is needed, and list of 2 was found"),
        ({"a": 1}, {"b": 1}, "trees differ: the key 'a' is missing"),
        ({"a": 1}, {"b": 1, "a": 2}, "trees differ: the key 'b' is one too many"),
        (Pair(1, 2), (1, 2), "trees differ: Pair of 2 is needed, and tuple of 2 was found"),
        (Layer(1), Layer(1, 2), "trees differ, at .bias: None is needed, and int was found"),
        (
            {"a": [1, (2, 3)]},
            {"a": [1, 2]},
            r"at \['a'\]\[1\]: tuple of 2 is needed, .*",
        ),
        (None, 1, "None is needed, and int was found"),
        (1, None, "int is needed, and None was found"),
        ((1,), Layer(1, 2), "tuple of 1 is needed, and Layer was found"),
    ],
)
def test_what_does_not_belong_together(tree, other, says):
    with pytest.raises(ValueError, match=f"{says}$"):
        leaves_in_order(tree, other, "trees differ")


@pytest.mark.parametrize(
    ("tree", "other", "leaves"),
    [
        ([1, (2,)], (3, [4]), [3, 4]),
        ({"a": 1, "b": [2]}, {"b": [20], "a": 10}, [10, 20]),
        ({"a": 1}, collections.OrderedDict(a=10), [10]),
        (Frozen(1, {"u": 1, "v": 2}), Frozen(5, {"v": 4, "u": 3}), [5, 3, 4]),
    ],
)
def test_what_belongs_together_by_name(tree, other, leaves):
    assert leaves_in_order(tree, other, "trees differ") == leaves


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


def test_dicts_of_directions_come_in_any_order():
    def f(p):
        return {"y": p["a"] * p["b"], "z": 3 * p["a"]}

    point = {"a": 2.0, "b": 5.0}
    way = {"b": 10.0, "a": 1.0}
    moved = {"y": 1.0 * 5.0 + 2.0 * 10.0, "z": 3.0}
    assert values(md.jvp(f, [point], [way])[1]) == moved
    assert values(md.linearize(f, point)[1](way)) == moved
    (g,) = md.vjp(f, point)[1]({"z": 100.0, "y": 1.0})
    assert values(g) == {"a": 305.0, "b": 2.0}
    product = md.hvp(lambda p: p["a"] ** 3 * p["b"], [point], [way])
    assert values(product) == {"a": 60.0 * 1.0 + 12.0 * 10.0, "b": 12.0}


def values(tree):
    return map_leaves(float, tree)


def test_nothing_to_differentiate_gives_empty_containers():
    def f(p, x):
        return x * x

    x = xp.asarray(3.0)
    for nothing in ({}, None, [(), {"a": None}]):
        assert md.grad(f)(nothing, x) == nothing
        value, g = md.value_and_grad(f, (0, 1))(nothing, x)
        assert (float(value), g[0], float(g[1])) == (9.0, nothing, 6.0)
        assert md.hessian(f)(nothing, x) == nothing
        for mode in (None, "forward", "reverse"):
            found = md.jacobian(lambda p, x: [x * x, x], mode=mode)(nothing, x)
            assert found == [nothing, nothing]
        value, pull = md.vjp(f, nothing, x=x)
        assert (float(value), pull(1.0)) == (9.0, (nothing,))
        assert values(md.jvp(f, [nothing], [nothing], x=x)) == (9.0, 0.0)
        assert float(md.linearize(f, nothing, x=x)[1](nothing)) == 0.0
        assert md.hvp(f, [nothing, x], [nothing], 0) == nothing
    assert md.vjp(lambda: xp.ones(2))[1](np.ones(2)) == ()


def test_results_without_tensors():
    value, pull = md.vjp(lambda x: {}, 3.0)
    assert (value, float(pull({})[0])) == ({}, 0.0)
    assert md.jvp(lambda x: [None], [3.0], [1.0]) == ([None], [None])
    assert md.linearize(lambda x: (), 3.0)[1](1.0) == ()
    assert md.jacobian(lambda x: {"a": ()})(3.0) == {"a": ()}


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
