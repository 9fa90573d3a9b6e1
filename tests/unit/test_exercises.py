"""What the checks of the exercises say of a learner's run or number."""

from lessons_lib import TrainingRecord, build_model, check_run, check_value, load_diamonds
from lessons_lib.exercises import ASSIGNED
from tests.conftest import record_of, table_of
from tests.notebooks import LESSONS, SOLUTIONS, code_cells, read_notebook
import keras
import numpy as np
import pytest

STAGES = [(0.03, 2), (0.001, 3)]
RATES = [0.03] * 2 + [0.001] * 3


def run_of(rates, **columns):
    return table_of("mine", np.ones(len(rates)), learning_rate=rates, **columns)


@pytest.fixture
def said(capsys):
    """Gives a function that runs a check and gives its lines."""

    def lines(check, *args, **options):
        capsys.readouterr()
        check(*args, **options)
        return capsys.readouterr().out.splitlines()

    return lines


class TestRun:
    def test_a_run_as_asked_is_right(self, said):
        assert said(check_run, run_of(RATES), STAGES, hint="Think.") == [
            "Right: epochs 1 to 2 at 0.03.",
            "Right: epochs 3 to 5 at 0.001.",
            "All of it is right.",
        ]

    @pytest.mark.parametrize("nothing", [..., None])
    def test_an_empty_cell_is_no_error(self, said, nothing):
        first, hint = said(check_run, nothing, STAGES, hint="Think.")
        assert first == "Missing: the record of your run, in the place of `...`."
        assert hint == "Hint: Think."

    @pytest.mark.parametrize("other", [3, "mine", keras.callbacks.History(), [], [3]], ids=range(5))
    def test_what_is_no_record_is_told_in_a_sentence(self, said, other):
        assert said(check_run, other, STAGES)[0].startswith("Missing: the record of your one run. ")

    def test_a_record_that_was_not_passed_to_fit_is_told(self, said):
        assert "is empty" in said(check_run, TrainingRecord("mine"), STAGES)[0]

    def test_several_runs_are_too_many(self, said):
        runs = [record_of("a", [1]), record_of("b", [1])]
        assert said(check_run, runs, STAGES)[0].startswith("Missing: the record of your one run.")

    def test_another_rate_is_told_with_the_one_that_was_used(self, said):
        lines = said(check_run, run_of([0.01] * 5), [(0.03, 5)], hint="Think.")
        assert lines == [
            "Missing: epochs 1 to 5 at 0.03 (the steps were taken so: 5 epochs at 0.01).",
            "Hint: Think.",
        ]

    def test_a_rate_that_did_not_change_gets_the_hint_on_assigned_optimizers(self, said):
        lines = said(check_run, run_of([0.03] * 5), STAGES, hint="Think.")
        assert lines == [
            "Right: epochs 1 to 2 at 0.03.",
            "Missing: epochs 3 to 5 at 0.001 (the steps were taken so: 5 epochs at 0.03).",
            f"Hint: {ASSIGNED}",
        ]

    def test_the_other_order_is_not_right(self, said):
        lines = said(check_run, run_of(RATES[::-1]), STAGES)
        assert [line.partition(":")[0] for line in lines] == ["Missing", "Missing", "Hint"]
        assert "so: 3 epochs at 0.001, 2 epochs at 0.03)" in lines[1]

    def test_too_few_and_too_many_epochs_are_told(self, said):
        short = said(check_run, run_of(RATES[:4]), STAGES)
        assert short[1].startswith("Missing: epochs 3 to 5 at 0.001")
        long = said(check_run, run_of([*RATES, 0.001]), STAGES)
        assert long[2].startswith("Missing: 5 epochs in all (the steps were taken so: 2 epochs")

    def test_epochs_of_none_are_all_that_are_left(self, said):
        assert said(check_run, run_of(RATES), [(0.03, 2), (0.001, None)])[-1].startswith("All")
        assert "Missing" in said(check_run, run_of([0.03] * 2), [(0.03, 2), (0.001, None)])[1]

    def test_a_pair_of_rates_allows_for_all_between(self, said):
        falling = np.geomspace(0.03, 0.001, 5)
        assert said(check_run, run_of(falling), [((0.001, 0.03), 5)])[-1].startswith("All")
        falling = np.geomspace(0.003, 0.0001, 9)
        lines = said(check_run, run_of(falling), [((0.001, 0.03), 9)])
        assert lines[0].endswith("(the steps were taken so: 9 epochs at 0.003 to 0.0001).")

    def test_a_rate_that_nobody_knows_is_not_right(self, said):
        assert said(check_run, run_of([np.nan] * 5), [(0.03, 5)])[0].startswith("Missing")

    def test_of_a_falling_rate_that_is_unknown_at_first_the_known_part_is_told(self, said):
        rates = [np.nan, *np.geomspace(0.03, 0.001, 8)]
        lines = said(check_run, run_of(rates), [(0.03, 9)])
        assert lines[0].endswith("(the steps were taken so: 9 epochs at 0.03 to 0.001).")

    def test_the_steps_of_an_epoch_are_checked_if_asked_for(self, said):
        assert said(check_run, run_of(RATES), STAGES, steps=4)[-1].startswith("All")
        lines = said(check_run, run_of(RATES), STAGES, steps=7)
        assert lines[2].startswith("Missing: 7 steps in each epoch, not 4 (")

    def test_the_start_is_checked_where_the_record_knows_it(self, said, compiled):
        training, _ = load_diamonds(seed=1)
        model, record = build_model(1), TrainingRecord("mine")
        model.compile(optimizer=keras.optimizers.Adam(0.03), loss="mse", run_eagerly=True)
        few = training.take(1)
        model.fit(few, epochs=1, verbose=0, callbacks=[record])
        assert said(check_run, record, [(0.03, 1)], seed=1)[-1].startswith("All")
        assert said(check_run, record, [(0.03, 1)], seed=2)[1] == (
            "Missing: the start from the weights of build_model(2)."
        )
        again = TrainingRecord("trained before")
        model.fit(few, epochs=1, verbose=0, callbacks=[again])
        assert "Missing: the start" in said(check_run, again, [(0.03, 1)], seed=1)[1]
        assert said(check_run, again, [(0.03, 1)], seed=None)[-1].startswith("All")


class TestIgnoredOptimizer:
    def test_the_steps_count_and_not_what_is_shown(self, said, compiled, fit):
        model, record = compiled(0.03, run_eagerly=False), TrainingRecord("mine")
        fit(model, record, epochs=2)
        model.optimizer = keras.optimizers.Adam(0.001)
        fit(model, record, epochs=3)
        assert said(check_run, record, STAGES, seed=None)[-1] == f"Hint: {ASSIGNED}"


class TestValue:
    @pytest.mark.parametrize("value", [1, 2.5, np.float32(3), np.int64(2)])
    def test_a_number_within_the_bounds_is_right(self, said, value):
        assert said(check_value, value, 1, 3, hint="Think.") == [
            "Right: a number from 1 to 3.",
            "All of it is right.",
        ]

    def test_the_empty_cell_is_no_error(self, said):
        assert said(check_value, ..., 1, 3, hint="Think.") == [
            "Missing: your number, in the place of `...`.",
            "Hint: Think.",
        ]

    def test_it_tells_the_direction(self, said):
        assert said(check_value, 0.5, 1, 3)[0] == "Missing: the right number; 0.5 is too low."
        assert said(check_value, 4, 1, 3)[0] == "Missing: the right number; 4 is too high."

    @pytest.mark.parametrize("value", ["2", [2], float("nan"), np.array([2.0])], ids=str)
    def test_what_is_no_number_is_told(self, said, value):
        assert said(check_value, value, 1, 3)[0].startswith("Missing: a number; this is ")


def checks_in_lessons():
    for path in LESSONS:
        for number, cell in enumerate(code_cells(read_notebook(path), tag="check"), start=1):
            yield pytest.param(path, cell, f"answer_{number}", id=f"{path.stem[:2]}.{number}")


@pytest.mark.parametrize(("path", "cell", "name"), [*checks_in_lessons()])
class TestEachExercise:
    """Its check refuses what is empty or typically wrong; its solution is accepted."""

    @pytest.fixture
    def check(self, path, cell, name, said):
        """Gives a function that runs the check with an answer."""
        setup = code_cells(read_notebook(path), tag="setup")
        namespace = {}
        for each in setup:
            exec(each.source, namespace)
        return lambda answer: said(exec, cell.source, namespace | {name: answer})

    @pytest.fixture
    def asked(self, path, cell, name, check, monkeypatch):
        """Gives what the check calls, and with which arguments."""
        import lessons_lib

        calls = []
        for function in ("check_run", "check_value"):
            monkeypatch.setattr(
                lessons_lib, function, lambda *a, f=function, **k: calls.append((f, a[1:], k))
            )
        setup = {}
        for each in code_cells(read_notebook(path), tag="setup"):
            exec(each.source, setup)
        exec(cell.source, setup | {name: None})
        ((function, arguments, options),) = calls
        return function, arguments, options

    def test_it_refuses_the_empty_cell_with_a_hint(self, check):
        first, hint = check(...)
        assert first.startswith("Missing: your number" if "number" in first else "Missing: the")
        assert hint.startswith("Hint: ")

    def test_it_refuses_wrong_answers(self, check, asked):
        function, arguments, _ = asked
        if function == "check_value":
            lowest, highest = arguments
            wrong = [lowest - 1, highest + 1, "?"]
        else:
            (stages,) = arguments
            first, epochs = stages[0]
            rate = first[0] if isinstance(first, tuple) else first
            count = sum(each or 10 for _, each in stages)
            # One rate all the time is what an ignored optimizer leaves.
            wrong = [run_of([1000 * rate] * count), run_of([rate] * (count + 1))]
            wrong += [run_of([rate] * count)] * (len(stages) > 1 or isinstance(first, tuple))
        for answer in wrong:
            assert check(answer)[-1] != "All of it is right."

    def test_its_solution_is_accepted(self, path, cell, name):
        (solutions,) = (each for each in SOLUTIONS if each.stem.startswith(path.stem))
        (same,) = (
            each
            for each in code_cells(read_notebook(solutions), tag="check")
            if each.source == cell.source
        )
        printed = "".join(output.get("text", "") for output in same.outputs)
        assert printed.endswith("All of it is right.\n")
