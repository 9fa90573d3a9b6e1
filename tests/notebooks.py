"""Where the notebooks are, how to read them, and what their stored outputs belong to."""

import hashlib
import json
import re
from pathlib import Path

import nbformat

ROOT = Path(__file__).parent.parent
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SOLUTIONS = sorted((ROOT / "notebooks" / "solutions").glob("*.ipynb"))
NOTEBOOKS = LESSONS + SOLUTIONS
# README's commands, to open the first lesson and to test: the words of each part between "&&".
COMMANDS = [
    [part.split() for part in line.split(" && ")]
    for line in re.findall(
        r"^python3 -m venv .*$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE
    )
]


def read_notebook(path):
    return nbformat.read(path, as_version=4)


def is_named(path, parts):
    """Says whether a command line that gives these parts of paths means this notebook."""
    return any(part in str(path.relative_to(ROOT)) for part in parts)


def code_cells(notebook, tag=None):
    """Gives the code cells, or those with a tag."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [cell for cell in cells if tag is None or tag in cell.metadata.get("tags", [])]


def prose(notebook):
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def fingerprint(notebook):
    """Gives a text that changes with the code cells, their outputs, and lessons_lib."""
    parts = [[cell.source, cell.outputs] for cell in code_cells(notebook)]
    for path in sorted((ROOT / "lessons_lib").glob("*")):
        if path.suffix in (".py", ".csv"):
            parts.append([path.name, path.read_text("utf-8")])
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
