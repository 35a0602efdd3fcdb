"""A program of views and writes, run on bare NumPy: its numbers and its derivative.

A program is a list of statements, whose text minidiff executes. A `Mirror` does the same to NumPy
arrays, which share memory as NumPy shares it. On complex memory, with the inputs moved by 1e-30i
(or by real steps, where the program itself is complex), it gives the derivative. What minidiff
treats as constant (detach, blocks under no_grad) is noted down in the first run, and later runs
take those numbers.
"""

import operator
from dataclasses import dataclass, field

import minidiff as md
import numpy as np
from minidiff import array_api

UPDATES = {
    "+=": operator.iadd,
    "-=": operator.isub,
    "*=": operator.imul,
    "/=": operator.itruediv,
    "**=": operator.ipow,
}
CENTRAL = ((1, 4 / 5), (2, -1 / 5), (3, 4 / 105), (4, -1 / 280))


# ---- programs


@dataclass
class Step:
    """target = x[key], target = text, x[key] op text, x op text or del x, in or out of no_grad."""

    form: str
    x: str = ""
    target: str = ""
    key: str = ""
    op: str = "="
    text: str = ""
    uses: tuple[str, ...] = ()
    quiet: bool = False
    refused: bool = False  # minidiff has to raise, and nothing may change

    def statement(self):
        line = {
            "get": f"{self.target} = {self.x}[{self.key}]",
            "view": f"{self.target} = {self.text}",
            "new": f"{self.target} = {self.text}",
            "detach": f"{self.target} = {self.x}.detach()",
            "update": f"{self.x} {self.op} {self.text}",
            "write": f"{self.x}[{self.key}] {self.op} {self.text}",
            "drop": f"del {self.x}",
        }[self.form]
        return f"with md.no_grad(): {line}" if self.quiet else line


@dataclass
class Program:
    seed: int
    inputs: dict[str, np.ndarray]
    empty_views: bool = True
    steps: list[Step] = field(default_factory=list)
    noted: list = field(default_factory=list)  # what counts as constant, in the order of need
    values: list = field(default_factory=list)  # every live array after every step

    def __str__(self):
        lines = [
            f"# program {self.seed}",
            "import numpy as np, pytest, minidiff as md, minidiff.array_api as xp",
            "from mirror import total",
        ]
        for name, value in self.inputs.items():
            lines.append(f"{name} = md.Tensor(np.array({value.tolist()}), allow_grad=True)")
        for step in self.steps:
            refused = "with pytest.raises(RuntimeError): " if step.refused else ""
            lines.append(refused + step.statement())
        live = ", ".join(f"{name}={name}" for name in self.values[-1])
        lines.append(f"total(dict({live})).backward()")
        lines += [f"print({name}.grad)" for name in self.inputs]
        return "\n".join(lines)


# ---- the same on NumPy


@dataclass
class Root:
    memory: np.ndarray
    tracked: bool
    leaf: bool = False
    gaps: bool = False  # detached: what a reshape of it shares is minidiff's own choice


@dataclass
class Handle:
    array: np.ndarray
    root: Root
    constant: bool = False  # a view made under no_grad of a tracked base

    @property
    def tracked(self):
        return self.root.tracked and not self.constant


def owner(array):
    while array.base is not None:
        array = array.base
    return array


class Mirror:
    """NumPy arrays under the program's names; `noted` is None in the first run."""

    def __init__(self, inputs, noted=None, memory=None, *, leaves=True, empty_views=True):
        self.first = noted is None
        self.notes = [] if noted is None else noted
        self.position = 0
        # A library whose memory is compared from outside cannot tell a view that holds nothing.
        self.empty_views = empty_views
        self.memory = memory
        self.live = {}
        for name, value in inputs.items():
            self.live[name] = self.fresh(value, tracked=True, leaf=leaves)

    def fresh(self, value, tracked, leaf=False):
        array = np.array(value, dtype=self.memory, order="K")
        return Handle(array, Root(owner(array), tracked, leaf))

    def note(self, compute):
        if self.first:
            self.notes.append(compute())
        self.position += 1
        return self.notes[self.position - 1]

    def evaluate(self, text, uses=(), constant=False):
        """The value of an expression, and whether it has a history."""

        def now():
            arrays = {name: self.live[name].array for name in self.live}
            return np.asarray(eval(text, {"xp": np, "np": np}, arrays))

        if constant or all(not self.live[name].tracked for name in uses):
            return self.note(lambda: now().copy(order="K")), False
        arrays = {name: self.live[name].array for name in uses}
        for name in uses:
            if self.live[name].constant:
                arrays[name] = self.note(lambda name=name: self.live[name].array.copy())
        return np.asarray(eval(text, {"xp": np, "np": np}, arrays)), True

    def key(self, text):
        """Masks that depend on values are the first run's."""
        arrays = {name: handle.array for name, handle in self.live.items()}
        return self.note(lambda: eval(f"np.s_[{text}]", {"xp": np, "np": np}, arrays))

    def seen(self, x, out, quiet):
        """A look at x: a view, or a copy."""
        if owner(out) is x.root.memory and (out.size or self.empty_views):
            return Handle(out, x.root, x.constant or (quiet and x.root.tracked))
        if quiet or not x.tracked:
            return self.fresh(self.note(lambda: out.copy(order="K")), tracked=False)
        return self.fresh(out, tracked=True)

    def refuses(self, step):
        """Whether minidiff has to raise: a leaf, or a view of unknown history, while recording."""
        x = self.live[step.x]
        return not step.quiet and (x.root.leaf or x.constant)

    def do(self, step):
        if step.form == "drop":
            del self.live[step.x]
        elif step.refused:
            pass
        elif step.form in ("update", "write"):
            self.write(step)
        elif step.form == "get":
            x = self.live[step.x]
            out = np.asarray(x.array[self.key(step.key)])
            self.live[step.target] = self.seen(x, out, step.quiet)
        elif step.form == "view":
            x = self.live[step.x]
            out = eval(step.text, {"xp": np}, {step.x: x.array})
            self.live[step.target] = self.seen(x, out, step.quiet)
        else:
            constant = step.quiet or step.form == "detach"
            text = step.x if step.form == "detach" else step.text
            value, tracked = self.evaluate(text, step.uses, constant)
            self.live[step.target] = self.fresh(value, tracked)
            self.live[step.target].root.gaps = step.form == "detach"

    def write(self, step):
        x = self.live[step.x]
        key = self.key(step.key) if step.form == "write" else None
        before = x.array.copy()
        if step.quiet:
            if self.first:
                names = {name: self.live[name].array.copy() for name in step.uses}
                value = np.asarray(eval(step.text, {"xp": np, "np": np}, names))
                self.store(x.array, key, step.op, value)
            change = self.note(lambda: x.array - before)
            if not self.first:
                x.array += change  # a constant is added: the history stays
        else:
            value, tracked = self.evaluate(step.text, step.uses)
            self.store(x.array, key, step.op, value.copy())
            x.root.tracked |= tracked

    @staticmethod
    def store(array, key, op, value):
        if op == "=":
            array[key] = value
        elif key is None:
            UPDATES[op](array, value)
        else:
            array[key] = UPDATES[op](array[key], value)


def weights(name, shape):
    return np.cos(int(name[1:]) + np.arange(float(np.prod(shape)))).reshape(shape)


def total_of_arrays(mirror):
    result = 0.0
    for name, handle in mirror.live.items():
        array = mirror.note(handle.array.copy) if handle.constant else handle.array
        w = weights(name, array.shape)
        if array.dtype == complex and mirror.memory is None:
            result += np.sum(array.real * w) + np.sum(array.imag * np.sin(w))
        else:
            result += np.sum(array * w)
    return result


def total(tensors, array=np.asarray):
    """A weighted sum of all that is live."""
    result = 0.0
    for name, t in tensors.items():
        namespace = t.__array_namespace__()
        w = weights(name, t.shape)
        if "complex" in str(t.dtype):
            real, imag = namespace.real(t), namespace.imag(t)
            sines = md.Tensor(array(np.sin(w)))
            result = (
                result + namespace.sum(real * md.Tensor(array(w))) + namespace.sum(imag * sines)
            )
        else:
            result = result + namespace.sum(t * md.Tensor(array(w)))
    return result


def rerun(program, moved, memory, leaves):
    mirror = Mirror(moved, program.noted, memory, leaves=leaves, empty_views=program.empty_views)
    for step in program.steps:
        mirror.do(step)
    return total_of_arrays(mirror)


def moved(inputs, along, by):
    return {name: value + by * along[name] for name, value in inputs.items()}


def slope(f, h=2e-3):
    return sum(c * (f(n * h) - f(-n * h)) for n, c in CENTRAL) / h


def derivative(program, along, at=None, *, leaves=True, h=2e-3):
    """Of the total, along a direction."""
    at = program.inputs if at is None else at
    if any(value.dtype == complex for value in at.values()):
        return slope(lambda t: rerun(program, moved(at, along, t), None, leaves), h)
    step = 1e-30
    return rerun(program, moved(at, along, 1j * step), complex, leaves).imag / step


# ---- a function in place of a program

X = np.array([[0.3, -1.2, 0.7, 1.9], [-0.4, 0.9, 1.1, -0.8], [0.6, 1.4, -1.7, 0.2]])
D1 = np.cos(np.arange(12.0)).reshape(3, 4)
D2 = np.sin(2 + np.arange(12.0)).reshape(3, 4) - 0.2


def leaf(data):
    return md.Tensor(data, allow_grad=True)


def numbers(tensor):
    return tensor.as_numpy().copy()


def loss_of(f):
    """A real number from what f returns, with another weight and curvature at each element."""

    def loss(xp, x):
        out = f(xp, x)
        weights = xp.reshape(xp.arange(1.0, out.size + 1.0, dtype=xp.float64), out.shape)
        if xp.isdtype(out.dtype, "complex floating"):
            return xp.sum((xp.real(out) ** 2 + xp.sin(xp.imag(out))) * weights)
        return xp.sum((out + 0.5 * out * out) * weights)

    return loss


def dot(a, b):
    return float(np.real(np.sum(np.conj(a) * b)))


def check(f, library=(array_api, np.array), x=X, d1=D1, d2=D2):
    """Value, gradient, second order and forward mode of f, against NumPy running the same code."""
    check_reverse(f, library, x, d1, d2)
    check_forward(f, library, x, d1)


def check_reverse(f, library=(array_api, np.array), x=X, d1=D1, d2=D2):
    xp, array = library
    loss = loss_of(f)
    first = slope(lambda t: loss(np, x + t * d1), 0.02)
    second = slope(lambda t: slope(lambda s: loss(np, x + t * d2 + s * d1), 0.02), 0.02)
    at = leaf(array(x))
    loss(xp, at).backward()
    np.testing.assert_allclose(dot(numbers(at.grad), d1), first, rtol=1e-9, atol=1e-9)
    result = loss(xp, at)
    np.testing.assert_allclose(result.item(), loss(np, x.copy()), rtol=1e-13)
    result.backward(allow_higher_order=True)
    np.testing.assert_allclose(dot(numbers(at.grad), d1), first, rtol=1e-9, atol=1e-9)
    along = at.grad * xp.asarray(array(np.conj(d1)))
    along = xp.sum(xp.real(along) if x.dtype == complex else along)
    if along.allow_grad:
        along.backward()
        np.testing.assert_allclose(dot(numbers(at.grad), d2), second, rtol=1e-7, atol=1e-7)
    else:
        assert abs(second) < 1e-7
    np.testing.assert_array_equal(numbers(at), x)


def check_forward(f, library=(array_api, np.array), x=X, d1=D1):
    xp, array = library
    loss = loss_of(f)
    value, tangent = md.jvp(lambda x: loss(xp, x), [md.Tensor(array(x))], [md.Tensor(array(d1))])
    np.testing.assert_allclose(value.item(), loss(np, x.copy()), rtol=1e-13)
    first = slope(lambda t: loss(np, x + t * d1), 0.02)
    np.testing.assert_allclose(tangent.item(), first, rtol=1e-9, atol=1e-9)
