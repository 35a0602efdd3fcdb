"""The parameters of reductions, linalg and fft are NumPy's: their names, order and defaults."""

import inspect

import pytest

import minidiff.numpy as mnp
import numpy

# Left out on purpose: places to write to, masks, and a choice of algorithms.
LEFT_OUT = {"out", "where", "overwrite_input", "kwargs", "kind", "method"}
# Weighted quantiles are not there.
LEFT_OUT_OF = {"quantile": {"weights"}, "percentile": {"weights"}}

MODULES = ("_reductions", "_statistics", "_differences", "_elementwise", "_logic", "linalg", "fft")


def pairs():
    """(name, our parameters, NumPy's) of the functions of MODULES; ufuncs have no names to give."""
    for ours, theirs in ((mnp, numpy), (mnp.linalg, numpy.linalg), (mnp.fft, numpy.fft)):
        for name in ours.__all__:
            one, other = getattr(ours, name), getattr(theirs, name, None)
            mine = inspect.isfunction(one) and one.__module__.rpartition(".")[2] in MODULES
            if mine and inspect.isfunction(getattr(other, "__wrapped__", other)):
                yield name, parameters(one), parameters(other)


def parameters(function):
    """Names and defaults, in order; what stands for 'not given' is None."""
    given = inspect.signature(function).parameters.values()
    return [
        (p.name, None if p.default in (p.empty, numpy._NoValue) else p.default)
        for p in given
        if p.kind is not p.VAR_POSITIONAL
    ]


PAIRS = list(pairs())


@pytest.mark.parametrize(("name", "ours", "theirs"), PAIRS, ids=[pair[0] for pair in PAIRS])
def test_parameters(name, ours, theirs):
    skipped = LEFT_OUT | LEFT_OUT_OF.get(name, set())
    wanted = [(n, default) for n, default in theirs if n not in skipped]
    found = dict(ours)
    assert [n for n, _ in wanted if n not in found] == []
    # keepdims has no default in NumPy, where arrays of other kinds may not know it.
    different = [
        n for n, default in wanted if found[n] != default and (n, default) != ("keepdims", None)
    ]
    assert different == []
    positional = [n for n, _ in wanted if n in ("a", "x", "axis", "dtype", "n", "s", "norm", "ord")]
    assert [n for n, _ in ours if n in positional] == positional


def test_enough_are_compared():
    assert len(PAIRS) > 80
