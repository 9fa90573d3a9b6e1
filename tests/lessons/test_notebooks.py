"""What must be true of the stored notebooks; nbval runs them."""

import ast
import re

from tests.maintain.store import is_current
from tests.notebooks import LESSONS, NOTEBOOKS, code_cells, is_folded, prose, read_notebook
import pytest

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@pytest.fixture
def cells(path):
    return code_cells(read_notebook(path))


@each_notebook
class TestStoredOutputs:
    def test_they_are_those_of_the_code_as_it_is_now(self, path):
        assert is_current(path), "run python -m tests.maintain.store"

    def test_they_are_from_one_run_without_errors_or_warnings_and_need_no_scripts(self, cells):
        assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
        for output in (output for cell in cells for output in cell.outputs):
            assert output.output_type != "error"
            assert output.get("name") != "stderr", output.text
            # A notebook fresh from a clone isn't trusted, so scripts in it don't run.
            data = output.get("data", {})
            assert not any("javascript" in kind or "widget" in kind for kind in data)
            assert "<script" not in data.get("text/html", "")

    def test_conclusions_are_compared_and_all_claims_hold(self, path):
        notebook = read_notebook(path)
        compared = code_cells(notebook, tag="nbval-check-output")
        claims = code_cells(notebook, tag="claims")
        assert compared and all(cell.outputs for cell in compared)
        for verdict in "".join(o.text for cell in claims for o in cell.outputs).splitlines():
            assert re.match(r" *\S+( \S+)*   holds   \S", verdict), verdict
        assert len(claims) == 1 or path not in LESSONS


@each_notebook
class TestCells:
    @pytest.mark.parametrize(("tag", "most"), [("setup", 8), ("colab", 3)])
    def test_setup_is_short_and_the_same_in_all_but_for_constants(self, path, tag, most):
        pair = (code_cells(read_notebook(each), tag=tag) for each in (path, LESSONS[0]))
        lines, first = (cell.source.splitlines() for (cell,) in pair)
        assert len(lines) <= most
        assert [li for li in lines if " = " not in li] == [li for li in first if " = " not in li]

    def test_train_has_one_meaning(self, path):
        def train_of(notebook):
            source = "\n".join(cell.source for cell in code_cells(notebook, without=["colab"]))
            return re.findall(r"^def train\(.*?(?=^\S)", source + "\nend", re.DOTALL | re.MULTILINE)

        (block,) = train_of(read_notebook(LESSONS[2]))
        for copy in train_of(read_notebook(path)):
            assert ast.dump(ast.parse(copy)) == ast.dump(ast.parse(block))

    def test_no_cell_has_more_than_15_lines_to_read(self, cells):
        for cell in cells:
            assert is_folded(cell) or len(cell.source.splitlines()) <= 15, cell.source

    def test_what_is_folded_trains_nothing_and_says_what_it_does(self, cells):
        for cell in cells:
            # JupyterLab folds by the one, the site and the slides by the other.
            assert is_folded(cell) == ("hide-input" in cell.metadata.get("tags", [])), cell.source
            if is_folded(cell):
                assert not re.search(r"\.(compile|fit)\(|\.learning_rate =", cell.source)
                # JupyterLab shows the first line of what's folded.
                assert cell.source.startswith("# "), cell.source

    def test_no_cell_names_a_color_that_a_run_could_have(self, cells):
        for cell in cells:
            assert not re.search(r"#[0-9a-fA-F]{6}\b", cell.source), cell.source


@each_notebook
def test_there_is_one_title_and_every_image_has_alt_text(path):
    text = prose(read_notebook(path))
    assert len(re.findall(r"^# ", text, re.MULTILINE)) == 1
    assert text.startswith("# ")
    assert not re.search(r"!\[\s*\]\(|<img\b(?![^>]*alt=[\"'][^\"'])", text)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_has_a_prediction_a_summary_and_exercises_with_solutions(path):
    text = prose(read_notebook(path))
    assert "redict" in text
    assert re.search(r"^## (Key points|Summary)$", text, re.MULTILINE)
    assert "](glossary.md)" in text
    numbers = re.findall(r"^### (\d+)\. ", text.split("\n## Exercises\n")[1], re.MULTILINE)
    assert numbers in (["1", "2"], ["1", "2", "3"])
    solutions = path.parent / "solutions" / f"{path.stem}_solutions.ipynb"
    assert re.findall(r"^## (\d+)\. ", prose(read_notebook(solutions)), re.MULTILINE) == numbers
