"""Sphinx: `make docs`. The build uses no network."""

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE / "_ext")]

from sc_spiders import __version__  # noqa: E402

project = "sc_spiders"
version = release = __version__
copyright = "the authors of sc_spiders; BSD-3-Clause"

extensions = ["myst_parser", "generated", "pictures", "gallery", "readable"]
exclude_patterns = ["_build", "_ext"]
html_theme = "furo"
html_title = f"sc_spiders {version}"
html_baseurl = os.environ.get("READTHEDOCS_CANONICAL_URL", "")  # of the pages, where Read the Docs serves them
html_static_path = ["_static"]
html_css_files = ["wide.css"]
# Readers do not have the source files, so pages do not link to them.
html_show_sourcelink = False
html_copy_source = False

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
highlight_language = "none"
