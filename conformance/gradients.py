"""Which derivatives of which functions of the standard a differentiable namespace has right.

    python -m conformance.gradients minidiff.array_api [--backend numpy|strict|torch|cupy|jax]
    python -m conformance.gradients minidiff.array_api --write docs/coverage.md

The calls are those of the project's own tests (tests/cases.py), with domains that suit each
function; the truth is finite differences of the namespace's own values. A line for each function:
differentiable to first order, second order and in forward mode; not differentiable by nature; not
in the library; or failing, with the first call that does. The exit status is 1 if anything fails.

The namespace is a module, or an attribute of one; its arrays are to be minidiff's Tensors, as those
of `minidiff.array_api` and of every `minidiff.wrap(library)` are. `--backend` names such a library.
"""

import argparse
import importlib
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "conformance")]

import array_api_strict  # noqa: E402  # the path comes first

import minidiff  # noqa: E402  # the package may be the checkout's
import minidiff.array_api  # noqa: E402
from cases import CASES, EXCLUDED  # noqa: E402  # of tests/
from minidiff.testing import gradcheck, gradgradcheck  # noqa: E402

BACKENDS = {
    "strict": "array_api_strict",
    "torch": "array_api_compat.torch",
    "jax": "jax.numpy",
    "cupy": "array_api_compat.cupy",
}

NO_ARRAY = ("fft.fftfreq", "fft.rfftfreq")

# A step that suits the domains of the cases, and what second differences are good for.
HOW = {"fast": True, "step": 1e-3, "rtol": 1e-6, "atol": 1e-6}


@dataclass
class Verdict:
    """What holds for one function.

    `kind`: 'differentiable', 'not differentiable', 'not in the library' or 'failing'; `text` says
    to which order, or why.
    """

    name: str
    kind: str
    text: str


# ---- which functions


def chapters() -> dict[str, list[str]]:
    """The functions of the standard, by the chapter of the table that has them."""
    found: dict[str, list[str]] = {}
    for name in minidiff.array_api.__all__:
        function = getattr(minidiff.array_api, name)
        if hasattr(function, "rule"):
            chapter = function.rule.row.__module__.rpartition("._")[2].replace("_", " ")
            found.setdefault(chapter, []).append(name)
    for extension in ("linalg", "fft"):
        module = getattr(minidiff.array_api, extension)
        found[extension] = [f"{extension}.{name}" for name in module.__all__]
    return {chapter: sorted(names) for chapter, names in sorted(found.items())}


def namespace(text: str, backend: str) -> Any:
    """The namespace that the command line names."""
    if backend in BACKENDS:
        if backend == "strict":
            array_api_strict.set_array_api_strict_flags(api_version="2025.12")
        return minidiff.wrap(importlib.import_module(BACKENDS[backend]))
    try:
        return importlib.import_module(text)
    except ModuleNotFoundError:
        module, _, name = text.rpartition(".")
        return getattr(importlib.import_module(module), name)


# ---- one function


def judged(name: str, xp: Any) -> Verdict:
    """All calls of a function, to the first that fails."""
    if name in NO_ARRAY or name in EXCLUDED:
        return Verdict(name, "not differentiable", EXCLUDED.get(name, "takes no array"))
    cases = [case for case in CASES if case.name == name]
    if cases and all(case.constant for case in cases):
        return Verdict(name, "not differentiable", "integer or boolean result")
    checked = 0
    for case in cases:
        for complex in (False, True) if case.complex else (False,):
            if case.constant:
                continue
            arrays = [xp.asarray(array) for array in case.arrays(complex=complex)]
            if not works(case, xp, arrays):
                continue
            checked += 1
            try:
                fault = first_fault(case, xp, arrays)
            except NotImplementedError as error:
                return Verdict(name, "not in the library", f"its derivative needs more: {error}")
            if fault:
                return Verdict(name, "failing", f"{case.id}: {fault}")
    if not checked:
        return Verdict(name, "not in the library", "no call of it works there")
    return Verdict(name, "differentiable", "orders 1 and 2, forward")


def works(case: Any, xp: Any, arrays: list[Any]) -> bool:
    """Whether the library can do the call itself, without derivatives."""
    try:
        attrgetter(case.name)(xp)
        case.call(xp, *arrays)
    except (AttributeError, LookupError, RuntimeError, TypeError, ValueError):
        return False
    return True


def first_fault(case: Any, xp: Any, arrays: list[Any]) -> str | None:
    """What is wrong with the derivatives of a call, in a line."""

    def function(*xs: Any) -> Any:
        return case.call(xp, *xs)

    checks = {
        "first order": lambda: gradcheck(function, arrays, modes=["reverse"], **HOW),
        "forward mode": lambda: gradcheck(function, arrays, modes=["forward"], **HOW),
        "second order": lambda: gradgradcheck(function, arrays, modes=["reverse"], **HOW),
    }
    for title, check in checks.items():
        try:
            check()
        except NotImplementedError:
            raise
        except Exception as error:  # whatever goes wrong there is the finding
            line = str(error).strip().splitlines()[-1].strip()
            return f"{title}: {type(error).__name__}: {line}"
    return None


def verdicts(xp: Any) -> Iterator[Verdict]:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for names in chapters().values():
            for name in names:
                yield judged(name, xp)


# ---- the table

HEAD = """\
# Which derivatives are there

<!-- Written by `python -m conformance.gradients minidiff.array_api --write docs/coverage.md`. -->

Every function of the standard, over each library that can be tested on a plain machine: what is
shown was checked against finite differences of that library's own values, for all the calls of the
project's tests, real and complex. *1, 2, fwd*: first and second order by reverse mode, and forward
mode. *–*: not differentiable by nature, for the reason given. *none*: the library lacks it, or
what its derivative is made of.

"""

COLUMNS = {"numpy": "NumPy", "strict": "array-api-strict", "torch": "PyTorch"}


def cell(verdict: Verdict) -> str:
    return {
        "differentiable": "1, 2, fwd",
        "not differentiable": f"– ({verdict.text})",
        "not in the library": "none",
        "failing": f"**fails** ({verdict.text})",
    }[verdict.kind]


def page(columns: dict[str, dict[str, Verdict]]) -> str:
    """The table of functions and backends, as Markdown."""
    titles = [COLUMNS.get(backend, backend) for backend in columns]
    lines = [HEAD]
    for chapter, names in chapters().items():
        lines += [f"## {chapter}", "", f"| function | {' | '.join(titles)} |"]
        lines.append("|---" * (1 + len(titles)) + "|")
        for name in names:
            cells = [cell(column[name]) for column in columns.values()]
            lines.append(f"| `{name}` | {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m conformance.gradients",
        description="Check the derivatives of a namespace of minidiff's Tensors.",
    )
    parser.add_argument("namespace", help="minidiff.array_api, or a module or attribute like it")
    parser.add_argument("--backend", choices=["numpy", *BACKENDS], default="numpy")
    parser.add_argument("--write", metavar="FILE", help="write the table of all backends")
    options = parser.parse_args(arguments)

    backends = list(COLUMNS) if options.write else [options.backend]
    columns = {}
    for backend in backends:
        print(f"== {options.namespace}, {backend}", flush=True)
        columns[backend] = {}
        for verdict in verdicts(namespace(options.namespace, backend)):
            print(f"{verdict.name:28} {verdict.kind}: {verdict.text}", flush=True)
            columns[backend][verdict.name] = verdict
    if options.write:
        Path(options.write).write_text(page(columns), "utf-8")
    found = [verdict.kind for column in columns.values() for verdict in column.values()]
    kinds = ("differentiable", "not differentiable", "not in the library", "failing")
    print(", ".join(f"{found.count(kind)} {kind}" for kind in kinds))
    return 1 if "failing" in found else 0


if __name__ == "__main__":
    sys.exit(main())
