"""What imports what: layers point down, and an import costs what it must.

`backends` <- `core` <- `array_api` <- everything else. Read with `ast`, so that an import inside a
function or under TYPE_CHECKING counts too.
"""

import ast
import json
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import minidiff

ROOT = Path(minidiff.__file__).parent
FILES = sorted(path for path in ROOT.rglob("*.py"))
NAMES = [str(path.relative_to(ROOT)) for path in FILES]

LAYERS = ["backends", "core", "array_api"]
TOP = len(LAYERS)

# Imported by anyone: a version number, which imports nothing.
NEUTRAL = {"minidiff._version"}

MOST_LINES = 450
# A file may be longer where there is a reason, given here.
LONGER: dict[str, str] = {}

# Array libraries: a backend imports them when it is asked for, never `import minidiff`.
ONLY_WHEN_ASKED = {"array_api_compat", "array_api_strict", "cupy", "dask", "jax", "scipy", "torch"}
# What costs more to import than minidiff itself, and what nothing in the table needs.
NOT_LOADED = {*ONLY_WHEN_ASKED, "dataclasses", "importlib.metadata", "importlib.resources"}
NOT_LOADED |= {"json", "unittest", "graphviz", "minidiff.__main__", "minidiff.backends.cupy"}
NOT_LOADED |= {"importlib.util", "minidiff.array_api._results", "minidiff.core.adapters"}
NOT_LOADED |= {"minidiff.core.saving"}


def module_name(path):
    parts = ["minidiff", *path.relative_to(ROOT).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in FILES}


def layer(module):
    """0 for backends, 1 for core, ...; whatever is in none of them stands above all."""
    part = module.split(".")[1] if "." in module else ""
    return LAYERS.index(part) if part in LAYERS else TOP


def absolute(module, node):
    """The modules that an import statement in `module` names, with relative names resolved."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    base = node.module or ""
    if node.level:
        package = module.split(".")
        if MODULES[module].name != "__init__.py":
            package.pop()
        package = package[: len(package) - node.level + 1]
        base = ".".join([*package, base] if base else package)
    return [
        f"{base}.{alias.name}" if f"{base}.{alias.name}" in MODULES else base
        for alias in node.names
    ]


def type_checking(node):
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def statements(tree, *, at_import=False):
    """The import statements of a file; `at_import`: only those that run when it is imported."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        if at_import and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if at_import and type_checking(node):
            waiting += node.orelse
        else:
            waiting += ast.iter_child_nodes(node)


def imports(module, *, at_import=False):
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    return [
        name
        for node in statements(tree, at_import=at_import)
        for name in absolute(module, node)
        if name != "__future__"
    ]


EACH_MODULE = pytest.mark.parametrize("module", sorted(MODULES))


def test_the_files_are_found():
    assert {"minidiff", "minidiff.core.apply", "minidiff.array_api._sets"} <= set(MODULES)
    assert {layer(m) for m in MODULES} == {0, 1, 2, 3}
    assert layer("minidiff.backends") == layer("minidiff.backends.numpy") == 0
    assert layer("minidiff") == layer("minidiff.__main__") == TOP


def test_imports_are_resolved():
    """The reading itself, on imports that are known to be there."""
    assert "minidiff.core.rules" in imports("minidiff.core.apply")
    assert "minidiff.backends" in imports("minidiff.core.tensor")
    assert "minidiff.array_api._elementwise" in imports("minidiff.array_api._operators")
    assert "minidiff.core.tensor" in imports("minidiff.array_api._dtypes")
    assert "minidiff.core.tensor" not in imports("minidiff.array_api._dtypes", at_import=True)
    assert "array_api_compat" in imports("minidiff.backends.generic")
    assert "array_api_compat" not in imports("minidiff.backends.generic", at_import=True)


@EACH_MODULE
def test_imports_point_down(module):
    upward = [
        name
        for name in imports(module)
        if name.split(".")[0] == "minidiff" and name not in NEUTRAL and layer(name) > layer(module)
    ]
    assert upward == []


@EACH_MODULE
def test_inside_the_package_imports_are_relative(module):
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    by_full_name = [
        ast.unparse(node)
        for node in statements(tree)
        if (isinstance(node, ast.Import) and any(a.name.startswith("minidiff") for a in node.names))
        or (
            isinstance(node, ast.ImportFrom)
            and node.level == 0
            and node.module.split(".")[0] == "minidiff"
        )
    ]
    assert by_full_name == []


@EACH_MODULE
def test_no_wildcard(module):
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    assert [ast.unparse(n) for n in statements(tree) if any(a.name == "*" for a in n.names)] == []


@pytest.mark.parametrize("name", NAMES)
def test_length(name):
    lines = len((ROOT / name).read_text(encoding="utf-8").splitlines())
    if name in LONGER:
        assert lines > MOST_LINES, "it needs no exception any more"
        assert LONGER[name]
    else:
        assert lines <= MOST_LINES


def test_exceptions_to_the_length_exist():
    assert set(LONGER) <= set(NAMES)


@EACH_MODULE
def test_libraries_are_imported_when_asked_for(module):
    at_import = {name.split(".")[0] for name in imports(module, at_import=True)}
    if module == "minidiff.backends.cupy":  # itself imported only when asked for
        at_import -= {"cupy", "array_api_compat"}
    assert at_import & ONLY_WHEN_ASKED == set()


@EACH_MODULE
def test_the_standard_library_and_numpy_are_all_that_is_needed(module):
    at_import = {name.split(".")[0] for name in imports(module, at_import=True)}
    if module == "minidiff.backends.cupy":
        at_import -= {"cupy", "array_api_compat"}
    assert at_import - set(sys.stdlib_module_names) - {"numpy", "minidiff"} == set()


@EACH_MODULE
def test_only_backends_know_a_library(module):
    """The core, the table and what is above compute with `xp`; NumPy is a backend's business."""
    libraries = {name.split(".")[0] for name in imports(module)} & {*ONLY_WHEN_ASKED, "numpy"}
    if layer(module) > 0:
        assert libraries <= allowed_libraries(module)


# Above the table, whose business a library is.
ALLOWED = {
    "minidiff.__main__": "numpy",  # the tour checks itself
    "minidiff._differences": "numpy",  # finite differences are vectors of numbers
    "minidiff.numpy": "numpy",  # its dtypes and constants are NumPy's own
    "minidiff.numpy_protocols": "numpy",  # NumPy's protocols speak of its functions
    "minidiff.random": "numpy",  # its generators
    "minidiff.special": "scipy",
    "minidiff.optimize": "scipy",
    "minidiff.testing": "numpy",
}


def allowed_libraries(module):
    found = [one for name, one in ALLOWED.items() if f"{module}.".startswith(f"{name}.")]
    return {*found, "numpy"} if found else set()


def test_no_cycle_of_imports():
    """A package's `__init__` may import its parts; a part reaches another by that one's name."""
    graph = {m: {n for n in imports(m, at_import=True) if n in MODULES} for m in MODULES}
    assert sum(map(len, graph.values())) > 50
    order = list(TopologicalSorter(graph).static_order())  # a CycleError names the cycle
    assert order.index("minidiff.backends") < order.index("minidiff.core.tensor")
    assert order.index("minidiff.core.apply") < order.index("minidiff.array_api._elementwise")


def run(code):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_import_loads_no_more_than_it_needs():
    loaded = json.loads(
        run(
            "import sys, numpy\n"
            "before = set(sys.modules)\n"
            "import minidiff.array_api\n"
            "after = set(sys.modules) - before\n"
            "import json\n"
            "print(json.dumps(sorted(after)))"
        )
    )
    assert "minidiff.array_api._elementwise" in loaded
    packages = {name for name in loaded for part in NOT_LOADED if f"{name}.".startswith(f"{part}.")}
    assert packages == set()
    # Besides its own modules, a handful of small ones.
    assert len([name for name in loaded if not name.startswith("minidiff")]) <= 8


def test_first_use_loads_no_other_library():
    out = run(
        "import sys, numpy\n"
        "before = set(sys.modules)\n"
        "import minidiff.array_api as xp\n"
        "x = xp.linspace(0.0, 1.0, 5)\n"
        "x.allow_grad = True\n"
        "y = xp.sum(xp.sin(x) * x[::-1])\n"
        "y.backward(allow_higher_order=True)\n"
        "xp.sum(x.grad).backward()\n"
        "names = {name.split('.')[0] for name in set(sys.modules) - before}\n"
        "print(sorted(names & {'cupy', 'scipy', 'torch', 'jax', 'array_api_compat'}))"
    )
    assert out.strip() == "[]"


@EACH_MODULE
def test_nothing_is_read_from_the_command_line_or_the_environment(module):
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert names & {"argv", "environ", "getenv"} == set()
