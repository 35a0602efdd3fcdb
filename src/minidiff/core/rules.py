"""A rule: what a row of the table promises, read once, at import.

A rule is static. From the parameter names of its formulas follows which arrays a node keeps; from
the word follow the reverse mode, the forward mode and the treatment of complex numbers.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cache, partial
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..backends import Backend

Formula = Callable[..., Any]
Items = tuple[tuple[str, str], ...]
Kind, EMPTY = inspect.Parameter, inspect.Parameter.empty

SPACE = ("shape", "dtype")
PACKAGE = __name__.partition(".")[0] + "."


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

    # A class holds what most rules do not have: an object of up to 30 attributes has no table of
    # its own, and is made faster. There are two hundred rules.
    jvp: Formula | None = None
    function: Callable[..., Any]
    _pulls: dict[str, Formula] | None = None
    _push: Formula | None = None

    def __init__(self, word: str, row: Any, formulas: Mapping[str, Formula], jvp: Formula | None):
        self.word = word
        self.row = row
        self.name = row.__name__
        self.signature = signature_of(row)
        self.parameters = tuple(self.signature.parameters)
        self.inputs = tuple([name for name in self.parameters if name in formulas])
        self.formulas = {name: formulas[name] for name in self.inputs}
        if jvp is not None:
            self.jvp = jvp
        # A row of this package. What its formulas give is known; users' results are looked at.
        self.known = str(row.__module__).startswith(PACKAGE)
        self._check(formulas)
        # By input, the parameters that its formula asks for, and `out` where it does.
        self.named = {name: self._kept(formula) for name, formula in self.formulas.items()}
        self.kernels: dict[Backend, Callable[..., Any]] = {}
        self.kind = self._kind()
        self.wide = self.kind == "wide"
        # One or two arrays and nothing else: the backward loop's straight code.
        self.straight = self.kind in ("unary", "binary")
        self.quick = self.parametric  # and arguments, which go to the formula
        # (x1, x2, out): what a node keeps when the first, the second, or both are tracked.
        self.keeps_first = self._keeps(self.inputs[:1])
        self.keeps_second = self._keeps(self.inputs[1:])
        self.keeps_both = self._keeps(self.inputs)
        # Formulas that call functions of xp take no Python numbers: arrays are made of them.
        self.calls_xp = not self.takes_numbers and any(
            "xp" in names_of(f) for f in self.formulas.values()
        )
        # The formulas of one or two inputs as the engine calls them, on arrays and on Tensors; made
        # when a first backward pass needs them.
        self.pull1, self.pull2 = FIRST_TIME
        self.pull1_on_tensors, self.pull2_on_tensors = FIRST_TIME_ON_TENSORS
        # Steps in the pass's own buffers (array_api/_indexing.py); the second array's may decline.
        self.special: Callable[..., None] | None = None
        self.special2: Callable[..., bool] | None = None
        # A library's own element-wise function gives a result in the space of its inputs, where
        # these share one, and so does its formula: then the projection may be left out.
        self.stays = word == "elementwise" and self.known and is_empty(row.__code__)

    def __repr__(self) -> str:
        return f"<{self.word} {self.name}>"

    @property
    def parametric(self) -> bool:
        """One array and arguments, as which a node keeps them."""
        return self.kind in ("parametric", "with argument")

    @property
    def conjugates(self) -> bool:
        """Written as over the reals: the engine conjugates around the formulas."""
        return self.word in ("elementwise", "linear", "bilinear")

    @property
    def views(self) -> bool:
        """The result may share the array's memory (see words.view)."""
        return hasattr(self.row, "views")

    @property
    def takes_numbers(self) -> bool:
        """Python's numbers reach function and formulas as they are (see words.on_numbers)."""
        return hasattr(self.row, "takes_numbers")

    @property
    def takes_device(self) -> bool:
        return "device" in self.parameters

    @property
    def free(self) -> bool:
        """No array says in which library to work: `device` does (creation functions and so on)."""
        if not self.known and not self.takes_device and self.parameters:
            return False  # users need not annotate: only `device`, or nothing at all, tells
        return not self.inputs and not any(map(is_array, self.signature.parameters.values()))

    def _kind(self) -> str:
        parameters = self.signature.parameters
        if self.word == "composite" or not parameters:
            return "wide"
        fixed = only_by_position(self.row)
        arrays = [n for n, p in parameters.items() if n in self.inputs or is_array(p)]
        # A formula that asks for the shape of another array needs what a WideNode holds of it.
        crossed = any(
            of in SPACE and array != name and array in self.inputs
            for name, formula in self.formulas.items()
            for array, _, of in [asked.rpartition("_") for asked in names_of(formula)]
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
        taken = {"g", "out", *[f"d{name}" for name in self.inputs]}.intersection(self.parameters)
        if taken:
            raise TypeError(
                f"{self.name}: a parameter may not be called {min(taken)!r}, which in formulas is "
                "the gradient that arrives (g), the result (out) or a tangent (dx)"
            )
        jvp = {} if self.jvp is None else {"jvp": self.jvp}
        for name, formula in (*formulas.items(), *jvp.items()):
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
            self._check_names(name, formula, allowed)
        for name, formula in jvp.items():
            tangents = {f"d{name}" for name in self.inputs}
            self._check_names(name, formula, (allowed - {"g"}) | tangents)

    def _check_names(self, name: str, formula: Formula, allowed: set[str]) -> None:
        for asked in names_of(formula):
            if asked not in allowed:
                raise TypeError(
                    f"{self.title(name)} asks for {asked!r}; it may ask for "
                    f"{', '.join(sorted(allowed))}"
                )

    def title(self, name: str) -> str:
        """How messages and tracebacks call the formula for an input, or the jvp."""
        return f"jvp of {self.name}" if name == "jvp" else f"d({self.name})/d({name})"

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
            self.straight = self.quick = False
            self._pulls = self._push = None  # if there are some, they are of another signature

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
            from .adapters import with_own_memory  # as for _pull

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
            self._pulls = {name: self._pull(name) for name in self.inputs}
        return self._pulls

    @property
    def push(self) -> Formula:
        """The jvp as a function of (xp, tangents, node, *args, **kwargs)."""
        if self._push is None:
            from .adapters import push_of  # as for _pull

            self._push = push_of(self)
        return self._push

    def _pull(self, name: str, *, lifting: bool = False) -> Formula:
        from .adapters import pull_of  # when a first pass needs it

        return pull_of(self, name, lifting)


def first_time(name: str, index: int) -> Formula:
    """What makes the adapter of a node's rule, puts it in its own place, and calls it."""

    def call(xp: Any, g: Any, node: Any, /, *args: Any, **kwargs: Any) -> Any:
        rule: Rule = node.rule
        pull = rule._pull(rule.inputs[index], lifting=name.endswith("on_tensors"))
        setattr(rule, name, pull)
        return pull(xp, g, node, *args, **kwargs)

    return call


FIRST_TIME = first_time("pull1", 0), first_time("pull2", 1)
FIRST_TIME_ON_TENSORS = first_time("pull1_on_tensors", 0), first_time("pull2_on_tensors", 1)


def rule_of(function: Any) -> Rule:
    """The rule of a function that one of the six words made."""
    rule: Rule = function.rule
    return rule


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
    if by_position == 0 or names[0] != "xp":
        first = names[0] if by_position else "()"
        raise TypeError(
            f"{row.__name__}: the first parameter of a row is xp, the namespace, not {first}"
        )
    if only_by_position(row) and {*map(type, notes.values())} == {str}:
        shared: inspect.Signature = shared_signature(names[1:by_position], tuple(notes.items()))
        return shared
    values = dict(zip(names[by_position - len(defaults) : by_position], defaults, strict=True))
    values |= row.__kwdefaults__ or {}

    def add(index: int, kind: Any) -> None:
        name = names[index]
        note, value = notes.get(name, EMPTY), values.get(name, EMPTY)
        made.append(inspect.Parameter(name, kind, default=value, annotation=note))

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


@cache
def shared_signature(names: tuple[str, ...], notes: Items) -> inspect.Signature:
    """That of all rows with these parameters, by position and without defaults: most rows."""
    by_name = dict(notes)
    return inspect.Signature(
        [Kind(name, Kind.POSITIONAL_ONLY, annotation=by_name.get(name, EMPTY)) for name in names],
        return_annotation=by_name.get("return", EMPTY),
    )


def only_by_position(row: Any) -> bool:
    """Whether a row takes what it takes by position, all of it and nothing else."""
    code = row.__code__
    return (
        code.co_posonlyargcount == code.co_argcount
        and row.__defaults__ is None
        and not code.co_kwonlyargcount
        and not code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS)
    )
