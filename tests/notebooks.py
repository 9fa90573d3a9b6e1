"""The notebooks, README's commands, and the fingerprint of what stored outputs belong to."""

import ast
import hashlib
import json
import re
from pathlib import Path

import nbformat

ROOT = Path(__file__).parent.parent
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SOLUTIONS = sorted((ROOT / "notebooks" / "solutions").glob("*.ipynb"))
NOTEBOOKS = LESSONS + SOLUTIONS
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def command(name):
    """Gives README's command "start" or "test": the words of each part between "&&"."""
    text = (ROOT / "README.md").read_text("utf-8")
    (line,) = re.findall(rf"<!-- command: {name} -->\n```\w*\n(.+)\n```", text)
    return [part.split() for part in line.split(" && ")]


def read_notebook(path):
    return nbformat.read(path, as_version=4)


def code_cells(notebook, tag="code", without=()):
    """Gives the code cells, or those with a tag, or those without some."""
    cells = [(cell, [cell.cell_type, *cell.metadata.get("tags", [])]) for cell in notebook.cells]
    return [cell for cell, tags in cells if {"code", tag} <= {*tags} and not {*without} & {*tags}]


def is_folded(cell):
    return cell.metadata.get("jupyter", {}).get("source_hidden", False)


def headings(notebook):
    """Gives for each cell the heading of its section, "" before the first one."""
    found = [""]
    for cell in notebook.cells:
        found += re.findall(r"^## (.*)", cell.source, re.M) * (cell.cell_type == "markdown")
        yield found[-1]


def prose(notebook):
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def meaning(node):
    """Gives what code does, as lists, without comments, docstrings, and line numbers."""
    if not isinstance(node, ast.AST):
        return list(map(meaning, node)) if isinstance(node, list) else repr(node)
    if isinstance(node, DOCUMENTED) and ast.get_docstring(node) is not None:
        del node.body[0]
    # ast.dump shows empty fields in some versions of Python only.
    return [type(node).__name__, *([n, meaning(v)] for n, v in ast.iter_fields(node) if v != [])]


def fingerprint(notebook, library=ROOT / "lessons_lib"):
    """Gives a text that changes with what cells and lessons_lib do, the outputs, and the data."""
    cells = code_cells(notebook, without=["colab"])  # Publishing changes those.
    codes = [path.read_text("utf-8") for path in sorted(library.glob("*.py"))]
    parts = [path.read_text("utf-8") for path in sorted(library.glob("*.csv"))]
    parts += [[cell.outputs, cell.source.endswith(";")] for cell in cells]  # ";" hides a value.
    for code in [*codes, *(cell.source for cell in cells)]:
        try:
            parts.append(meaning(ast.parse(code)))
        except SyntaxError:  # A cell with a magic isn't Python.
            parts.append(code)
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
