"""The parameters are NumPy's: their names, order, kinds and defaults; and the standard's too."""

import inspect

import pytest

import minidiff as md
import minidiff.array_api
import minidiff.numpy as mnp
import numpy

PLACES = {
    "": (mnp, numpy, md.array_api),
    "linalg.": (mnp.linalg, numpy.linalg, md.array_api.linalg),
    "fft.": (mnp.fft, numpy.fft, md.array_api.fft),
}
# What stands for any keywords, and what chooses among NumPy's loops in C.
LEFT_OUT = {"kwargs", "kwds", "signature"}
LEFT_OUT_OF = {"matmul": {"axes", "axis", "keepdims"}, "vecdot": {"axes"}}
# Here it costs nothing to look for the quickest order; and the last axis has a number.
OTHER_DEFAULTS = {("einsum", "optimize"), ("vecdot", "axis")}


def parameters(function):
    try:
        return dict(inspect.signature(function).parameters)
    except ValueError:  # written in C, and it does not say
        return None


def pairs():
    """(name, our parameters, NumPy's) of all functions that both have."""
    for prefix, (ours, theirs, _) in PLACES.items():
        for name in ours.__all__:
            one, other = getattr(ours, name), getattr(theirs, name, None)
            if inspect.isfunction(one) and other is not None and parameters(other) is not None:
                yield f"{prefix}{name}", parameters(one), parameters(other)


PAIRS = list(pairs())


def plain(default):
    """A default; what stands for 'not given' is None, and so is what changes nothing."""
    return None if default in (inspect.Parameter.empty, numpy._NoValue, (None, None)) else default


@pytest.mark.parametrize(("name", "ours", "theirs"), PAIRS, ids=[pair[0] for pair in PAIRS])
def test_parameters(name, ours, theirs):
    left_out = LEFT_OUT | LEFT_OUT_OF.get(name, set())
    wanted = {
        n: p for n, p in theirs.items() if n not in left_out and p.kind is not p.VAR_POSITIONAL
    }
    nameless = [n for n, p in wanted.items() if p.kind is p.POSITIONAL_ONLY]
    named = [n for n in wanted if n not in nameless]
    assert [n for n in named if n not in ours] == []
    different = {
        n
        for n in named
        if plain(ours[n].default) != plain(wanted[n].default)
        and (name, n) not in OTHER_DEFAULTS
        # Arrays of other kinds may not know these, so that NumPy has no default.
        and not (n in ("keepdims", "where") and plain(wanted[n].default) is None)
    }
    assert different == set()


def by_position(parameters):
    return [
        n for n, p in parameters.items() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]


@pytest.mark.parametrize(("name", "ours", "theirs"), PAIRS, ids=[pair[0] for pair in PAIRS])
def test_what_goes_by_position(name, ours, theirs):
    mine, wanted = by_position(ours), by_position(theirs)
    assert len(mine) >= len(wanted)
    for one, other in zip(mine, wanted, strict=False):
        assert one == other or theirs[other].kind is inspect.Parameter.POSITIONAL_ONLY


def test_enough_are_compared():
    assert len(PAIRS) > 250
    modules = {getattr(mnp, name).__module__ for name, *_ in PAIRS if "." not in name}
    assert len({name for name in modules if name.startswith("minidiff.numpy")}) > 15


# ---- the standard


def standards():
    """(name, ours, the standard's function) of what the top level has in a form of NumPy's."""
    for prefix, (ours, _, standard) in PLACES.items():
        for name in standard.__all__:
            one, other = getattr(ours, name, None), getattr(standard, name)
            if inspect.isfunction(other) and one is not None and one is not other:
                yield f"{prefix}{name}", one, other


STANDARDS = list(standards())


@pytest.mark.parametrize(("name", "ours", "standard"), STANDARDS, ids=[one[0] for one in STANDARDS])
def test_the_standards_parameters_are_accepted(name, ours, standard):
    """Every one of them, by name where the standard lets it be given by name."""
    args, kwargs = [], {}
    for p in inspect.signature(standard).parameters.values():
        if p.kind is p.POSITIONAL_ONLY:
            args.append(None)
        elif p.kind is p.VAR_POSITIONAL:
            args += [None, None]
        else:
            kwargs[p.name] = None
    inspect.signature(ours).bind(*args, **kwargs)


def test_enough_of_the_standard_is_compared():
    assert len(STANDARDS) > 150


x = md.asarray([[3.0, 1.0, 2.0]])

WITH_THE_STANDARDS = [
    *("asarray([1.0], device='cpu')", "arange(3, device='cpu')", "eye(2, device='cpu')"),
    *(
        "linspace(0, 1, 3, device='cpu')",
        "zeros_like(x, device='cpu')",
        "empty_like(x, device='cpu')",
    ),
    *(
        "ones_like(x, device='cpu')",
        "full_like(x, 2.0, device='cpu')",
        "astype(x, int, device='cpu')",
    ),
    *("reshape(x, (3,), copy=True)", "fft.fftfreq(4, dtype=md.float32)", "zeros(2, device='cpu')"),
    *("fft.rfftfreq(4, dtype=md.float32)", "cumulative_sum(x, axis=1, include_initial=True)"),
    *(
        "std(x, correction=1)",
        "var(x, correction=1)",
        "sort(x, descending=True)",
        "clip(x, max=2.0)",
    ),
    *(
        "argsort(x, descending=True, stable=True)",
        "from_dlpack(x, device='cpu')",
        "roll(x, 1, axis=1)",
    ),
    *("linalg.trace(x, offset=1, dtype=md.float32)", "linalg.matrix_rank(x, rtol=0.1)"),
    *(
        "tile(x, (2,))",
        "permute_dims(x, (1, 0))",
        "unstack(x, axis=1)",
        "isdtype(x.dtype, 'numeric')",
    ),
    *("meshgrid(x[0, :], indexing='ij')", "searchsorted(x[0, :], 2.0, side='right', sorter=None)"),
]


@pytest.mark.parametrize("text", WITH_THE_STANDARDS)
def test_as_the_standard_writes_it(text):
    found, expected = [
        eval(f"place.{text}", {"place": place, "x": x, "md": md}) for place in (md, md.array_api)
    ]
    several = isinstance(expected, tuple)
    for one, other in zip(found, expected, strict=True) if several else [(found, expected)]:
        if type(other) is not md.Tensor:
            assert one == other
            continue
        assert (one.shape, one.dtype) == (other.shape, other.dtype)
        if "empty" not in text:
            numpy.testing.assert_array_equal(one.as_numpy(), other.as_numpy())
