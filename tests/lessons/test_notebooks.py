"""What must be true of the stored notebooks; nbval runs them."""

import re

from tests.notebooks import LESSONS, NOTEBOOKS, code_cells, prose, read_notebook
from tests.maintain.store import is_current
import pytest

pytestmark = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def test_outputs_are_stored_from_one_run_from_top_to_bottom(path):
    counts = [cell.execution_count for cell in code_cells(read_notebook(path))]
    assert counts == list(range(1, len(counts) + 1))


def test_outputs_are_those_of_the_cells_and_the_library_as_they_are_now(path):
    assert is_current(path), "run python -m tests.store"


def test_nothing_is_stored_from_stderr_and_no_error(path):
    for cell in code_cells(read_notebook(path)):
        for output in cell.outputs:
            assert output.output_type != "error", cell.source
            assert output.get("name") != "stderr", output.text


def test_no_stored_output_needs_javascript(path):
    # A notebook fresh from a clone is not trusted, so scripts in it do not run.
    for cell in code_cells(read_notebook(path)):
        for output in cell.outputs:
            data = output.get("data", {})
            assert not any("javascript" in kind or "widget" in kind for kind in data)
            assert "<script" not in data.get("text/html", "")


def test_conclusions_are_compared_with_what_is_stored(path):
    compared = code_cells(read_notebook(path), tag="nbval-check-output")
    assert compared
    for cell in compared:
        assert cell.outputs, f"nothing is stored to compare with: {cell.source}"


def test_all_its_statements_hold_as_stored(path):
    for cell in code_cells(read_notebook(path), tag="claims"):
        verdicts = "".join(output.text for output in cell.outputs).splitlines()
        assert verdicts
        for verdict in verdicts:
            assert re.match(r" *\S+   holds   \S", verdict), verdict


def test_no_cell_is_longer_than_15_lines(path):
    for cell in code_cells(read_notebook(path)):
        assert len(cell.source.splitlines()) <= 15, cell.source


def test_what_is_folded_trains_nothing_and_says_what_it_does(path):
    for cell in code_cells(read_notebook(path)):
        # JupyterLab folds by the one, the site and the slides by the other.
        folded = cell.metadata.get("jupyter", {}).get("source_hidden", False)
        assert folded == ("hide-input" in cell.metadata.get("tags", [])), cell.source
        if folded:
            assert not re.search(r"\.(compile|fit)\(|\.learning_rate =", cell.source), cell.source
            # JupyterLab shows the first line of what is folded.
            assert cell.source.startswith("# "), cell.source


def test_no_cell_names_a_color_that_a_run_could_have(path):
    for cell in code_cells(read_notebook(path)):
        assert not re.search(r"#[0-9a-fA-F]{6}\b", cell.source), cell.source


def test_every_image_in_the_prose_has_alt_text(path):
    text = prose(read_notebook(path))
    assert not re.search(r"!\[\s*\]\(", text)
    for tag in re.findall(r"<img\b[^>]*>", text):
        assert re.search(r"""alt=["'][^"']+""", tag), tag


def test_it_starts_with_one_title_and_a_question_or_a_way_back(path):
    notebook = read_notebook(path)
    assert notebook.cells[0].source.startswith("# ")
    assert len(re.findall(r"^# ", prose(notebook), flags=re.MULTILINE)) == 1


def test_every_lesson_has_prediction_summary_exercises_and_solutions(path):
    text = prose(read_notebook(path))
    if path in LESSONS:
        assert "redict" in text
        assert "\n## Summary\n" in text
        exercises = text.split("\n## Exercises\n")[1]
        numbers = re.findall(r"^### (\d+)\. ", exercises, flags=re.MULTILINE)
        assert numbers in (["1", "2"], ["1", "2", "3"])
        solutions = path.parent / "solutions" / f"{path.stem}_solutions.ipynb"
        solved = prose(read_notebook(solutions))
        assert re.findall(r"^## (\d+)\. ", solved, flags=re.MULTILINE) == numbers


def test_every_exercise_has_a_cell_to_write_in_and_a_check(path):
    if path in LESSONS:
        cells = read_notebook(path).cells
        start = next(i for i, cell in enumerate(cells) if "## Exercises" in cell.source)
        asked = [cell for cell in cells[start:] if "### " in cell.source]
        written, checks = (code_cells(read_notebook(path), tag=t) for t in ("exercise", "check"))
        assert len(asked) == len(written) == len(checks)
        for number, (cell, check) in enumerate(zip(written, checks, strict=True), start=1):
            assert cell.source.splitlines()[-1] == f"answer_{number} = ..."
            assert re.search(
                rf"^check_(run|value)\(\s*answer_{number},", check.source, re.MULTILINE
            )
