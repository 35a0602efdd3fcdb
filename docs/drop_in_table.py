"""The page of the drop-in's names: each beside NumPy's, by the signatures of both."""

import inspect
from collections import Counter

import minidiff.numpy
import numpy
from minidiff import Tensor

TITLE = """\
# The drop-in's names

Every function of `minidiff.numpy`, with its parameters, and what NumPy {version} has otherwise, by
the signatures of both. All of them are at the top level, too (`md.sum`); {linalg} and {fft} are
in `linalg` and `fft`.

NumPy's parameters {common} are left out in more than {often} functions each, and not named again
below.

"""

# A parameter that so many functions leave out is said once, at the top.
OFTEN = 25


def page() -> str:
    found = list(rows())
    counts = Counter(name for _, _, missing, _ in found for name in missing)
    common = {name for name, count in counts.items() if count > OFTEN}
    parts = [
        TITLE.format(
            version=numpy.__version__,
            common=listed(sorted(common)) or "of no name",
            often=OFTEN,
            linalg=f"{len(minidiff.numpy.linalg.__all__)} names",
            fft=f"{len(minidiff.numpy.fft.__all__)}",
        ),
        "## Functions\n",
        "| name | parameters | in NumPy |\n|---|---|---|",
    ]
    for name, signature, missing, added in found:
        rest = [one for one in missing if one not in common]
        differs = [f"also {listed(rest)}"] if rest else []
        differs += [f"without {listed(added)}"] if added else []
        parts.append(f"| `{name}` | `{signature}` | {'; '.join(differs) or 'the same'} |")
    ours = [name for name in minidiff.numpy.__all__ if not hasattr(numpy, name)]
    parts += ["\n## Names that NumPy does not have\n", listed(sorted(ours)), ""]
    parts += ["\n## Constants, types and modules\n", listed(others()), ""]
    parts += ["\n## NumPy's names that are not here\n", *absent(), ""]
    parts += ["\n## Methods and attributes of an array that a Tensor does not have\n"]
    parts += [listed(sorted(n for n in dir(numpy.ndarray) if missing_on_tensor(n))), ""]
    return "\n".join(parts)


def rows():
    """(name, our signature, NumPy's parameters that are missing, ours that NumPy's has not)."""
    places = (
        ("", minidiff.numpy, numpy),
        ("linalg.", minidiff.numpy.linalg, numpy.linalg),
        ("fft.", minidiff.numpy.fft, numpy.fft),
    )
    for prefix, ours, theirs in places:
        for name in sorted(ours.__all__):
            one, other = getattr(ours, name), getattr(theirs, name, None)
            if inspect.isfunction(one) and other is not None:
                yield f"{prefix}{name}", text_of(one), *differences(one, other)


def differences(one, other):
    try:
        theirs = parameters(other)
    except ValueError:  # a function in C that does not say
        return [], []
    ours = parameters(one)
    if any(p.kind is p.VAR_KEYWORD for p in ours.values()):
        return [], []
    named = lambda p: p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)  # noqa: E731
    missing = [name for name, p in theirs.items() if named(p) and name not in ours]
    added = [name for name, p in ours.items() if named(p) and name not in theirs]
    # The first few may have other names in C, where they cannot be given by name.
    if len(missing) == len(added):
        return missing, added
    return missing, [name for name in added if ours[name].default is not inspect.Parameter.empty]


def parameters(function):
    return inspect.signature(function).parameters


def text_of(function) -> str:
    signature = inspect.signature(function)
    bare = [
        p.replace(annotation=p.empty, default=short(p.default))
        for p in signature.parameters.values()
    ]
    return str(inspect.Signature(bare)).replace("|", "\\|")


class Text:
    """Shown as it is in a signature."""

    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return self.text


def short(default):
    """A default in a few words: a function by its name."""
    plain = (bool, int, float, str, type(None), tuple)
    if default is inspect.Parameter.empty or isinstance(default, plain):
        return default
    return Text(getattr(default, "__name__", "not given"))


def others() -> list[str]:
    space = minidiff.numpy
    return [name for name in sorted(space.__all__) if not inspect.isfunction(getattr(space, name))]


def absent() -> list[str]:
    """Functions first; then what is no function."""
    names = [name for name in sorted(numpy.__all__) if name not in minidiff.numpy.__all__]
    functions = [n for n in names if not isinstance(getattr(numpy, n), type)]
    functions = [n for n in functions if callable(getattr(numpy, n))]
    rest = [n for n in names if n not in functions]
    return [f"Functions: {listed(functions)}.\n", f"The rest: {listed(rest)}."]


def missing_on_tensor(name: str) -> bool:
    return not name.startswith("_") and not hasattr(Tensor, name)


def listed(names) -> str:
    return ", ".join(f"`{name}`" for name in names)
