"""Value, first and second order of every row of cases.py against PyTorch's own autograd.

`nox -s crosscheck` runs this; the default tests need no PyTorch. Where PyTorch cannot do a row, or
says something else, the list below has the reason.
"""

import warnings

import array_api_compat.torch as torch_xp
import pytest
import torch

import minidiff.array_api as xp
import numpy as np
from cases import CASES

# By the beginning of a case's id: why there is nothing to compare.
DIFFERENCES = {
    "asarray(2,2)": "torch.asarray takes no list of tensors with elements",
    "floor_divide(": "derivative for aten::floor_divide is not implemented",
    "std(3x4,axis=-1,correction=0.5": "float correction is not supported by array_api_compat.torch",
    "take(3x4,0d": "torch.index_select takes vectors of indices alone",
    "take(3x4,2x2": "torch.index_select takes vectors of indices alone",
    "unique_": "the derivative for _unique2 is not implemented",
    "xp.linalg.qr(x,mode='complete').Q[": "PyTorch refuses complete QR of tall matrices",
    "xp.linalg.qr(x,mode='complete').R": "PyTorch refuses complete QR of tall matrices",
    "xp.sort(xp.unique_values(x))": "unique_all is not implemented for PyTorch",
    "x[-1:0:-1": "PyTorch's slices have no negative steps",
    "x[::-1": "PyTorch's slices have no negative steps",
    "x[[[0,1],[2,0]]]": "PyTorch reads a nested list as a tuple of keys",
    "x_+_x[::-1": "PyTorch's slices have no negative steps",
    "x_//_2": "derivative for aten::floor_divide is not implemented",
}

COMPARED = [
    pytest.param(case, kind, id=f"{case.id}{'-complex' if kind else ''}")
    for case in CASES
    if not case.constant and not any(case.id.startswith(start) for start in DIFFERENCES)
    for kind in ((False, True) if case.complex else (False,))
]


def weights(shape, dtype, salt):
    rng = np.random.default_rng(salt)
    values = np.asarray(rng.standard_normal(shape))
    if dtype.kind == "c":
        values = values + 1j * np.asarray(rng.standard_normal(shape))
    return np.asarray(values, dtype=dtype)


def results(found):
    return list(found) if isinstance(found, (tuple, list)) else [found]


def by_minidiff(case, arrays):
    """The results, the gradients, and the gradients of a weighted sum of the gradients."""
    inputs = [xp.asarray(a, copy=True) for a in arrays]
    leaves = [x for x, a in zip(inputs, arrays, strict=True) if a.dtype.kind in "fc"]
    for x in leaves:
        x.allow_grad = True
    outs = results(case.call(xp, *inputs))
    loss = sum(
        xp.sum(xp.real(o * xp.asarray(weights(o.shape, o.dtype, i)))) for i, o in enumerate(outs)
    )
    loss.backward(allow_higher_order=True)
    first = [x.grad for x in leaves]
    total = sum(
        xp.sum(xp.real(g * xp.asarray(weights(g.shape, g.dtype, 9))))
        for g in first
        if g is not None
    )
    for x in leaves:
        x.grad = None
    if total.allow_grad and not total.is_leaf:
        total.backward()
    second = [x.grad for x in leaves]
    return [[None if x is None else x.as_numpy() for x in xs] for xs in (outs, first, second)]


def as_numpy(tensor):
    return tensor.detach().numpy(force=True)


def by_torch(case, arrays):
    inputs = [torch.from_numpy(np.array(a)) for a in arrays]
    leaves = [x for x in inputs if x.is_floating_point() or x.is_complex()]
    for x in leaves:
        x.requires_grad_()
    outs = results(case.call(torch_xp, *inputs))
    loss = sum(
        torch.sum(torch.real(o * torch.from_numpy(weights(o.shape, as_numpy(o).dtype, i)) + 0j))
        for i, o in enumerate(outs)
    )
    first = torch.autograd.grad(loss, leaves, create_graph=True, allow_unused=True)
    total = sum(
        torch.sum(torch.real(g * torch.from_numpy(weights(g.shape, as_numpy(g).dtype, 9)) + 0j))
        for g in first
        if g is not None
    )
    second = [None] * len(leaves)
    if total.requires_grad:
        second = torch.autograd.grad(total, leaves, allow_unused=True)
    return [[None if x is None else as_numpy(x) for x in xs] for xs in (outs, first, second)]


@pytest.mark.parametrize(("case", "complex"), COMPARED)
def test_row(case, complex):
    arrays = case.arrays(complex=complex)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        truth = by_torch(case, arrays)
    for order, (found, expected) in enumerate(zip(by_minidiff(case, arrays), truth, strict=True)):
        for one, other, array in zip(found, expected, found, strict=True):
            zeros = np.zeros(array.shape) if array is not None else 0.0
            np.testing.assert_allclose(
                0.0 if one is None else one,
                zeros if other is None else other,
                rtol=1e-7,
                atol=1e-9,
                err_msg=f"order {order}",
            )


def test_differences_are_about_rows_that_exist():
    assert [s for s in DIFFERENCES if not any(case.id.startswith(s) for case in CASES)] == []
    assert len(COMPARED) > 800
