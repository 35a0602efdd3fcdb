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
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import array_api_strict
import pytest

import minidiff as md
import minidiff.array_api as xp
import numpy as np
from minidiff.backends import numpy_backend

strict = md.wrap(array_api_strict)
numpy_arrays = numpy_backend.arrays
scipy_special = pytest.importorskip("scipy.special")
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


def leaked_from_a_jvp(walked_by=lambda f: f(leaf()).backward()):
    leaked = []

    def f(x):
        leaked.append(x * x)
        return x

    md.jvp(f, [t()], [t()])
    walked_by(lambda x: leaked[0] * x)


def hooked(hook):
    x = leaf()
    x.register_hook(hook)
    (x * x).backward()


def saved_and_unpacked(unpack):
    with md.saved_tensors_hooks(lambda t: t, unpack):
        y = leaf() ** 3
    y.backward()


def updated(x, value, update=operator.iadd):
    update(x, value)


def written(x, key, value):
    x[key] = value


def unrecorded_view():
    y = result()
    with md.no_grad():
        part = y[:1]
    return part


def checkpointed_twice():
    weights = [leaf()]
    y = md.checkpoint(lambda x: x * weights[0])(leaf())
    weights[0] = leaf()
    y.backward()


def walked():
    y = result()
    y.backward()
    return y


def row(xp, x, /, *, axis=0):
    """A row."""
    return xp.asarray(x, copy=True)


def row_with_a_taken_name(xp, x, /, *, out=None):
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


class Forgetful(md.BinaryOpClass):
    """An operation with a gradient function for one of its two inputs."""

    def create_forward(self):
        return lambda x, y: x * y

    def create_grads(self):
        return [lambda x, y, grad: grad * y]


def in_a_thread(x):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(xp.sin, x).result()


class Closing(md.UnaryOpClass):
    """An operation that computes with what is no input."""

    other = md.Tensor(2.0, allow_grad=True)

    def create_forward(self):
        return lambda x: x * self.other

    def create_grads(self):
        return [lambda x, grad: grad * self.other]


class Opaque:
    """An array on a device that NumPy cannot look into."""

    device = "far away"


# Files of what is written, the error, and what its message says (`...` stands for anything).
MESSAGES = sorted((Path(__file__).parent / "error_messages").glob("*.txt"))

# A `raise` that no case there reaches, by file and function, with the reason.
OUT_OF_REACH = {
    "backends/_backend.py namespace.look_up": "names with underscores are Python's business",
    "backends/_backend.py Backend": "what each backend supplies",
    "backends/generic.py JAXBackend": "tests/backends/test_generic.py, where JAX is installed",
    "core/state.py Switch._next": "what each switch supplies",
    "batching/_functions.py BatchFunctions.__getattr__": "Python's business, or a library's",
    "core/nodes.py unwrap": "a way out, which apply.py takes",
    "checkpointing.py no_tangent": "what forward mode never calls",
    "_drawing.py Drawing._rendered": "tests/test_draw.py, where Graphviz is taken away",
    "special/_values.py scipy_special": "where SciPy is not installed, and the tests install it",
    "testing.py gradcheck": "a report of several lines: tests/test_testing.py",
    "__main__.py grad_of": "the tour checks itself",
}


def cases():
    """(code, error, regular expression) for each of the errors above."""
    text = "\n".join(path.read_text(encoding="utf-8").strip() for path in MESSAGES)
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for code, expected in zip(lines[::2], lines[1::2], strict=True):
        error, _, says = expected.strip().partition(": ")
        kind = getattr(builtins, error, None) or getattr(np.linalg, error)
        yield code, kind, re.escape(says).replace(r"\.\.\.", ".*")


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
            if isinstance(node, ast.Raise) and node.exc is not None:  # else the error is passed on
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
    assert missed == [], "\n".join(missed)
    assert excused == set(OUT_OF_REACH)
