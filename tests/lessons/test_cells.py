"""Cells run twice or out of order, as learners do it, give the same result or a clear sentence."""

import re
from types import SimpleNamespace

from tests.notebooks import LESSONS, read_notebook
import pytest
from jupyter_client.manager import start_new_kernel

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
    cells, heading = [], ""
    for cell in read_notebook(path).cells:
        headings = re.findall(r"^## (.*)", cell.source, re.MULTILINE)
        if cell.cell_type == "markdown":
            heading = headings[-1] if headings else heading
        elif heading != "Exercises":
            tags = cell.metadata.get("tags", [])
            if {"widget", "colab"} & {*tags}:
                continue
            source = cell.source.replace(*QUICK) + RECORDS * (".fit(" in cell.source)
            cells.append(SimpleNamespace(source=source, tags=tags, heading=heading))
    return cells


class Kernel:
    """A real kernel, and what its cells have said."""

    def __init__(self):
        self.manager, self.client = start_new_kernel()

    def run(self, source):
        """Runs a cell; gives its text, without times, which differ from run to run."""
        texts = []

        def hear(message):
            content = message["content"]
            # Not the progress, which is replaced again and again: each fit shows another part.
            if message["msg_type"] not in ("stream", "error", "execute_result"):
                return
            if message["msg_type"] == "error":
                texts.append("\n".join(content["traceback"]))
            else:
                texts.append(content.get("text", content.get("data", {}).get("text/plain", "")))

        self.client.execute_interactive(source, output_hook=hear, timeout=300)
        text = re.sub(r"\d+(\.\d+)? (ms|s)\b", "TIME", "".join(texts))
        return re.sub(r"0x[0-9a-f]+|\x1b\[[\d;]*m", "", text)

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module", params=LESSONS[:3], ids=lambda path: path.stem[:2])
def lesson(request):
    """A core lesson whose cells ran from top to bottom, each twice if it doesn't continue a fit."""
    kernel, cells = Kernel(), cells_of(request.param)
    try:
        for cell in cells:
            cell.first = cell.again = kernel.run(cell.source)
            continues = ".fit(" in cell.source and "load_diamonds" not in cell.source
            # The plain model of the recipe starts from other weights each time.
            if cell.heading != "Recipe" and not continues and "continues" not in cell.tags:
                cell.again = kernel.run(cell.source)
        yield SimpleNamespace(kernel=kernel, cells=cells)
    finally:
        kernel.close()


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
