"""Random programs of views, writes and dropped handles: numbers and gradients against bare NumPy.

MINIDIFF_PROGRAMS sets how many; tests/mirror.py says how the truth is found. A failure prints the
program as Python.
"""

import os
from contextlib import contextmanager

import array_api_strict
import pytest

import minidiff as md
import minidiff.array_api as xp
import numpy as np
from mirror import UPDATES, Mirror, Program, Step, derivative, moved, slope, total, total_of_arrays

PROGRAMS = int(os.environ.get("MINIDIFF_PROGRAMS", "1500"))
BATCHES = 8
FAR = 50.0  # products beyond are not formed


# ---- making programs


def peak(array):
    return float(np.max(np.abs(array))) if array.size else 0.0


class Writer:
    """Chooses step after step, looking at the numbers of the first run."""

    def __init__(self, seed, *, complex_numbers=False, strict=False, leaves=True, masks=True):
        self.rng = np.random.default_rng(seed)
        self.complex, self.strict = complex_numbers, strict
        rng = self.rng
        inputs = {}
        for number in range(rng.integers(1, 3)):
            shape = tuple(int(n) for n in rng.integers(1, 4, size=rng.integers(1, 4)))
            value = rng.uniform(-1.5, 1.5, shape)
            if complex_numbers and number == 0:
                value = value + 1j * rng.uniform(-1.5, 1.5, shape)
            inputs[f"t{number}"] = value
        self.count = len(inputs)
        self.program = Program(seed, inputs, not strict)
        self.mirror = Mirror(inputs, leaves=leaves, empty_views=not strict)
        quiet = 0
        while len(self.program.steps) < rng.integers(6, 24):
            quiet = quiet - 1 if quiet else int(rng.integers(1, 5) * (rng.random() < 0.08))
            step = self.choose()
            if step is None:
                continue
            step.quiet = quiet > 0 and step.form not in ("drop", "detach")
            if step.form in ("update", "write"):
                step.refused = self.mirror.refuses(step)
            self.program.steps.append(step)
            self.mirror.do(step)
            self.program.values.append(
                {name: handle.array.copy() for name, handle in self.mirror.live.items()}
            )
        total_of_arrays(self.mirror)
        self.program.noted = self.mirror.notes

    def some(self, usable=lambda array: True):
        """The name of a live array, the newer the likelier; None where there is none."""
        names = [name for name, handle in self.mirror.live.items() if usable(handle.array)]
        if not names:
            return None
        return names[int(len(names) * np.sqrt(self.rng.random()))]

    def new(self):
        self.count += 1
        return f"t{self.count - 1}"

    def array(self, name):
        return self.mirror.live[name].array

    def number(self):
        return f"{self.rng.uniform(-1.5, 1.5):.3f}"

    def made(self, values):
        """The text of a constant array."""
        make = "xp.asarray" if self.strict or self.rng.random() < 0.5 else "np.array"
        return f"{make}({np.asarray(values).tolist()})"

    def choose(self):
        kinds = {
            "get": 20, "reshape": 6, "permute": 6, "unary": 10, "binary": 10, "constant": 4,
            "update": 18, "write": 20, "detach": 4, "drop": 6, "part": 8 if self.complex else 0,
        }  # fmt: skip
        odds = np.array(list(kinds.values())) / sum(kinds.values())
        return getattr(self, "make_" + str(self.rng.choice(list(kinds), p=odds)))()

    # steps

    def make_get(self):
        x = self.some()
        return Step("get", x, self.new(), self.key(x, reading=True))

    def make_reshape(self):
        x = self.some(lambda a: a.size)
        if x is None or self.mirror.live[x].root.gaps:
            return None
        size = self.array(x).size
        shapes = [(size,), (size, 1), (1, size, 1)]
        shapes += [(n, size // n) for n in range(2, size) if size % n == 0]
        shape = shapes[self.rng.integers(len(shapes))]
        return Step("view", x, self.new(), text=f"xp.reshape({x}, {shape})")

    def make_permute(self):
        x = self.some(lambda a: a.ndim > 1)
        if x is None:
            return None
        axes = tuple(int(n) for n in self.rng.permutation(self.array(x).ndim))
        return Step("view", x, self.new(), text=f"xp.permute_dims({x}, {axes})")

    def make_part(self):
        x = self.some(lambda a: a.dtype == complex)
        part = self.rng.choice(["real", "imag"])
        return x and Step("view", x, self.new(), text=f"xp.{part}({x})")

    def make_detach(self):
        x = self.some()
        return Step("detach", x, self.new(), uses=(x,))

    def make_drop(self):
        x = self.some()
        if x in self.program.inputs or len(self.mirror.live) < 3:
            return None
        return Step("drop", x)

    def make_constant(self):
        shape = tuple(int(n) for n in self.rng.integers(1, 4, size=self.rng.integers(1, 4)))
        text = f"xp.asarray({np.round(self.rng.uniform(-1, 1, shape), 3).tolist()})"
        return Step("new", target=self.new(), text=text)

    def make_unary(self):
        x = self.some()
        return Step("new", target=self.new(), text=self.function(x), uses=(x,))

    def function(self, x):
        """A bounded function of an array."""
        if peak(self.array(x)) > 3:
            return f"0.03 * {x}"
        return str(self.rng.choice(["xp.sin({})", "xp.exp({})", "-{}", "{} * 1.2"])).format(x)

    def make_binary(self):
        x = self.some()
        y = self.some(lambda a: fits(a.shape, self.array(x).shape, either=True))
        big = peak(self.array(x)) * peak(self.array(y)) > FAR
        sign = self.rng.choice(["+", "-"] if big else ["+", "-", "*", "*"])
        return Step("new", target=self.new(), text=f"{x} {sign} {y}", uses=(x, y))

    def make_update(self):
        x = self.some()
        op = str(self.rng.choice(list(UPDATES)))
        return self.change("update", x, "", self.array(x), op)

    def make_write(self):
        x = self.some()
        key = self.key(x, reading=False)
        op = str(self.rng.choice(["=", "=", "=", *UPDATES]))
        if self.strict and op != "=" and "xp." in key:
            op = "="
        part = self.array(x)[eval(f"np.s_[{key}]", {"xp": np, "np": np}, Arrays(self.mirror))]
        return self.change("write", x, key, part, op)

    def change(self, form, x, key, part, op):
        """A write of some value; `part` is what it writes to."""
        y = self.some(lambda a: fits(a.shape, part.shape) and np.can_cast(a.dtype, part.dtype))
        bound = FAR / max(peak(part), 1.0)
        if op == "**=":
            text, uses = ("2", ()) if peak(part) < 5 else ("1", ())
        elif y is None or self.rng.random() < 0.25:
            text, uses = self.number() if op != "/=" else "1.7", ()
        elif op == "/=":
            text, uses = f"(3.5 + xp.sin(0.1 * {y}))" if peak(self.array(y)) < 15 else "4.0", (y,)
            uses = uses if y in text else ()
        elif op == "*=" and peak(self.array(y)) > bound:
            text, uses = "-0.1", ()
        elif self.rng.random() < 0.2 and not self.complex:
            values = np.round(self.rng.uniform(-1.5, 1.5, self.array(y).shape), 3)
            text, uses = self.made(values), ()
            if values.size == 0:
                text = "0.5"
        elif self.rng.random() < 0.3 and self.array(y).ndim:
            text, uses = f"{y}[::-1, ...]", (y,)
        else:
            text, uses = str(self.rng.choice([y, y, self.function(y)])), (y,)
            own = self.mirror.live[y]
            if op == "=" and not own.constant and same_place(own.array, part):
                return None  # x[k] = x[k], where minidiff has nothing to do
        return Step(form, x, "", key, op, text, uses)

    # keys

    def key(self, x, reading):
        shape = self.array(x).shape
        kind = self.rng.random()
        if kind < 0.6 or not shape or 0 in shape:
            return self.basic(shape, reading)
        if kind < 0.7:
            return self.made(self.rng.random(shape) < 0.5)
        if kind < 0.8:
            y = self.some(lambda a: a.shape == shape and a.dtype != complex)
            return f"{y} > 0.1234" if y else self.made(self.rng.random(shape) < 0.5)
        if kind < 0.85:
            return self.made(self.rng.random(shape[: self.rng.integers(1, len(shape) + 1)]) < 0.6)
        if self.strict:
            if not reading:
                return self.made(self.rng.random(shape) < 0.5)
            return "(" + "".join(self.integers(n, (2,)) + "," for n in shape) + ")"
        many = tuple(int(n) for n in self.rng.integers(1, 5, size=self.rng.integers(1, 3)))
        keys = []
        for n in shape[: self.rng.integers(1, len(shape) + 1)]:
            choice = self.rng.random()
            keys.append(
                self.integers(n, many)
                if choice < 0.6
                else self.slice(n)
                if choice < 0.85
                else str(self.rng.integers(-n, n))
            )
        return ", ".join(keys)

    def integers(self, n, shape):
        return self.made(self.rng.integers(0 if self.strict else -n, n, size=shape))

    def slice(self, n):
        if n == 0:
            return ":"
        start, stop = sorted(int(i) for i in self.rng.integers(0, n + 1, size=2))
        if self.rng.random() < 0.4:
            return str(self.rng.choice(["::-1", "::2", ":", "1:", ":-1" if n > 1 else ":"]))
        return f"{start}:{stop}"

    def basic(self, shape, reading):
        keys = []
        for n in shape:
            if n and self.rng.random() < 0.3:
                keys.append(str(self.rng.integers(-n, n)))
            else:
                keys.append(self.slice(n))
        if self.rng.random() < 0.4 or not keys:
            place = int(self.rng.integers(len(keys) + 1))
            keys[place : place + int(self.rng.integers(0, 3))] = ["..."]
        if self.rng.random() < 0.15 and (reading or not self.strict):
            keys.insert(int(self.rng.integers(len(keys) + 1)), "None")
        return ", ".join(keys)


def same_place(a, b):
    """Whether two arrays are the same elements in memory."""
    return a.__array_interface__ == np.asarray(b).__array_interface__


class Arrays(dict):
    def __init__(self, mirror):
        super().__init__({name: handle.array for name, handle in mirror.live.items()})


def fits(shape, target, *, either=False):
    """Whether an array broadcasts to a shape."""
    try:
        out = np.broadcast_shapes(shape, target)
    except ValueError:
        return False
    return either or out == target


# ---- running them


class Failure(AssertionError):
    pass


@contextmanager
def shown(program):
    """Whatever goes wrong, the program is printed with it."""
    try:
        yield program
    except Failure:
        raise
    except Exception as error:
        raise Failure(f"{type(error).__name__}: {error}\n{program}") from error


def numbers(tensor):
    return tensor.as_numpy()


def close(found, expected, what, program):
    if found.shape != expected.shape or not np.allclose(found, expected, rtol=1e-11, atol=1e-11):
        raise Failure(f"{what}: {found} instead of {expected}\n{program}")


def execute(program, tensors, namespace, *, watch):
    """Run a program on Tensors; returns what lives at its end."""
    live = dict(tensors)
    scope = {"md": md, "np": np, "xp": namespace}
    for step, values in zip(program.steps, program.values, strict=True):
        try:
            exec(step.statement(), scope, live)
            raised = False
        except RuntimeError as error:
            raised = "x is a" in str(error)
            if not raised:
                raise
        if raised is not step.refused:
            raise Failure(f"{step.statement()}: raised is {raised}\n{program}")
        if watch or step.refused or step is program.steps[-1]:
            if live.keys() != values.keys():
                raise Failure(f"{live.keys()} instead of {values.keys()}\n{program}")
            for name, expected in values.items():
                close(numbers(live[name]), expected, f"{step.statement()}: {name}", program)
    return live


def directions(program, seed):
    rng = np.random.default_rng([seed, 1])
    return {
        name: rng.normal(size=v.shape)
        + (1j * rng.normal(size=v.shape) if v.dtype == complex else 0)
        for name, v in program.inputs.items()
    }


def dots(leaves, along):
    parts = [
        np.real(np.conj(numbers(leaf.grad)) * along[name]).ravel()
        for name, leaf in leaves.items()
        if leaf.grad is not None
    ]
    parts = np.concatenate([np.zeros(1), *parts])
    return float(np.sum(parts)), float(np.sum(np.abs(parts)))


def agree(found, expected, scale, what, program, tolerance=1e-9):
    if not abs(found - expected) <= tolerance * (scale + abs(expected) + 1):
        raise Failure(f"{what}: {found!r} instead of {expected!r}\n{program}")


def run_reverse(seed, namespace=xp, array=np.array, **options):
    with shown(Writer(seed, **options).program) as program:
        leaves = {n: md.Tensor(array(v), allow_grad=True) for n, v in program.inputs.items()}
        live = execute(program, leaves, namespace, watch=seed % 2)
        along = directions(program, seed)
        total(live, array).backward()
        found, scale = dots(leaves, along)
        agree(found, derivative(program, along), scale, "gradient", program)


def run_second_order(seed):
    options = {"complex_numbers": seed % 3 == 0}
    with shown(Writer(seed, **options).program) as program:
        leaves = {n: md.Tensor(v, allow_grad=True) for n, v in program.inputs.items()}
        live = execute(program, leaves, xp, watch=seed % 2)
        along, second = directions(program, seed), directions(program, seed + 1)
        total(live).backward(allow_higher_order=True)
        found, scale = dots(leaves, along)
        agree(found, derivative(program, along), scale, "recorded gradient", program)
        products = [
            leaf.grad * np.conj(along[name])
            for name, leaf in leaves.items()
            if leaf.grad is not None
        ]
        for leaf in leaves.values():
            leaf.grad = None
        product = sum(xp.sum(xp.real(p) if p.dtype == complex else p) for p in products)
        if product.allow_grad:
            product.backward()
        found, scale = dots(leaves, second)
        # Differences of differences, where the program is complex, have fewer digits.
        h, tolerance = (1e-2, 1e-6) if options["complex_numbers"] else (2e-3, 1e-9)
        expected = slope(
            lambda t: derivative(program, along, moved(program.inputs, second, t), h=h), h
        )
        agree(found, expected, scale, "second order", program, tolerance)


def run_forward(seed):
    options = {"leaves": False, "complex_numbers": seed % 3 == 0}
    with shown(Writer(seed, **options).program) as program:
        along = directions(program, seed)

        def function(*tensors):
            names = dict(zip(program.inputs, tensors, strict=True))
            return total(execute(program, names, xp, watch=seed % 2))

        primals = [md.Tensor(v) for v in program.inputs.values()]
        _, tangent = md.jvp(function, primals, [md.Tensor(along[name]) for name in program.inputs])
        expected = derivative(program, along, leaves=False)
        agree(tangent.item(), expected, abs(expected), "tangent", program)


def run_forward_over_reverse(seed):
    options = {"leaves": False, "complex_numbers": seed % 3 == 0}
    with shown(Writer(seed, **options).program) as program:
        along, second = directions(program, seed), directions(program, seed + 1)

        def function(*tensors):
            names = dict(zip(program.inputs, tensors, strict=True))
            return total(execute(program, names, xp, watch=False))

        def slope_along(*tensors):
            gradients = md.grad(function, argnums=tuple(range(len(tensors))))(*tensors)
            pairs = zip(gradients, along.values(), strict=True)
            products = [g * np.conj(d) for g, d in pairs]
            return sum(xp.sum(xp.real(p) if p.dtype == complex else p) for p in products)

        primals = [md.Tensor(v) for v in program.inputs.values()]
        tangents = [md.Tensor(second[name]) for name in program.inputs]
        _, tangent = md.jvp(slope_along, primals, tangents)
        h, tolerance = (1e-2, 1e-6) if options["complex_numbers"] else (2e-3, 1e-9)

        def along_at(t):
            return derivative(program, along, moved(program.inputs, second, t), leaves=False, h=h)

        expected = slope(along_at, h)
        agree(tangent.item(), expected, abs(expected), "forward over reverse", program, tolerance)


# ---- the tests


def seeds(share=1.0):
    """Seeds in batches, which the workers of pytest-xdist share."""
    count = max(int(PROGRAMS * share), 1)
    batches = np.array_split(np.arange(count), min(BATCHES, count))
    return pytest.mark.parametrize(
        "seeds", [[int(seed) for seed in batch] for batch in batches], ids=lambda b: f"{b[0]}.."
    )


@seeds()
def test_real_programs(seeds):
    for seed in seeds:
        run_reverse(seed)


@seeds(0.2)
def test_complex_programs(seeds):
    for seed in seeds:
        run_reverse(seed, complex_numbers=True)


@seeds(0.1)
def test_second_order(seeds):
    for seed in seeds:
        run_second_order(seed)


@seeds(0.1)
def test_forward_mode(seeds):
    for seed in seeds:
        run_forward(seed)


@seeds(0.1)
def test_forward_over_reverse(seeds):
    for seed in seeds:
        run_forward_over_reverse(seed)


@seeds(0.14)
def test_strict_backend(seeds):
    namespace = md.wrap(array_api_strict)
    for seed in seeds:
        run_reverse(seed, namespace, array_api_strict.asarray, strict=True)
