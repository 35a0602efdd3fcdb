"""minidiff's own errors: each is provoked, and its message is read.

A message names the function or the argument, says what was found, and what to write instead where
that is not obvious. The last test asks that no `raise` in the package goes without a case here.
"""

import ast
import builtins
import copy
import operator
import pickle
import re
import types
from pathlib import Path

import array_api_strict
import numpy as np
import pytest

import minidiff as md
import minidiff.array_api as xp
from minidiff.backends import numpy_backend

strict = md.wrap(array_api_strict)
numpy_arrays = numpy_backend.arrays
ndarray = np.ones(2)
ROOT = Path(md.__file__).parent


def leaf(data=(1.0, 2.0)):
    return md.Tensor(list(data), allow_grad=True)


def t(shape=(2,)):
    return xp.ones(shape)


def s(shape=(2,)):
    return strict.ones(shape)


def result():
    return leaf() * 2.0


def tall():
    return md.Tensor([[1.0, 2.0], [3.0, 5.0], [6.0, 1.0]], allow_grad=True)


def turned():
    return md.Tensor([[1.0, 2.0 + 1.0j], [2.0 - 1.0j, 4.0]], allow_grad=True)


def anomalous():
    with md.detect_anomaly():
        xp.sqrt(leaf([0.0])).backward()


def walked_twice():
    y = result()
    y.backward()
    y.backward()


def walked_after_destroy():
    y = result()
    one, other = xp.sin(y), xp.cos(y)
    one.backward(cleanup_mode="destroy")
    other.backward()


def leaked_from_a_jvp():
    leaked = []

    def f(x):
        leaked.append(x * x)
        return x

    md.jvp(f, [t()], [t()])
    (leaked[0] * leaf()).backward()


def updated(x, value, update=operator.iadd):
    update(x, value)


def written(x, key, value):
    x[key] = value


def unrecorded_view():
    y = result()
    with md.no_grad():
        part = y[:1]
    return part


def row(xp, x, /, *, axis=0):
    """A row."""


def row_of_many(xp, *arrays):
    """A row."""


def row_without_namespace(x, /):
    """A row."""


def subclassed():
    return type("Mine", (md.Tensor,), {})


def library(asarray):
    made = types.ModuleType("toy")
    made.asarray = asarray
    return made


def assigned(x, name, value):
    setattr(x, name, value)


pickled, deeply_copied = pickle.dumps, copy.deepcopy


class Opaque:
    """An array on a device that NumPy cannot look into."""

    device = "far away"


# What is written, the error, and what its message says (`...` stands for anything).
ERRORS = """
# operands
xp.sin(2.0)
    TypeError: sin needs...Tensor...float...asarray
xp.add(1, 2)
    TypeError: add needs...Tensor...found int; make
xp.exp(ndarray)
    TypeError: exp needs...found numpy.ndarray; make one with asarray
xp.sum([1.0])
    TypeError: sum needs...found list; make
xp.flip((1.0,))
    TypeError: flip needs...found tuple; make one with asarray
xp.where(True, 1.0, 2.0)
    TypeError: where needs...found bool; make one with asarray
xp.multiply(t(), "2")
    TypeError: multiply takes Tensors, Python scalars and arrays of numpy..., not str; make a Tensor
strict.add(s(), ndarray)
    TypeError: add takes...arrays of array_api_strict, not numpy.ndarray; make a Tensor...asarray
# two libraries
t() * s()
    TypeError: multiply: one array is on numpy...another on array_api_strict; ...to_device
xp.concat([t(), s()])
    TypeError: concat: one array is on numpy...another on array_api_strict; ...to_device
xp.where(t() > 0, s(), s())
    TypeError: where: one array is on numpy...another on array_api_strict; ...to_device
t()[strict.asarray([0, 1])]
    TypeError: getitem...: one array is on numpy...another on array_api_strict; ...to_device
written(t(), 0, strict.asarray(1.0))
    TypeError: __setitem__: one array is on numpy...another on array_api_strict; ...to_device
updated(t(), s())
    TypeError: add: one array is on numpy...another on array_api_strict; ...to_device
# making tensors
subclassed()
    TypeError: Tensor is final...hold one, do not be one
md.Tensor(np.ones(2, dtype=np.int64), allow_grad=True)
    TypeError: allow_grad=True needs...floating dtype, not int64; convert...astype(x, xp.float64)
xp.zeros(2, device="tpu")
    ValueError: unknown device 'tpu'...'cpu', 'cuda'...minidiff.wrap
xp.asarray(t(), dtype=xp.float32, copy=False)
    ValueError: asarray: copy=False, but float64 has to become...float32
strict.asarray(t(), copy=False)
    ValueError: asarray: copy=False, but data of numpy...have to be copied to array_api_strict
xp.asarray([t(), t()], copy=False)
    ValueError: asarray: copy=False, but a list of Tensors has to be copied
strict.asarray(t(), copy=False)
    ValueError: asarray: copy=False, but data of numpy...have to be copied to array_api_strict
xp.asarray(array_api_strict.ones(2), device="cpu", copy=False)
    ValueError: copy=False, but array_api_strict data have to be copied to numpy
xp.meshgrid(t(), t(), indexing="yx")
    ValueError: meshgrid: indexing is 'xy' or 'ij', not 'yx'
md.wrap(types)
    TypeError: types is no array-API library...no asarray; give the module
md.wrap(library(lambda value: [value]))
    TypeError: toy is no array-API library: its asarray makes a list, with no __array_namespace__
# attributes
assigned(result(), "allow_grad", False)
    ValueError: allow_grad can be turned off on a leaf only; take a constant with detach()
assigned(leaf(), "grad", 1.0)
    TypeError: grad is a Tensor or None, not float
assigned(leaf(), "grad", t((3,)))
    ValueError: tensor of shape (2,) cannot have a gradient of shape (3,)
t((2, 3, 4)).T
    ValueError: T is for matrices, and this has shape (2, 3, 4); see mT and permute_dims
t().mT
    ValueError: matrix_transpose needs...two axes...x has shape (2,)
md.sinn
    AttributeError: module 'minidiff' has no attribute 'sinn'
numpy_arrays.sinn
    AttributeError: numpy arrays has no 'sinn'
t().__array_namespace__(api_version="2019.12")
    ValueError: version '2019.12' is not known; this is 2025.12
xp.__array_namespace_info__().dtypes(kind="floating")
    ValueError: dtypes: kind is one of ...real floating..., not 'floating'
# leaving the library
float(t())
    TypeError: float() needs a Tensor of one element...shape (2,); take...reduce it...sum
bool(t())
    TypeError: bool() needs...one element...shape (2,); take
int(t((2, 2)))
    TypeError: int() needs...one element...shape (2, 2)
complex(t())
    TypeError: complex() needs...one element...(2,)
t((0,)).item()
    TypeError: item() needs...one element...shape (0,)
[1, 2][xp.asarray(1.0)]
    TypeError: index is an integer Tensor of shape ()...shape () and dtype float64
operator.index(xp.asarray([1]))
    TypeError: index is an integer Tensor of shape ()...shape (1,) and dtype int64
len(t(()))
    TypeError: len() of a Tensor of shape ()
iter(t(()))
    TypeError: iteration over a Tensor of shape ()
np.asarray(leaf())
    TypeError: np.asarray of a Tensor that tracks...history...detach()...as_numpy...allow_detach
np.asarray(t(), dtype=np.float32, copy=False)
    ValueError: copy=False, but float64 has to become...float32
np.from_dlpack(leaf())
    TypeError: DLPack export of a Tensor that tracks...detach()...allow_detach
strict.backend.as_numpy(Opaque())
    TypeError: array_api_strict on the device far away...shown to NumPy; move...to_device
pickled(result())
    TypeError: pickle and deepcopy take leaves...computed from others; take t.detach()
deeply_copied(result())
    TypeError: deepcopy take leaves...detach()
# backward and jvp
t().backward()
    RuntimeError: backward: nothing was recorded...allow_grad=True...no_grad()...integer
walked_twice()
    RuntimeError: backward: an earlier backward freed this graph...cleanup_mode='keep'
walked_after_destroy()
    RuntimeError: backward: an earlier backward freed this graph...cleanup_mode='keep'
result().backward(cleanup_mode="none")
    ValueError: backward: cleanup_mode is one of...'prune'...'keep'...'destroy'...not 'none'
result().backward(cleanup_mode="destroy", allow_higher_order=True)
    ValueError: backward: cleanup_mode='destroy'...allow_higher_order=True...use 'prune' or 'keep'
result().backward(ndarray)
    TypeError: backward: grad is a Tensor, not ndarray; use asarray
result().backward(t((3,)))
    ValueError: backward: grad has shape (3,)...tensor...has (2,)
leaked_from_a_jvp()
    RuntimeError: backward: a tensor from inside a jvp was used outside it; return it
md.jvp(xp.add, [t(), t()], [t()])
    ValueError: jvp: 2 primals need as many tangents, not 1
md.jvp(xp.sin, [2.0], [t()])
    TypeError: jvp: a primal is a Tensor, not float
md.jvp(xp.sin, [t()], [ndarray])
    TypeError: jvp: a tangent is a Tensor, not ndarray
md.jvp(list, [t()], [t()])
    TypeError: jvp: the function has to return a Tensor, and it returned list
md.jvp(xp.sin, [t()], [t((3,))])
    ValueError: jvp: a tangent of shape (2,) is needed, not (3,)
# anomalies
md.detect_anomaly("shout")
    ValueError: detect_anomaly: mode is 'raise' or 'warn', not 'shout'
anomalous()
    FloatingPointError: d(sqrt)/d(x) made inf or nan in 1 of 1 elements...guard...strong_zeros()
# in place
updated(leaf(), 1.0)
    RuntimeError: x += y: x is a leaf that allows gradients...no_grad(), or write x = x + y
updated(leaf()[1:], 2.0, operator.imul)
    RuntimeError: x *= y: x is a leaf that allows gradients (or a view of one)...no_grad()
written(leaf(), 0, 1.0)
    RuntimeError: x[0] = v: x is a leaf that allows gradients...no_grad(), or write
written(unrecorded_view(), slice(0, 1), 5.0)
    RuntimeError: x is a view made under no_grad()...be zero; take the view outside no_grad()
written(xp.broadcast_to(t(), (3, 2)), 0, 1.0)
    ValueError: broadcast array is read-only; copy it first: asarray(x, copy=True)
updated(result(), t((3, 2)))
    ValueError: in place cannot change the shape (2,) to (3, 2); write x = x op y
updated(result(), xp.asarray([1j, 2.0]))
    TypeError: update in place cannot turn complex128 into float64
updated(2.0 * md.Tensor(array_api_strict.ones(1), True), strict.asarray([1j]))
    TypeError: update in place cannot turn...complex128 into...float64
# functions of the table
xp.vecdot(t((2, 3)), t((2, 3)), axis=0)
    ValueError: vecdot: axis counts from the end...(2, 3) and (2, 3); found 0
xp.vecdot(t((2,)), t((3,)))
    ValueError: vecdot: along axis -1 the shapes (2,) and (3,) differ
xp.tensordot(t(), t(), axes=2)
    ValueError: tensordot: 2 axes of the shapes (2,) and (2,)
xp.tensordot(t((2, 3)), t((2, 3)), axes=((0,), (1,)))
    ValueError: tensordot: the axes (0,) of shape (2, 3) and (1,) of shape (2, 3)...lengths
xp.diff(t(), axis=1)
    IndexError: diff: axis 1 is out of range for shape (2,)
xp.diff(t(), n=-1)
    ValueError: diff: n is how often...cannot be -1
xp.broadcast_shapes((2, 3), (4,))
    ValueError: broadcast_shapes: (2, 3), (4,) do not broadcast
xp.expand_dims(t(), axis=3)
    IndexError: expand_dims: axis 3 is out of range for a result of 2 axes
xp.expand_dims(t(), axis=(0, -3))
    ValueError: expand_dims: axis (0, -3) names an axis twice
xp.squeeze(t(), axis=-2)
    IndexError: squeeze: axis -2 is out of range for shape (2,)
xp.squeeze(t((1, 2)), axis=1)
    ValueError: squeeze: shape (1, 2) has another length than 1 along axis 1
xp.flip(t(), axis=1)
    IndexError: flip: axis 1 is out of range for shape (2,)
xp.moveaxis(t((2, 3)), (0, 1), (0,))
    ValueError: moveaxis: (0, 1) and (0,) differ in length
xp.moveaxis(t((2, 3)), 0, 2)
    IndexError: moveaxis: 0 or 2 is out of range for shape (2, 3)
xp.moveaxis(t((2, 3)), (0, 0), (0, 1))
    ValueError: moveaxis: (0, 0) or (0, 1) names an axis twice
xp.unstack(t(), axis=1)
    IndexError: unstack: axis 1 is out of range for shape (2,)
# linalg and fft
xp.linalg.outer(t(), t((2, 2)))
    ValueError: outer takes two vectors, and the shapes are (2,) and (2, 2)
xp.linalg.cross(t(), t())
    ValueError: cross: along axis -1 there have to be 3 elements...(2,) and (2,)
xp.linalg.matrix_power(t((2, 3)), 2)
    ValueError: matrix_power needs square matrices, and the shape is (2, 3)
xp.linalg.matrix_norm(t((2, 3)), ord=3)
    ValueError: matrix_norm: ord is 'fro' or one of...'nuc'...not 3
xp.fft.hfft(t(), norm="none")
    ValueError: norm is one of...'ortho'...not 'none'
xp.sum(xp.linalg.svd(tall()).U).backward()
    ValueError: svd: the loss depends on columns that complete a basis...full_matrices=False
xp.sum(xp.linalg.qr(tall(), mode="complete").Q).backward()
    ValueError: qr: the loss depends on columns that complete a basis...mode='reduced'
xp.sum(xp.imag(xp.linalg.eigh(turned()).eigenvectors)).backward()
    ValueError: eigh: the loss depends on the phase...magnitudes...allow_gauge_dependence()
# functions of one's own
md.linear(x=lambda g: g)(row_without_namespace)
    TypeError: row_without_namespace: the first parameter of a row is xp, the namespace, not x
md.linear(y=lambda g: g)(row)
    TypeError: row: there is a formula for 'y', which is no parameter; the parameters are x, axis
md.linear(arrays=lambda g: g)(row_of_many)
    TypeError: row_of_many: *arrays has no single formula; take a list instead
md.linear(x=lambda g, axes: g)(row)
    TypeError: d(row)/d(x) asks for 'axes'; it may ask for axis, g, out, x, x_dtype, x_shape, xp
md.differentiable(x=lambda g: g, jvp=lambda g: g)(row)
    TypeError: jvp of row asks for 'g'; it may ask for axis, dx, out, x,
"""

# A `raise` that no case above reaches, by file and function, with the reason.
OUT_OF_REACH = {
    "backends/_backend.py Namespace.__getattr__": "names with underscores are Python's business",
    "backends/_backend.py Backend": "what each backend supplies",
    "backends/generic.py JAXBackend": "tests/backends/test_generic.py, where JAX is installed",
    "core/graph.py _Switch._next": "what each switch supplies",
    "__main__.py grad_of": "the tour checks itself",
}


def cases():
    """(code, error, regular expression) for each of the errors above."""
    lines = [line for line in ERRORS.strip().splitlines() if not line.startswith("#")]
    for code, expected in zip(lines[::2], lines[1::2], strict=True):
        error, _, says = expected.strip().partition(": ")
        yield code, getattr(builtins, error), re.escape(says).replace(r"\.\.\.", ".*")


CASES = list(cases())


def run(code):
    eval(code, globals())


@pytest.mark.parametrize(("code", "error", "says"), CASES, ids=[case[0] for case in CASES])
def test_message(code, error, says):
    with pytest.raises(error, match=says) as caught:
        run(code)
    assert type(caught.value) is error
    # Somebody reads it in a terminal: one paragraph, no trace of the machinery.
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 300
    assert "_data" not in message
    assert "_node" not in message


def raises():
    """(file, function, first line, last line) of every `raise` in the package; CuPy apart."""
    for path in sorted(ROOT.rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if name == "backends/cupy.py":
            continue
        waiting = [(ast.parse(path.read_text(encoding="utf-8")), "")]
        while waiting:
            node, where = waiting.pop()
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                where = f"{where}.{node.name}".lstrip(".")
            if isinstance(node, ast.Raise):
                yield name, where, node.lineno, node.end_lineno
            waiting += [(child, where) for child in ast.iter_child_nodes(node)]


def places_of_errors():
    """Where in the package the cases above are raised: (file, line)."""
    for code, error, _ in CASES:
        try:
            run(code)
        except error as caught:
            inside = []
            trace = caught.__traceback__
            while trace is not None:
                path = Path(trace.tb_frame.f_code.co_filename)
                if path.is_relative_to(ROOT):
                    inside.append((path.relative_to(ROOT).as_posix(), trace.tb_lineno))
                trace = trace.tb_next
            yield from inside[-1:]


def test_no_raise_goes_without_a_case():
    reached = set(places_of_errors())
    found = list(raises())
    assert len(found) > 50
    missed, excused = [], set()
    for name, where, first, last in found:
        if any((name, line) in reached for line in range(first, last + 1)):
            continue
        reason = [key for key in OUT_OF_REACH if f"{name} {where}".startswith(key)]
        excused.update(reason)
        if not reason:
            missed.append(f"{name}:{first} in {where}")
    assert missed == []
    assert excused == set(OUT_OF_REACH)
