"""Runs notebooks from top to bottom and stores what they show:

    python -m tests.store                 all of them
    python -m tests.store 03 solutions    those with "03" or "solutions" in their path

Also stores README's figure, which lesson 3 draws.
"""

import base64
import sys

from tests.lessons import NOTEBOOKS, ROOT, code_cells, read_notebook
import nbformat
from nbclient import NotebookClient

FIGURE = ROOT / "notebooks" / "images" / "two_stage.png"


def story_figure(notebook):
    """Gives the PNG of lesson 3 that README shows."""
    (cell,) = code_cells(notebook, tag="story-figure")
    (image,) = (o["data"]["image/png"] for o in cell.outputs if "image/png" in o.get("data", {}))
    return base64.b64decode(image)


def store(path):
    notebook = read_notebook(path)
    for cell in code_cells(notebook):
        cell.outputs, cell.execution_count = [], None
    # Without the time of each run, so that a new run changes only what has changed.
    client = NotebookClient(
        notebook, record_timing=False, resources={"metadata": {"path": str(path.parent)}}
    )
    client.execute()
    notebook.metadata = {
        "kernelspec": notebook.metadata["kernelspec"],
        "language_info": {"name": "python"},
    }
    nbformat.write(notebook, path)
    if code_cells(notebook, tag="story-figure"):
        FIGURE.parent.mkdir(exist_ok=True)
        FIGURE.write_bytes(story_figure(notebook))


if __name__ == "__main__":
    wanted = sys.argv[1:] or [""]
    for path in NOTEBOOKS:
        if any(part in str(path.relative_to(ROOT)) for part in wanted):
            print(path.relative_to(ROOT), flush=True)
            store(path)
