"""A rule: what a row of the table promises, read once, at import.

A rule is static. From the parameter names of its formulas follows which arrays a node keeps; from
the word follow the reverse mode, the forward mode and the treatment of complex numbers.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

from ..backends import SCALARS
from .lifting import lift

if TYPE_CHECKING:
    from ..backends import Backend

Formula = Callable[..., Any]
Kind, EMPTY = inspect.Parameter, inspect.Parameter.empty

# What adapters call a node: no parameter of a row has such a name.
NODE = "__node"


class Space:
    """The shape and dtype of an array that a node does not keep."""

    __slots__ = ("dtype", "shape")

    def __init__(self, array: Any):
        self.shape = array.shape
        self.dtype = array.dtype


class Rule:
    """A row of the table: the function, and its derivative in both modes.

    Attributes
    ----------
    name, word : str
        The function's name, and which of the six words it carries.
    row : function
        As written, with `xp` first; a body of `...` means the library's function of that name.
    inputs : tuple of str
        The array parameters that have a derivative, in the order of the signature.
    formulas : mapping of input to formula
    jvp : function, optional
        The forward mode of `@differentiable`.
    function : function
        What users call, on Tensors.
    kind : str
        Which wrapper serves it: 'unary' and 'binary' have one or two arrays and nothing else,
        'with argument' one array and one argument by position, 'parametric' one array and
        parameters, 'wide' everything else.
    """

    def __init__(self, word: str, row: Any, formulas: Mapping[str, Formula], jvp: Formula | None):
        self.word = word
        self.row = row
        self.name = row.__name__
        self.signature = signature_of(row)
        self.parameters = tuple(self.signature.parameters)
        self.inputs = tuple(name for name in self.parameters if name in formulas)
        self.formulas = {name: formulas[name] for name in self.inputs}
        self.jvp = jvp
        # A row of this package. What its formulas give is known; users' results are looked at.
        self.known = str(row.__module__).partition(".")[0] == __name__.partition(".")[0]
        # Written as over the reals: the engine conjugates around them.
        self.conjugates = word in ("elementwise", "linear", "bilinear")
        self.kernels: dict[Backend, Callable[..., Any]] = {}
        self.kind = self._kind()
        self.wide = self.kind == "wide"
        self.takes_device = "device" in self.parameters
        # No array says in which library to work: `device` does (creation functions and the like).
        self.free = not self.inputs and not any(map(is_array, self.signature.parameters.values()))
        if not self.known:  # users need not annotate: only `device`, or nothing at all, tells
            self.free = self.free and (self.takes_device or not self.parameters)
        self.parametric = self.kind in ("parametric", "with argument")
        # The result may share the array's memory (see words.view).
        self.views = bool(getattr(row, "views", False))
        self._check(formulas)
        self.named = {name: self._kept(formula) for name, formula in self.formulas.items()}
        # (x1, x2, out): what a node keeps when the first, the second, or both are tracked.
        self.keeps_first = self._keeps(self.inputs[:1])
        self.keeps_second = self._keeps(self.inputs[1:])
        self.keeps_both = self._keeps(self.inputs)
        # Python's numbers reach the function and the formulas as they are (see words.on_numbers).
        self.takes_numbers = bool(getattr(row, "takes_numbers", False))
        self.calls_xp = not self.takes_numbers and any(
            "xp" in names_of(f) for f in self.formulas.values()
        )
        # The formulas of one or two inputs as the engine calls them, on arrays and on Tensors; made
        # when a first backward pass needs them.
        self.pull1: Formula = partial(self._pull_first_time, 0)
        self.pull2: Formula = partial(self._pull_first_time, 1)
        self.pull1_on_tensors: Formula = partial(self._pull_on_tensors_first_time, 0)
        self.pull2_on_tensors: Formula = partial(self._pull_on_tensors_first_time, 1)
        self._pulls: dict[str, Formula] | None = None
        self._push: Formula | None = None
        # Steps in the pass's own buffers (array_api/_indexing.py); the second array's may decline.
        self.special: Callable[..., None] | None = None
        self.special2: Callable[..., bool] | None = None
        # One or two arrays and nothing else: the backward loop's straight code.
        self.straight = self.kind in ("unary", "binary")
        self.quick = self.parametric  # and arguments, which go to the formula
        # A library's own element-wise function gives a result in the space of its inputs, where
        # these share one, and so does its formula: then the projection may be left out.
        self.stays = word == "elementwise" and self.known and is_empty(row.__code__)
        self.function: Callable[..., Any]

    def __repr__(self) -> str:
        return f"<{self.word} {self.name}>"

    def _kind(self) -> str:
        parameters = self.signature.parameters
        fixed = all(
            p.kind is p.POSITIONAL_ONLY and p.default is p.empty for p in parameters.values()
        )
        arrays = [n for n, p in parameters.items() if n in self.inputs or is_array(p)]
        if self.word == "composite" or not parameters:
            return "wide"
        # A formula that asks for the shape of another array needs what a WideNode holds of it.
        crossed = any(
            f"{other}_{of}" in names_of(formula)
            for name, formula in self.formulas.items()
            for other in self.inputs
            for of in ("shape", "dtype")
            if other != name
        )
        straight = fixed and not crossed and len(self.inputs) in (0, len(parameters))
        if straight and len(arrays) == len(parameters) <= 2 and not is_list(parameters[arrays[0]]):
            return "unary" if len(parameters) == 1 else "binary"
        first = parameters[self.parameters[0]]
        if (
            first.kind is first.POSITIONAL_ONLY
            and first.default is first.empty
            and self.inputs in ((), self.parameters[:1])
            and arrays in ([], [self.parameters[0]])
            and not is_list(first)
        ):
            return "with argument" if fixed and len(parameters) == 2 else "parametric"
        return "wide"

    def _check(self, formulas: Mapping[str, Formula]) -> None:
        """Fail at import where a formula asks for something that does not exist."""
        taken = {"g", "out", *(f"d{name}" for name in self.inputs)} & {*self.parameters}
        if taken:
            raise TypeError(
                f"{self.name}: a parameter may not be called {min(taken)!r}, which in formulas is "
                "the gradient that arrives (g), the result (out) or a tangent (dx)"
            )
        for name, formula in (*formulas.items(), *([("jvp", self.jvp)] if self.jvp else [])):
            if not isinstance(formula, FunctionType):
                raise TypeError(
                    f"{self.name}: the formula for {name!r} is a {type(formula).__name__}, not a "
                    "function with parameters that say what is kept; write lambda g, x: ..."
                )
        for name in formulas:
            if name not in self.parameters:
                raise TypeError(
                    f"{self.name}: there is a formula for {name!r}, which is no parameter; "
                    f"the parameters are {', '.join(self.parameters)}"
                )
            if self.signature.parameters[name].kind is inspect.Parameter.VAR_POSITIONAL:
                raise TypeError(f"{self.name}: *{name} has no single formula; take a list instead")
        allowed = {"xp", "g", "out", *self.parameters}
        for name in self.inputs:
            allowed |= {f"{name}_shape", f"{name}_dtype"}
        for name, formula in self.formulas.items():
            self._check_names(f"d({self.name})/d({name})", formula, allowed)
        if self.jvp is not None:
            tangents = {f"d{name}" for name in self.inputs}
            self._check_names(f"jvp of {self.name}", self.jvp, (allowed - {"g"}) | tangents)

    def _check_names(self, title: str, formula: Formula, allowed: set[str]) -> None:
        for name in names_of(formula):
            if name not in allowed:
                raise TypeError(
                    f"{title} asks for {name!r}; it may ask for {', '.join(sorted(allowed))}"
                )
        if formula.__code__.co_name == "<lambda>":  # so that a traceback says where it was
            code: CodeType = formula.__code__
            formula.__code__ = code.replace(co_name=title, co_qualname=title)

    def _kept(self, formula: Formula) -> frozenset[str]:
        return frozenset(names_of(formula)) & {*self.parameters, "out"}

    def _keeps(self, tracked: tuple[str, ...]) -> tuple[bool, bool, bool]:
        names = {name for one in tracked for name in self.named[one]}
        first, second = (*self.parameters, "", "")[:2]
        return first in names, self.kind == "binary" and second in names, "out" in names

    def widen(self) -> None:
        """Serve the rule as a wide one: only its first result shows that there are several."""
        if not self.wide:
            self.kind = "wide"
            self.wide = True
            self.straight = self.quick = self.parametric = False

    def keeps(self, parent1: Any, parent2: Any) -> tuple[bool, bool, bool]:
        """Whether a node keeps the first array, the second, and the result."""
        if parent2 is None:
            return self.keeps_first
        return self.keeps_second if parent1 is None else self.keeps_both

    def kernel(self, backend: Backend) -> Callable[..., Any]:
        """The forward function on a backend's arrays."""
        return self.kernels.get(backend) or self.bind(backend)

    def bind(self, backend: Backend) -> Callable[..., Any]:
        """Find it, when it is first needed."""
        if self.name in backend.own:
            kernel = backend.own[self.name]
        elif is_empty(self.row.__code__):
            kernel = getattr(backend.arrays, self.name)
        else:
            kernel = partial(self.row, backend.arrays)
        if not self.known:
            kernel = with_own_memory(kernel, backend)
        self.kernels[backend] = kernel
        return kernel

    def given(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> list[tuple[str, Any]]:
        """The inputs of a call, by name, in the order of the signature."""
        passed = {**dict(zip(self.parameters, args, strict=False)), **kwargs}
        return [(name, passed[name]) for name in self.inputs if name in passed]

    def replaced(
        self, args: tuple[Any, ...], kwargs: Mapping[str, Any], values: Mapping[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments of a call with other values for some of its inputs."""
        pairs = zip(self.parameters, args, strict=False)
        new_args = tuple([values.get(name, value) for name, value in pairs])
        return new_args, {name: values.get(name, value) for name, value in kwargs.items()}

    @property
    def pulls(self) -> dict[str, Formula]:
        """By input, the formula as a function of (xp, g, node, *args, **kwargs)."""
        if self._pulls is None:
            self._pulls = {name: self._pull(f) for name, f in self.formulas.items()}
        return self._pulls

    def _pull_first_time(self, index: int, /, *args: Any, **kwargs: Any) -> Any:
        self.pull1, self.pull2 = (*self.pulls.values(), None)[:2]  # type: ignore[assignment]  # a missing second is never called
        return (self.pull1, self.pull2)[index](*args, **kwargs)

    def _pull_on_tensors_first_time(self, index: int, /, *args: Any, **kwargs: Any) -> Any:
        pulls = [self._pull(f, lifting=True) for f in self.formulas.values()]
        self.pull1_on_tensors, self.pull2_on_tensors = (*pulls, None)[:2]  # type: ignore[assignment]  # as above
        return pulls[index](*args, **kwargs)

    @property
    def push(self) -> Formula:
        """The jvp as a function of (xp, tangents, node, *args, **kwargs)."""
        if self._push is None:
            assert self.jvp is not None
            self._push = self._adapter(self.jvp, ("xp", "tangents", NODE))
        return self._push

    def _pull(self, formula: Formula, *, lifting: bool = False) -> Formula:
        pull = self._adapter(formula, ("xp", "g", NODE), lifting=lifting)
        if self.known:
            return pull
        return looked_at(pull, formula.__code__.co_name, self.word == "elementwise")

    def _adapter(
        self, formula: Formula, leading: tuple[str, ...], *, lifting: bool = False
    ) -> Formula:
        """The formula behind one signature that the engine can call for every rule.

        Python itself binds the call's arguments: the adapter has the row's own parameters and
        defaults, and passes on what the formula names. For multiply, d/dx1 becomes
        `lambda xp, g, node: formula(g, node.x2)`; for sum it becomes
        `lambda xp, g, node, /, *, axis=..., dtype=..., keepdims=...:
        formula(xp, g, node.parent1.shape, axis, keepdims)`. With `lifting` the kept arrays are
        passed as Tensors: `lift(node.x2, node.backend, node.parent2)`.
        """
        kept = f"{NODE}.x{{0}}"
        out = f"{NODE}.out"
        if lifting:
            kept = f"__lift({kept}, {NODE}.backend, {NODE}.parent{{0}})"
            out = f"__lift({out}, {NODE}.backend, {NODE})"
        expressions = {name: name for name in ("xp", "g", *self.parameters)} | {"out": out}
        for index, name in enumerate(self.inputs):
            expressions[f"d{name}"] = f"tangents[{index}]"
            for of in ("shape", "dtype"):
                if not self.wide:
                    place = self.parameters.index(name) + 1
                    expressions[f"{name}_{of}"] = f"{NODE}.parent{place}.{of}"
                elif is_list(self.signature.parameters[name]):
                    expressions[f"{name}_{of}"] = f"[one.{of} for one in {name}]"
                else:  # args hold the array, or its Space
                    expressions[f"{name}_{of}"] = f"{name}.{of}"
        own = list(self.signature.parameters.values())
        if self.kind in ("unary", "binary"):
            own = []
            expressions |= {name: kept.format(i) for i, name in enumerate(self.parameters, 1)}
        elif self.parametric:
            own = own[1:]
            expressions[self.parameters[0]] = kept.format(1)
        passed = ", ".join(expressions[name] for name in names_of(formula))
        source = f"lambda {parameter_list(leading, own)}: __formula({passed})"
        defaults = {p.name: p.default for p in own}
        names = {"__formula": formula, "__defaults": defaults, "__lift": lift}
        adapter: Formula = eval(source, names)
        return adapter


def rule_of(function: Any) -> Rule:
    """The rule of a function that one of the six words made."""
    rule: Rule = function.rule
    return rule


def parameter_list(leading: tuple[str, ...], own: list[inspect.Parameter]) -> str:
    """The text of a parameter list: `leading`, then a row's own parameters with their kinds."""
    parts = [*leading]
    seen_slash = seen_star = False
    for p in own:
        if p.kind is not p.POSITIONAL_ONLY and not seen_slash:
            parts.append("/")
            seen_slash = True
        if p.kind is p.KEYWORD_ONLY and not seen_star:
            parts.append("*")
            seen_star = True
        if p.kind is p.VAR_POSITIONAL:
            parts.append(f"*{p.name}")
            seen_star = True
        elif p.kind is p.VAR_KEYWORD:
            parts.append(f"**{p.name}")
        else:
            parts.append(p.name if p.default is p.empty else f"{p.name}=__defaults[{p.name!r}]")
    return ", ".join(parts)


def looked_at(pull: Formula, title: str, elementwise: bool) -> Formula:
    """A user's formula, whose result may also be a number: so much for each element."""

    def call(xp: Any, g: Any, node: Any, /, *args: Any, **kwargs: Any) -> Any:
        d = pull(xp, g, node, *args, **kwargs)
        if type(d) in SCALARS and hasattr(g, "dtype"):
            return xp.zeros_like(g) + d
        if d is None or type(d) in SCALARS:
            raise TypeError(
                f"{title} returned {d}; a formula returns an array of its input's shape"
            )
        if elementwise and not go_together(d.shape, g.shape):
            raise ValueError(
                f"{title} returned shape {tuple(d.shape)} where {tuple(g.shape)} arrived; an "
                "element-wise formula works element by element"
            )
        return d

    return call


def with_own_memory(function: Callable[..., Any], backend: Backend) -> Callable[..., Any]:
    """A user's function, of which nobody knows how a view that it returns was made."""

    def call(*args: Any, **kwargs: Any) -> Any:
        out = function(*args, **kwargs)
        lists = [a if isinstance(a, list | tuple) else [a] for a in (*args, *kwargs.values())]
        arrays = [one for a in lists for one in a if isinstance(one, backend.array_type)]

        def own(one: Any) -> Any:
            if isinstance(one, backend.array_type):
                if any(backend.is_view(one, array) for array in arrays):
                    one = backend.copy(one)
                arrays.append(one)  # which the further results do not share either
            return one

        if not isinstance(out, tuple | list):
            return own(out)
        parts = [own(one) for one in out]
        return type(out)(*parts) if hasattr(out, "_fields") else type(out)(parts)

    return call


def go_together(shape: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether arrays of two shapes broadcast."""
    return all(a == b or 1 in (a, b) for a, b in zip(shape[::-1], other[::-1], strict=False))


def is_array(parameter: inspect.Parameter) -> bool:
    """Whether a parameter without a formula takes an array: its annotation says so."""
    return "Tensor" in str(parameter.annotation)


def names_of(formula: Formula) -> tuple[str, ...]:
    code = formula.__code__
    return code.co_varnames[: code.co_argcount]


def is_list(parameter: inspect.Parameter) -> bool:
    """Whether an array parameter takes several arrays."""
    text = str(parameter.annotation)
    return parameter.kind is parameter.VAR_POSITIONAL or "Sequence[" in text or "list[" in text


def is_empty(code: CodeType) -> bool:
    """Whether a function's body is `...`, with or without a docstring."""
    return code.co_code[::2] in _EMPTY


def _bare() -> None: ...


def _with_docstring() -> None:
    """Nothing else."""


_EMPTY = {_bare.__code__.co_code[::2], _with_docstring.__code__.co_code[::2]}


def signature_of(row: Any) -> inspect.Signature:
    """The signature of a row without its `xp`.

    Read off the code object, in half the time of inspect.signature: there are two hundred rows.
    """
    code, notes, made = row.__code__, row.__annotations__, []
    names, defaults = code.co_varnames, row.__defaults__ or ()
    by_position, by_keyword = code.co_argcount, code.co_kwonlyargcount
    values = dict(zip(names[by_position - len(defaults) : by_position], defaults, strict=True))
    values |= row.__kwdefaults__ or {}

    def add(index: int, kind: Any) -> None:
        name = names[index]
        note, value = notes.get(name, EMPTY), values.get(name, EMPTY)
        made.append(inspect.Parameter(name, kind, default=value, annotation=note))

    if by_position == 0 or names[0] != "xp":
        first = names[0] if code.co_argcount else "()"
        raise TypeError(
            f"{row.__name__}: the first parameter of a row is xp, the namespace, not {first}"
        )
    for index in range(1, by_position):
        only = index < code.co_posonlyargcount
        add(index, Kind.POSITIONAL_ONLY if only else Kind.POSITIONAL_OR_KEYWORD)
    last = by_position + by_keyword
    if code.co_flags & inspect.CO_VARARGS:
        add(last, Kind.VAR_POSITIONAL)
    for index in range(by_position, last):
        add(index, Kind.KEYWORD_ONLY)
    if code.co_flags & inspect.CO_VARKEYWORDS:
        add(last + bool(code.co_flags & inspect.CO_VARARGS), Kind.VAR_KEYWORD)
    return inspect.Signature(made, return_annotation=notes.get("return", EMPTY))
