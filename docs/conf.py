"""How Sphinx builds these pages: every code cell is executed, and no warning passes."""

import os
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

# Where a cell shows an error, its message is the point, and not our files.
PROFILE = HERE / "_build" / "ipython" / "profile_default"
PROFILE.mkdir(parents=True, exist_ok=True)
(PROFILE / "ipython_config.py").write_text('get_config().InteractiveShell.xmode = "Minimal"\n')
os.environ["IPYTHONDIR"] = str(PROFILE.parent)

import generate  # noqa: E402  # docs/generate.py: the tables that are made of the source

import minidiff  # noqa: E402

project = "minidiff"
author = "The minidiff developers"
version = release = minidiff.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
exclude_patterns = ["_build", "decisions/README.md", "**.ipynb_checkpoints"]
html_theme = "pydata_sphinx_theme"
html_theme_options = {"show_toc_level": 2, "navigation_with_keys": False}
html_static_path = ["_static"]
html_css_files = ["wrap.css"]
html_show_sourcelink = False

myst_enable_extensions = ["amsmath", "dollarmath", "colon_fence"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_merge_streams = True
# Where Graphviz is not installed, a drawing is shown as text beside its Mermaid form.
suppress_warnings = ["mystnb.unknown_mime_type"]

autodoc_typehints = "none"
autodoc_member_order = "bysource"
autosummary_generate = False
napoleon_google_docstring = False
napoleon_use_rtype = False
# The standard's array object has attributes that a class page would repeat.
napoleon_use_ivar = True

generate.write_all(HERE / "generated")


def setup(app):
    app.connect("autodoc-process-docstring", plain_properties, priority=400)


def plain_properties(app, what, name, obj, options, lines):
    """Napoleon, which comes next, takes what stands before a colon for the property's type."""
    if what == "property" and lines:
        lines[0] = re.sub("('[^']*')", r"``\1``", lines[0].replace(": ", " – "))
