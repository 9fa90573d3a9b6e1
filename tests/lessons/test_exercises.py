"""An exercise's check refuses what's empty or typically wrong, and accepts the solution."""

import functools

import lessons_lib as lib
from tests.conftest import said
from tests.notebooks import LESSONS, SOLUTIONS, code_cells, read_notebook
from tests.unit.test_exercises import run_of
import numpy as np
import pytest


def exercises():
    for path in LESSONS:
        cells = code_cells(read_notebook(path), tag="check")
        for number, cell in enumerate(cells, start=1):
            yield pytest.param(path, number, cell.source, id=f"{path.stem[:2]}.{number}")


@functools.cache
def constants(path):
    """Gives what the setup cell of a lesson defines."""
    exec(code_cells(read_notebook(path), tag="setup")[0].source, defined := {})
    return defined


def reply(path, number, check, answer):
    """Runs a check with an answer; gives its lines."""
    return said(exec, check, constants(path) | {f"answer_{number}": answer})


@pytest.mark.parametrize(("path", "number", "check"), [*exercises()])
class TestExercise:
    def test_there_is_a_cell_to_write_in(self, path, number, check):
        cell = code_cells(read_notebook(path), tag="exercise")[number - 1]
        assert cell.source.splitlines()[-1] == f"answer_{number} = ..."

    def test_the_empty_cell_gets_a_hint(self, path, number, check):
        missing, hint = reply(path, number, check, ...)
        assert missing.endswith("instead of `...`.")
        assert len(hint) > len("Hint: ")

    def test_typical_wrong_answers_are_refused(self, path, number, check, monkeypatch):
        asked = []
        for name in ("check_run", "check_value"):
            monkeypatch.setattr(lib, name, lambda *args, **options: asked.append(args[1:]))
        reply(path, number, check, None)
        monkeypatch.undo()
        if isinstance(asked[0][0], list):
            ((stages,),) = asked
            rate, count = np.min(stages[0][0]), sum(epochs for _, epochs in stages)
            # One rate all the time is what an ignored optimizer leaves.
            wrong = [run_of([1000 * rate] * count), run_of([rate] * (count + 1))]
            wrong += [run_of([rate] * count)] * (len(stages) > 1)
        else:
            ((lowest, highest),) = asked
            wrong = [lowest - 1, highest + 1, "?"]
        for answer in wrong:
            assert reply(path, number, check, answer)[0].startswith("Missing: ")

    def test_the_solution_is_accepted(self, path, number, check):
        (solutions,) = (each for each in SOLUTIONS if each.stem.startswith(path.stem))
        cells = code_cells(read_notebook(solutions), tag="check")
        (same,) = (cell for cell in cells if cell.source == check)
        assert "".join(o.text for o in same.outputs) == "All of it is right.\n"
