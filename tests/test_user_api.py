"""The surface that people program against: every name of it is there, and does what it says.

The functions of arrays are tested name by name in tests/numpy (value against NumPy, gradient
against finite differences), and once more here under their names at the top level.
"""

import inspect
import operator
import re
from pathlib import Path

import pytest
from calls import CALLS, NAMES, TESTED_ELSEWHERE

import minidiff as md
import minidiff.array_api
import minidiff.numpy
import numpy as np


def words(text):
    return text.split()


TOP = words("""
    Tensor no_grad enable_grad disable_new_grads allow_detach detect_anomaly strong_zeros
    reuse_graph save load random testing special optimize array_api numpy wrap vmap grad
    value_and_grad vjp jvp
    linearize jacobian hessian hvp checkpoint stop_gradient graph_memory
    elementwise linear bilinear differentiable composite nondifferentiable
    as_minidiff create_op_func create_unary_op_func create_binary_op_func create_ternary_op_func
    op_func unary_op_func binary_op_func ternary_op_func OpClass UnaryOpClass BinaryOpClass
    TernaryOpClass create_stateful_op_func draw_graph draw_tensor_op_graph
""")
TENSOR = words("""
    grad allow_grad is_leaf graphed op_node shape size ndim dtype device T mT backward detach wipe
    item as_numpy copy astype reshape ravel flatten transpose sum clip dot matmul add multiply
    register_hook retain_grad
""")
MODULES = {
    "random": words("rand randn randint choice permutation shuffle binomial default_rng seed"),
    "testing": words("calculate_finite_differences compute_grads gradcheck gradgradcheck"),
    "special": words("""
        erf erfc erfinv erfcx gamma gammaln digamma polygamma beta betaln expit logit log_expit
        xlogy xlog1py entr rel_entr kl_div ndtr log_ndtr ndtri i0 i0e i1 i1e j0 j1 jv yv kv iv
        gammainc betainc logsumexp softmax log_softmax
    """),
    "optimize": ["scipy_objective"],
}
# What each takes, where that is promised: by name, with the defaults.
SIGNATURES = {
    "Tensor.backward": (
        "(self, grad=None, *, retain_grads=False, cleanup_mode='prune', allow_higher_order=False, "
        "reset_grads=True, strong_zeros=False)"
    ),
    "Tensor.detach": "(self, allow_grad=False)",
    "create_op_func": (
        "(forward_func, grad_funcs, propagate_kwargs=False, is_differentiable=True, "
        "tensor_only=False, op_name=None)"
    ),
    "create_unary_op_func": "(forward_func, grad=None, **options)",
    "create_binary_op_func": "(forward_func, grad_x=None, grad_y=None, **options)",
    "create_ternary_op_func": "(forward_func, grad_x=None, grad_y=None, grad_z=None, **options)",
    "draw_tensor_op_graph": "(root, tensor_names=None, insert_intermediates=False)",
    "vmap": "(f, in_axes=0, out_axes=0)",
    "testing.calculate_finite_differences": "(*inputs, func, h=None, exclude=None)",
    "testing.compute_grads": "(*inputs, func, h=None, exclude=None)",
}


@pytest.mark.parametrize("name", TOP)
def test_at_the_top_level(name):
    assert name in dir(md)
    assert getattr(md, name).__doc__


@pytest.mark.parametrize("name", TENSOR)
def test_on_tensors(name):
    assert hasattr(md.Tensor, name)


@pytest.mark.parametrize(
    ("module", "name"), [(module, name) for module, names in MODULES.items() for name in names]
)
def test_in_modules(module, name):
    assert name in getattr(md, module).__all__
    assert getattr(getattr(md, module), name).__doc__


@pytest.mark.parametrize("name", NAMES)
def test_numpys_names_at_the_top_level(name):
    """Also of linalg and fft: all of NumPy's (tests/numpy/calls.py)."""
    path = operator.attrgetter(name)
    assert path(md) is path(minidiff.numpy)


@pytest.mark.parametrize("name", sorted(TESTED_ELSEWHERE))
def test_what_has_no_call_in_the_tables_is_called_elsewhere(name):
    files = [path for path in Path(__file__).parent.rglob("test_*.py") if path != Path(__file__)]
    called = re.compile(rf"\b(np|md|mnp|numpy)\.{name}\(")
    assert any(called.search(path.read_text("utf-8")) for path in files)


@pytest.mark.parametrize("place", ["linalg", "fft"])
def test_all_of_numpys_and_of_the_standards_chapters(place):
    ours = set(getattr(md, place).__all__)
    assert ours >= set(getattr(np, place).__all__)
    assert ours >= set(getattr(minidiff.array_api, place).__all__)


@pytest.mark.parametrize("name", [n for n in md.array_api.__all__ if not n.startswith("__")])
def test_the_standards_names_at_the_top_level(name):
    if name in minidiff.numpy.__all__:
        assert name in CALLS or not inspect.isfunction(getattr(md, name)) or hasattr(np, name)
    else:
        assert getattr(md, name) is getattr(minidiff.array_api, name)


@pytest.mark.parametrize("name", SIGNATURES)
def test_signatures(name):
    parameters = inspect.signature(operator.attrgetter(name)(md)).parameters.values()
    plain = [p.replace(annotation=p.empty) for p in parameters]
    assert str(inspect.Signature(plain)) == SIGNATURES[name]


def test_both_libraries_parameters_at_the_top_level():
    x = md.asarray([3.0, 1.0, 2.0])
    assert md.std(x, ddof=1).item() == md.std(x, correction=1).item() == 1.0
    assert md.clip(x, a_max=2.0).tolist() == md.clip(x, max=2.0).tolist() == [2.0, 1.0, 2.0]
    assert md.sort(x, descending=True).tolist() == [3.0, 2.0, 1.0]


def test_reuse_graph_does_nothing():
    with md.reuse_graph():
        x = md.Tensor([1.0], allow_grad=True)
        (x * x).backward()
    assert x.grad.tolist() == [2.0]
