"""Every call of the NumPy drop-in inside vmap: as in a loop over the samples, the gradient too."""

import pytest
from test_names import TEXTS, evaluated, results, used

import minidiff as md
import minidiff.array_api as xp
import minidiff.numpy
import numpy

# What these return, or the way there, depends on the values through shapes or Python's `if`.
DEPENDENT = {
    *("allclose", "array_equal", "array_equiv", "nonzero", "unique"),
    *("linalg.lstsq", "linalg.matrix_rank", "histogram", "polyfit", "vectorize"),
    *("unique_all", "unique_counts", "unique_inverse", "unique_values"),
}


def floating(arrays):
    return [name for name, array in arrays.items() if array.dtype.kind in "fc"]


# Inside vmap a function is called also where no element of any sample is for it.
UNCALLED = "no_such"
BATCHED = [
    (name, text)
    for name, text in TEXTS
    if floating(used(text)) and name not in DEPENDENT and UNCALLED not in text
]


def ways(names):
    """All floating arrays as batches, and each of them alone."""
    return [names] if len(names) == 1 else [names, *[[name] for name in names]]


def stacked(f, stacks):
    rows = [f(*[md.asarray(stack[i]) for stack in stacks]) for i in range(3)]
    return [numpy.stack([one.as_numpy() for one in column]) for column in zip(*rows, strict=True)]


@pytest.mark.parametrize(("name", "text"), BATCHED, ids=lambda one: one)
def test_as_in_a_loop(name, text):
    arrays = used(text)
    # A batch may be summed in another order, which changes a last place: of float32, where products
    # are summed in it.
    single = name in ("matmul", "vecdot") and "'f4'" in text
    rtol = 4 * float(numpy.finfo("f4").eps) if single else 1e-8
    for names in ways(floating(arrays)):
        stacks = [numpy.stack([arrays[n], arrays[n] * 1.02, arrays[n] * 0.97]) for n in names]

        def f(*xs, names=names):
            given = {n: md.asarray(a) for n, a in arrays.items()} | dict(
                zip(names, xs, strict=True)
            )
            outs = results(evaluated(text, minidiff.numpy, given))
            return [one if type(one) is md.Tensor else md.asarray(one) for one in outs]

        def loss(*xs, f=f):
            floats = [out for out in f(*xs) if out.dtype.kind in "fc"]
            squares = [xp.sum(minidiff.numpy.abs(out) ** 2) for out in floats]
            return sum(squares, xp.asarray(0.0))

        for function in (f, md.grad(loss, range(len(names)))):
            found = md.vmap(function)(*map(md.asarray, stacks))
            for one, expected in zip(found, stacked(function, stacks), strict=True):
                numpy.testing.assert_allclose(one.as_numpy(), expected, rtol=rtol, atol=1e-10)
