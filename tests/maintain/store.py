"""Runs notebooks from top to bottom and stores what they show:

    python -m tests.maintain.store                 those whose code or lessons_lib has changed since
    python -m tests.maintain.store 03 solutions    those with "03" or "solutions" in their path

Each carries a fingerprint of what its outputs belong to. Also stores README's figure (lesson 3).
"""

import base64
import sys
import time

from tests.notebooks import NOTEBOOKS, ROOT, code_cells, fingerprint, read_notebook
import nbformat
from nbclient import NotebookClient

FIGURE = ROOT / "notebooks" / "images" / "two_stage.png"


def is_named(path, parts):
    """Says whether a command line that gives these parts of paths means this notebook."""
    return any(part in path.relative_to(ROOT).as_posix() for part in parts)


def is_current(path):
    """Says whether the stored outputs are those of today's cells and lessons_lib."""
    notebook = read_notebook(path)
    return notebook.metadata.get("fingerprint") == fingerprint(notebook)


def story_figure(notebook):
    """Gives the PNG of lesson 3 that README shows."""
    (cell,) = code_cells(notebook, tag="story-figure")
    (image,) = (o["data"]["image/png"] for o in cell.outputs if "image/png" in o.get("data", {}))
    return base64.b64decode(image)


def store(path):
    notebook = read_notebook(path)
    # A widget is shown only by the kernel that made it, and its messages have made a run hang.
    widgets = [(cell, cell.source) for cell in code_cells(notebook, tag="widget")]
    for cell, _ in widgets:
        cell.source = "pass"
    # Without the time of each run, so that a new run changes only what has changed.
    here = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, record_timing=False, resources=here).execute()
    for cell, cell.source in widgets:
        cell.outputs = []
    kept = {"kernelspec": notebook.metadata["kernelspec"], "language_info": {"name": "python"}}
    notebook.metadata = kept | {"fingerprint": fingerprint(notebook)}
    nbformat.write(notebook, path)
    if code_cells(notebook, tag="story-figure"):
        FIGURE.write_bytes(story_figure(notebook))


if __name__ == "__main__":
    wanted = sys.argv[1:]
    for path in NOTEBOOKS:
        if is_named(path, wanted) or (not wanted and not is_current(path)):
            start = time.perf_counter()
            store(path)
            print(f"{path.relative_to(ROOT)}: {time.perf_counter() - start:.0f} s", flush=True)
