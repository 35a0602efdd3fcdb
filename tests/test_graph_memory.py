"""graph_memory: what a graph keeps, by operation."""

import zlib

import array_api_strict
import pytest

import minidiff as md
import minidiff.array_api as xp
import numpy as np


def leaves(*arrays):
    return [md.Tensor(array, allow_grad=True) for array in arrays]


def test_graph_memory():
    (x,) = leaves(np.ones(1000))
    y = xp.sin(x) * x
    z = xp.sum(y[:10] + 1.0)
    found = md.graph_memory(z)
    assert found.operations == 5
    # x for cos(x), and once more for the product, where it is the same array; and sin(x).
    assert found.bytes == 16_000
    assert found.by_operation == {"sin": 8000, "multiply": 8000}
    assert str(found).splitlines()[0] == "5 operations keep 16,000 bytes"
    z.backward()
    with pytest.raises(RuntimeError, match=r"^graph_memory: an earlier backward freed this graph"):
        md.graph_memory(z)
    assert md.graph_memory(md.asarray([1.0])).operations == 0
    with pytest.raises(TypeError, match="graph_memory: t is a Tensor, not list"):
        md.graph_memory([1.0])


def test_graph_memory_of_wide_operations_and_views():
    x, w = leaves(np.ones((10, 10)), np.ones((10, 10)))
    assert md.graph_memory(xp.where(x > 0, x, w)).by_operation == {"where": 100}
    assert md.graph_memory(x[:5] * 2.0).bytes == 0
    assert md.graph_memory(xp.matmul(x[:5], w)).by_operation == {"matmul": 1600}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_numbers_are_shared_by_all_graphs(dtype):
    (x,) = leaves(np.ones(10, dtype))
    assert md.graph_memory(x * 2.0 / 3.0).bytes == 0
    assert md.graph_memory(xp.maximum(x, 2.0)).bytes == x.nbytes


def test_checkpoints_keep_arguments_and_results():
    (x,) = leaves(np.ones(100))
    layer = md.checkpoint(lambda x: xp.sin(xp.sin(xp.sin(x))))
    assert md.graph_memory(layer(x)).by_operation == {"segment": 1600}
    # What one gives the next one takes.
    assert md.graph_memory(layer(layer(layer(x)))).bytes == 4 * 800


@pytest.mark.parametrize("name", ["bool", "int32", "float32", "float64", "complex64"])
def test_libraries_that_do_not_count_bytes(name):
    strict = md.wrap(array_api_strict)
    dtype = getattr(array_api_strict, name)
    assert not hasattr(array_api_strict.ones(1), "nbytes")
    array = strict.ones((10, 10), dtype=dtype)
    expected = np.dtype(name).itemsize * 100
    if strict.isdtype(dtype, ("real floating", "complex floating")):
        array.allow_grad = True
        y = strict.exp(array)
    else:
        x = strict.ones((10, 10), dtype=array_api_strict.float32)
        x.allow_grad = True
        y = strict.where(array, x, x) if name == "bool" else strict.take_along_axis(x, array)
    assert md.graph_memory(y).bytes == expected


def test_what_was_packed_counts_as_it_is():
    (x,) = leaves(np.ones(1000))

    def packed(pack):
        with md.saved_tensors_hooks(pack, md.asarray):
            return md.graph_memory(xp.sum(xp.sin(x) * x)).by_operation

    def half(t):
        return t.as_numpy().astype(np.float16)

    assert packed(half) == {"sin": 2000, "multiply": 2000}
    assert packed(lambda t: (half(t), t.dtype)) == {"sin": 2000, "multiply": 2000}
    assert packed(lambda t: {"values": [half(t)]}) == {"sin": 2000, "multiply": 2000}
    assert packed(lambda t: md.asarray(half(t))) == {"sin": 2000, "multiply": 2000}
    assert packed(lambda t: "a file") == {}
    squeezed = len(zlib.compress(np.ones(1000).tobytes()))
    assert packed(lambda t: zlib.compress(t.as_numpy().tobytes()))["sin"] == squeezed


def test_inside_vmap_it_is_the_memory_of_all_samples():
    def f(x):
        t = md.Tensor(x, allow_grad=True)
        return xp.asarray(md.graph_memory(xp.sin(t)).bytes)

    assert md.vmap(f)(xp.ones((3, 100))).tolist() == [2400] * 3
