"""Cells run twice or out of order, as learners do it, give the same result or a clear sentence."""

import re
from types import SimpleNamespace

from tests.notebooks import LESSONS, headings, read_notebook
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

pytestmark = pytest.mark.slow

# Two steps an epoch instead of 25: this is about cells, not about losses.
QUICK = ("load_diamonds(seed=seed)", "load_diamonds(batch_size=800, seed=seed)")
RECORDS = """
for _name, _record in list(globals().items()):
    if isinstance(_record, lib.TrainingRecord) and not _name.startswith("_"):
        print(_name, *_record.to_frame()[["epoch", "loss"]].to_numpy()[-1])
"""


def cells_of(path):
    """Gives the code cells of a lesson up to its exercises, with the heading above each."""
    notebook = read_notebook(path)
    for cell, heading in zip(notebook.cells, headings(notebook), strict=True):
        tags = cell.metadata.get("tags", [])
        if heading == "Exercises":
            return
        if cell.cell_type == "code" and not {"widget", "colab"} & {*tags}:
            source = cell.source.replace(*QUICK) + RECORDS * (".fit(" in cell.source)
            yield SimpleNamespace(source=source, tags=tags, heading=heading)


class Kernel(NotebookClient):
    """A real kernel."""

    def run(self, source):
        """Runs a cell; gives its text, without times, which differ from run to run."""
        self.nb.cells.append(cell := new_code_cell(source))
        self.execute_cell(cell, len(self.nb.cells) - 1)
        # Not the progress, which is replaced again and again: each fit shows another part.
        outputs = [output for output in cell.outputs if output.output_type != "display_data"]
        # A slow cell's text arrives in several pieces, so they are joined as they came.
        text = "".join(output.get("text", "") for output in outputs)
        results = [output.get("data", {}).get("text/plain") for output in outputs]
        errors = [line for output in outputs for line in output.get("traceback", [])]
        text = "\n".join(filter(None, [text, *results, *errors]))
        text = re.sub(r"\d+(\.\d+)? (ms|s)\b", "TIME", text)
        return re.sub(r"0x[0-9a-f]+|\x1b\[[\d;]*m", "", text)


@pytest.fixture(scope="module", params=LESSONS[:3], ids=lambda path: path.stem[:2])
def lesson(request):
    """A core lesson whose cells ran from top to bottom, each twice if it doesn't continue a fit."""
    cells = [*cells_of(request.param)]
    kernel = Kernel(new_notebook(), timeout=300, allow_errors=True)
    with kernel.setup_kernel():
        for cell in cells:
            cell.first = cell.again = kernel.run(cell.source)
            continues = ".fit(" in cell.source and "load_diamonds" not in cell.source
            # The plain model of the recipe starts from other weights each time.
            if cell.heading != "Recipe" and not continues and "continues" not in cell.tags:
                cell.again = kernel.run(cell.source)
        yield SimpleNamespace(kernel=kernel, cells=cells)


def test_no_cell_fails_and_a_cell_twice_in_a_row_says_the_same(lesson):
    for cell in lesson.cells:
        assert "Error: " not in cell.first, cell.source
        assert cell.again == cell.first, cell.source


def test_a_fit_again_after_the_end_starts_from_scratch(lesson):
    for cell in lesson.cells:
        if "fit" in cell.tags and "build_model" in cell.source:
            own = [line for line in cell.first.splitlines() if line]
            again = lesson.kernel.run(cell.source).splitlines()
            assert own[-1] in again, cell.source


def under(lesson, heading):
    """Gives the cells under a heading, none if the lesson doesn't have it."""
    return [cell for cell in lesson.cells if cell.heading == heading]


def test_stage_2_twice_does_not_change_the_comparison(lesson):
    for cell in under(lesson, "Stage 2: a low rate"):
        lesson.kernel.run(cell.source)
        for later in under(lesson, "Did the rate really change?"):
            assert lesson.kernel.run(later.source) == later.first, later.source


def test_a_run_does_not_continue_with_the_model_of_another_run(lesson):
    for cell in under(lesson, "Continue training")[:1]:
        for earlier in ("Train at a low rate", "The target"):
            lesson.kernel.run(under(lesson, earlier)[0].source)
        assert 'The record "low" belongs to another model' in lesson.kernel.run(cell.source)
