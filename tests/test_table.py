"""The table, as the standard lists it: names, signatures, words, formulas, docstrings, cases."""

import importlib
import inspect
import pkgutil
import re
import traceback

import array_api_strict
import pytest

import minidiff as md
import minidiff.array_api as xp
import minidiff.numpy

# Every function of the standard's main namespace, 2025.12, by chapter, with its signature (names
# that follow each other share one). https://data-apis.org/array-api/2025.12/API_specification
CHAPTERS = {
    "creation": """
        arange(start, /, stop=None, step=1, *, dtype=None, device=None)
        asarray(obj, /, *, dtype=None, device=None, copy=None)
        empty(shape, *, dtype=None, device=None)
        empty_like(x, /, *, dtype=None, device=None)
        eye(n_rows, n_cols=None, /, *, k=0, dtype=None, device=None)
        from_dlpack(x, /, *, device=None, copy=None)
        full(shape, fill_value, *, dtype=None, device=None)
        full_like(x, /, fill_value, *, dtype=None, device=None)
        linspace(start, stop, /, num, *, dtype=None, device=None, endpoint=True)
        meshgrid(*arrays, indexing='xy')
        ones(shape, *, dtype=None, device=None)
        ones_like(x, /, *, dtype=None, device=None)
        tril(x, /, *, k=0)
        triu(x, /, *, k=0)
        zeros(shape, *, dtype=None, device=None)
        zeros_like(x, /, *, dtype=None, device=None)
    """,
    "data type": """
        astype(x, dtype, /, *, copy=True, device=None)
        can_cast(from_, to, /)
        finfo(type, /)
        iinfo(type, /)
        isdtype(dtype, kind)
        result_type(*arrays_and_dtypes)
    """,
    "elementwise": """
        abs acos acosh asin asinh atan atanh bitwise_invert ceil conj cos cosh exp expm1
        floor imag isfinite isinf isnan log log1p log2 log10 logical_not negative positive
        real reciprocal round sign signbit sin sinh square sqrt tan tanh trunc(x, /)
        add atan2 bitwise_and bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor
        copysign divide equal floor_divide greater greater_equal hypot less less_equal
        logaddexp logical_and logical_or logical_xor maximum minimum multiply nextafter
        not_equal pow remainder subtract(x1, x2, /)
        clip(x, /, min=None, max=None)
    """,
    "indexing": """
        take(x, indices, /, *, axis=None)
        take_along_axis(x, indices, /, *, axis=-1)
    """,
    "inspection": """
        __array_namespace_info__()
    """,
    "linear algebra": """
        matmul(x1, x2, /)
        matrix_transpose(x, /)
        tensordot(x1, x2, /, *, axes=2)
        vecdot(x1, x2, /, *, axis=-1)
    """,
    "manipulation": """
        broadcast_arrays(*arrays)
        broadcast_shapes(*shapes)
        broadcast_to(x, /, shape)
        concat(arrays, /, *, axis=0)
        expand_dims(x, /, axis)
        flip(x, /, *, axis=None)
        moveaxis(x, source, destination, /)
        permute_dims(x, /, axes)
        repeat(x, repeats, /, *, axis=None)
        reshape(x, /, shape, *, copy=None)
        roll(x, /, shift, *, axis=None)
        squeeze(x, /, axis)
        stack(arrays, /, *, axis=0)
        tile(x, repetitions, /)
        unstack(x, /, *, axis=0)
    """,
    "searching": """
        argmax(x, /, *, axis=None, keepdims=False)
        argmin(x, /, *, axis=None, keepdims=False)
        count_nonzero(x, /, *, axis=None, keepdims=False)
        nonzero(x, /)
        searchsorted(x1, x2, /, *, side='left', sorter=None)
        where(condition, x1, x2, /)
    """,
    "set": """
        isin(x1, x2, /, *, invert=False)
        unique_all(x, /)
        unique_counts(x, /)
        unique_inverse(x, /)
        unique_values(x, /)
    """,
    "sorting": """
        argsort(x, /, *, axis=-1, descending=False, stable=True)
        sort(x, /, *, axis=-1, descending=False, stable=True)
    """,
    "statistical": """
        cumulative_prod(x, /, *, axis=None, dtype=None, include_initial=False)
        cumulative_sum(x, /, *, axis=None, dtype=None, include_initial=False)
        max(x, /, *, axis=None, keepdims=False)
        mean(x, /, *, axis=None, keepdims=False)
        min(x, /, *, axis=None, keepdims=False)
        prod(x, /, *, axis=None, dtype=None, keepdims=False)
        std(x, /, *, axis=None, correction=0.0, keepdims=False)
        sum(x, /, *, axis=None, dtype=None, keepdims=False)
        var(x, /, *, axis=None, correction=0.0, keepdims=False)
    """,
    "utility": """
        all(x, /, *, axis=None, keepdims=False)
        any(x, /, *, axis=None, keepdims=False)
        diff(x, /, *, axis=-1, n=1, prepend=None, append=None)
    """,
}
words = str.split
LISTED = [
    (name, signature)
    for text in CHAPTERS.values()
    for names, signature in re.findall(r"([\w\s]+)(\(.*?\))", text)
    for name in words(names)
]
SIGNATURES = dict(LISTED)
CONSTANTS = ["e", "inf", "nan", "newaxis", "pi"]
DTYPES = words(
    "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64 complex64 complex128"
)
OTHERS = ["__array_api_version__"]
STANDARD = {*SIGNATURES, *CONSTANTS, *DTYPES, *OTHERS}

# What `__all__` has beyond the standard, each with its reason.
BEYOND: dict[str, str] = {}

# The rows that users call; __array_namespace_info__ belongs to the namespace, not to the table.
FUNCTIONS = [name for name in SIGNATURES if name != "__array_namespace_info__"]

# The array object of the standard.
BOTH_WAYS = words("add and floordiv lshift matmul mod mul or pow rshift sub truediv xor")
ONE_WAY = words(
    "abs array_namespace bool complex dlpack dlpack_device eq float ge getitem gt index int invert "
    "le lt ne neg pos setitem"
)
ARRAY_ATTRIBUTES = words("T device dtype mT ndim shape size")
ARRAY_METHODS = [
    "to_device",
    *[f"__{name}__" for name in ONE_WAY],
    *[f"__{side}{name}__" for name in BOTH_WAYS for side in ("", "r", "i")],
]
METHOD_SIGNATURES = {
    "__array_namespace__": "(self, /, *, api_version=None)",
    "__dlpack__": "(self, /, *, stream=None, max_version=None, dl_device=None, copy=None)",
    "__dlpack_device__": "(self, /)",
    "__getitem__": "(self, key, /)",
    "__setitem__": "(self, key, value, /)",
    "to_device": "(self, device, /, *, stream=None)",
}
INFO_SIGNATURES = {
    "capabilities": "()",
    "default_device": "()",
    "default_dtypes": "(*, device=None)",
    "devices": "()",
    "dtypes": "(*, device=None, kind=None)",
}

WORDS = {"elementwise", "linear", "bilinear", "differentiable", "composite", "nondifferentiable"}

strict = md.wrap(array_api_strict)


def bare(function):
    """A signature without annotations, as text."""
    signature = inspect.signature(function)
    parameters = [
        p.replace(annotation=inspect.Parameter.empty) for p in signature.parameters.values()
    ]
    return str(inspect.Signature(parameters))


def all_rules():
    """The rule of every row in the package's table, the ones that are not public included."""
    found = {}
    for module in pkgutil.walk_packages(xp.__path__, f"{xp.__name__}."):
        for value in vars(importlib.import_module(module.name)).values():
            if inspect.isfunction(value) and hasattr(value, "rule"):
                found[value.rule.name] = value.rule
    return found


RULES = all_rules()
FORMULAS = [
    pytest.param(rule, name, formula, id=f"{rule.name}-{name}")
    for rule in RULES.values()
    for name, formula in (*rule.formulas.items(), ("jvp", rule.jvp))
    if formula is not None
]


# ---- names


def test_the_lists_here_have_no_name_twice():
    assert len(LISTED) == len(SIGNATURES)
    assert len(STANDARD) == len(LISTED) + len(CONSTANTS) + len(DTYPES) + len(OTHERS)
    assert len(STANDARD) > 150


@pytest.mark.parametrize("name", sorted(STANDARD))
def test_every_name_of_the_standard_is_there(name):
    assert hasattr(xp, name)
    assert name in xp.__all__
    assert hasattr(strict, name)


def test_nothing_public_beyond_the_standard():
    assert len(xp.__all__) == len(set(xp.__all__))
    assert set(xp.__all__) - STANDARD == set(BEYOND)
    assert all(BEYOND.values())


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_carry_their_own_name(name):
    function = getattr(xp, name)
    assert function.__name__ == function.__qualname__ == name
    assert function.__module__.startswith("minidiff.array_api._")


def test_the_top_level_has_every_function():
    """By NumPy's name and in its manner, where NumPy has one of that name."""
    places = {name: minidiff.numpy if name in minidiff.numpy.__all__ else xp for name in FUNCTIONS}
    assert {n for n, place in places.items() if place is minidiff.numpy} > {"sum", "std", "clip"}
    assert [n for n in FUNCTIONS if getattr(md, n) is not getattr(places[n], n)] == []


@pytest.mark.parametrize("name", ARRAY_ATTRIBUTES + ARRAY_METHODS)
def test_the_array_object_is_complete(name):
    assert hasattr(md.Tensor, name)
    assert callable(getattr(md.Tensor, name)) == (name in ARRAY_METHODS)


# ---- words and signatures


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_carries_one_word(name):
    rule = getattr(xp, name).rule
    assert rule.word in WORDS
    assert rule.name == name
    assert rule.function is getattr(xp, name)
    assert bool(rule.inputs) == (rule.word not in ("composite", "nondifferentiable"))
    assert (rule.jvp is not None) == (rule.word == "differentiable")


def test_every_word_is_in_use():
    assert {getattr(xp, name).rule.word for name in FUNCTIONS} == WORDS


@pytest.mark.parametrize("name", SIGNATURES)
def test_signatures_are_the_standards(name):
    assert bare(getattr(xp, name)) == SIGNATURES[name]
    assert bare(getattr(strict, name)) == SIGNATURES[name]


@pytest.mark.parametrize(("name", "signature"), METHOD_SIGNATURES.items())
def test_signatures_of_the_array_object(name, signature):
    found = bare(getattr(md.Tensor, name))
    # The methods that come from rows call the array x.
    assert found.replace("(x,", "(self,") == signature


@pytest.mark.parametrize(("name", "signature"), INFO_SIGNATURES.items())
@pytest.mark.parametrize("namespace", [xp, strict], ids=["numpy", "strict"])
def test_signatures_of_the_inspection_functions(namespace, name, signature):
    assert bare(getattr(namespace.__array_namespace_info__(), name)) == signature


@pytest.mark.parametrize("name", FUNCTIONS)
def test_signatures_are_what_a_call_accepts(name):
    """One argument too many, and a keyword that is not there: Python's own error."""
    function = getattr(xp, name)
    t = xp.ones((2, 2))
    with pytest.raises(TypeError):
        function(t, nonsense=1)
    kinds = {p.kind for p in inspect.signature(function).parameters.values()}
    if inspect.Parameter.VAR_POSITIONAL not in kinds:
        with pytest.raises(TypeError):
            function(*[t] * 7)


# ---- formulas


@pytest.mark.parametrize(("rule", "name", "formula"), FORMULAS)
def test_formulas_close_over_nothing(rule, name, formula):
    """What a node keeps is what the formula names, and nothing hidden."""
    assert formula.__closure__ is None
    assert formula.__code__.co_freevars == ()
    assert formula.__defaults__ is None
    assert formula.__kwdefaults__ is None


@pytest.mark.parametrize("name", sorted(RULES))
def test_a_signature_is_the_rows_own_without_xp(name):
    expected = inspect.signature(RULES[name].row)
    _, *others = expected.parameters.values()
    assert inspect.signature(RULES[name].function) == expected.replace(parameters=others)


@pytest.mark.parametrize("name", sorted(RULES))
def test_rules_have_no_table_of_attributes(name):
    """CPython keeps up to 30 in the object, which is made faster so."""
    rule = RULES[name]
    assert {*vars(rule), "jvp", "_pulls", "_push"} <= {*vars(rule), *vars(type(rule))}
    assert len({*vars(rule), "jvp", "_pulls", "_push"}) <= 30


# Formulas that several rows share have a name that belongs to none of them.
SHARED = {
    "zero": "the derivative of every function that is constant between its jumps",
    "extreme_x": "max and min",
    "extreme_jvp": "max and min",
}


@pytest.mark.parametrize(("rule", "name", "formula"), FORMULAS)
def test_formulas_are_named_after_their_function(rule, name, formula):
    assert rule.push if name == "jvp" else rule.pulls[name]  # what names them, at a first pass
    code = formula.__code__
    assert code.co_name == code.co_qualname
    if code.co_name not in SHARED:
        title = f"jvp of {rule.name}" if name == "jvp" else f"d({rule.name})/d({name})"
        assert code.co_name in (title, f"{rule.name}_{name}")


def test_shared_formulas_are_shared():
    names = [formula.__code__.co_name for _, _, formula in (case.values for case in FORMULAS)]
    assert [name for name in SHARED if names.count(name) < 2] == []


def test_an_unknown_parameter_of_a_formula_names_the_function():
    with pytest.raises(
        TypeError, match=r"^d\(half\)/d\(x\) asks for 'y'; it may ask for g, out, x,"
    ):

        @md.linear(x=lambda g, y: g / 2)
        def half(xp, x, /):
            """Half of x."""
            return x / 2


def test_a_deleted_parameter_of_a_formula_names_the_function():
    """As if `lambda g, x2: g * x2` had lost its x2."""

    @md.bilinear(x1=lambda g: g * x2, x2=lambda g, x1: g * x1)  # noqa: F821
    def product(xp, x1, x2, /):
        """Product."""
        return x1 * x2

    a, b = md.Tensor(2.0, allow_grad=True), md.Tensor(3.0)
    y = product(a, b)
    with pytest.raises(NameError, match="x2") as caught:
        y.backward()
    assert traceback.extract_tb(caught.tb)[-1].name == "d(product)/d(x1)"


# ---- docstrings


@pytest.mark.parametrize("name", sorted(RULES))
def test_rows_have_a_docstring_of_one_line(name):
    doc = RULES[name].function.__doc__
    assert doc
    assert "\n" not in doc
    assert doc.endswith(".")


def public_surface():
    """(where, object) for everything that a user can reach without an underscore."""
    found = {"minidiff": md, "minidiff.array_api": xp}
    found |= {f"minidiff.{n}": getattr(md, n) for n in md.__all__ if not n.startswith("__")}
    found |= {f"array_api.{n}": getattr(xp, n) for n in FUNCTIONS}
    found["array_api.__array_namespace_info__"] = xp.__array_namespace_info__
    results = ["finfo_object", "iinfo_object"]
    results += ["UniqueAllResult", "UniqueCountsResult", "UniqueInverseResult"]
    module = importlib.import_module("minidiff.array_api._results")
    found |= {n: getattr(module, n) for n in results}
    for of in (md.Tensor, type(xp.__array_namespace_info__())):
        for name in dir(of):
            if not name.startswith("_"):
                found[f"{of.__name__}.{name}"] = inspect.getattr_static(of, name)
    return found


PUBLIC = public_surface()


def test_the_public_surface_is_found():
    assert {"minidiff.jvp", "Tensor.backward", "Tensor.mT", "UniqueAllResult"} <= set(PUBLIC)
    assert {"NamespaceInfo.dtypes", "finfo_object", "array_api.sin"} <= set(PUBLIC)


@pytest.mark.parametrize("where", sorted(PUBLIC))
def test_all_that_is_public_has_a_docstring(where):
    thing = PUBLIC[where]
    doc = inspect.getdoc(thing)
    assert doc
    assert doc.strip()
    assert len(doc.splitlines()[0]) <= 100
    assert not doc.startswith("Alias for field")


# ---- cases


def test_every_standard_function_has_a_case_or_a_reason():
    from cases import CASES, EXCLUDED

    named = {case.name for case in CASES}
    assert sorted(set(SIGNATURES) - named - set(EXCLUDED)) == []


def test_exclusions_have_a_reason_and_no_case():
    from cases import CASES, EXCLUDED

    assert sorted({case.name for case in CASES} & set(EXCLUDED)) == []
    assert sorted(set(EXCLUDED) - set(SIGNATURES)) == []
    assert [name for name, reason in EXCLUDED.items() if len(reason.split()) < 2] == []


def test_what_has_a_derivative_is_not_excluded():
    from cases import EXCLUDED

    assert [name for name in EXCLUDED if name in RULES and RULES[name].inputs] == []
