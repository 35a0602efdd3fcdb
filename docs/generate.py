"""The pages that are made of the source: the table of derivatives, and the table of errors."""

import ast
import inspect
from pathlib import Path

import drop_in_table

import minidiff.array_api

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "minidiff"
WORDS = ("elementwise", "linear", "bilinear", "differentiable", "composite", "nondifferentiable")

DERIVATIVES = """\
# The table of derivatives

A row for each function of the standard: its word, and its formulas as they stand in the source. In
a formula `g` is the cotangent (or, for element-wise functions in forward mode, the tangent); the
names of its parameters say what is kept. A name such as `det_x` is a function right above its row.

At the end the same for the [special functions](../special.md), with the rows that only formulas
use. There `of(f, x)` is f(x), and `none` says that there is no derivative: a backward pass raises.

"""

ERRORS = """\
# Error messages

What minidiff says when something cannot be done, and what provokes it. Every line is tested: the
files in `tests/error_messages` are both this table and the cases of `tests/test_errors.py`, and a
test asks that no `raise` of the package goes without one. `...` stands for what varies.

"""


def write_all(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "derivatives.md").write_text(DERIVATIVES + derivatives(), "utf-8")
    (folder / "errors.md").write_text(ERRORS + errors(), "utf-8")
    (folder / "drop_in_names.md").write_text(drop_in_table.page(), "utf-8")


# ---- derivatives


def derivatives() -> str:
    """A table for each module of the table of rules, and of the special functions."""
    parts = []
    for folder in ("array_api", "special"):
        for path in sorted((PACKAGE / folder).glob("*.py")):
            rows = list(rows_of(path))
            if rows:
                title = path.stem.strip("_").replace("_", " ")
                title = f"special: {title}" if folder == "special" else title
                parts.append(f"## {title}\n\n| function | word | derivatives |\n|---|---|---|")
                parts += [f"| `{name}` | {word} | {text} |" for name, word, text in rows]
                parts.append("")
    return "\n".join(parts)


def rows_of(path: Path):
    """(function, word, formulas as text) of the rows of a module; of the standard's, the public."""
    source = path.read_text("utf-8")
    functions = [one for one in ast.parse(source).body if isinstance(one, ast.FunctionDef)]
    short = {one.name: one for one in functions if isinstance(one.body[0], ast.Return)}
    public = public_names(path.stem) if path.parent.name == "array_api" else None
    for node in functions:
        if public is not None and node.name not in public:
            continue
        for decorator in node.decorator_list:
            call = decorator if isinstance(decorator, ast.Call) else None
            word = (call.func if call else decorator).id
            if word not in WORDS:
                continue
            formulas = [
                f"`{keyword.arg} = {formula(source, keyword.value, short)}`"
                for keyword in (call.keywords if call else [])
            ]
            yield node.name, word, "<br>".join(formulas) or "–"


def formula(source: str, value: ast.expr, short: dict[str, ast.FunctionDef]) -> str:
    """A formula's text; of a function that is one line, that line."""
    text = ast.get_source_segment(source, value)
    if text in short:
        function = short[text]
        names = ", ".join(one.arg for one in function.args.args)
        text = f"{text}({names}) = {ast.get_source_segment(source, function.body[0].value)}"
    return cell(text)


def public_names(module: str) -> set[str]:
    space = minidiff.array_api
    if module in ("linalg", "fft"):
        return set(getattr(space, module).__all__)
    names = {*space.__all__, *space.linalg.__all__, *space.fft.__all__}
    found = {name: getattr(space, name, getattr(space.linalg, name, None)) for name in names}
    return {name for name, one in found.items() if inspect.isfunction(one)}


def cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


# ---- errors


def errors() -> str:
    """A table for each file of messages; comments in them are headings."""
    parts = []
    for path in sorted((ROOT / "tests" / "error_messages").glob("*.txt")):
        lines = path.read_text("utf-8").splitlines()
        code = ""
        for line in lines:
            if line.startswith("#"):
                title = line.lstrip("# ").strip()
                parts.append(f"\n## {title[0].upper()}{title[1:]}\n")
                parts.append("| what | error | message |\n|---|---|---|")
            elif not line.startswith(" "):
                code = line
            else:
                kind, _, message = line.strip().partition(": ")
                parts.append(f"| `{cell(code)}` | {kind} | {plain(message)} |")
    return "\n".join(parts) + "\n"


def plain(message: str) -> str:
    """A message as Markdown that means nothing else."""
    for character in "\\`*_{}[]<>#|$":
        message = message.replace(character, f"\\{character}")
    return message.replace("...", " … ")
