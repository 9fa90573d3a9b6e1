"""Settings for the site: the lessons, as stored, as pages (CONTRIBUTING.md has the command)."""

import re
from pathlib import Path

# README's Binder links know where the repository is; `python -m tests.maintain.publish` sets them.
readme = Path(__file__).parents[2].joinpath("README.md").read_text("utf-8")
owner, name = re.search(r"mybinder\.org/v2/gh/([^/]+)/([^/]+)/", readme).groups()

project = html_title = "Big steps first, small steps after"
extensions = ["myst_nb"]
myst_enable_extensions = ["deflist"]
# "[text](#heading)" leads to headings down to this level.
myst_heading_anchors = 3
# The pages show what is stored: nothing is run, TensorFlow is not needed.
nb_execution_mode = "off"
# Else an animation is shown as the name of its class.
nb_mime_priority_overrides = [("*", "image/gif", 5)]
# Code that only draws is folded.
nb_code_prompt_show, nb_code_prompt_hide = "Show the code", "Hide the code"
exclude_patterns = ["slides", "**/.ipynb_checkpoints"]

html_theme = "sphinx_book_theme"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = html_use_index = False
html_theme_options = {
    "repository_url": f"https://github.com/{owner}/{name}",
    "repository_branch": "HEAD",
    "path_to_docs": "notebooks",
    "use_repository_button": True,
    "use_download_button": False,
    # The side bar has a field for the search; no author stands below each page.
    "navbar_persistent": [],
    "footer_content_items": [],
    "launch_buttons": {"binderhub_url": "https://mybinder.org", "notebook_interface": "jupyterlab"},
}
