"""What the checks say of a learner's run or number, and whether a lesson's claims hold."""

from lessons_lib import TrainingRecord, build_model, check_run, check_value, print_claims
from lessons_lib.exercises import ASSIGNED
from tests.conftest import table_of
import keras
import numpy as np
import pytest

RIGHT = ["All of it is right."]
STAGES, RATES = [(0.03, 2), (0.001, 3)], [0.03] * 2 + [0.001] * 3
FALLING = ", then ".join(f"2 epochs at {rate}" for rate in (6, 5, 4, 3))
OTHERS = {
    "long": (np.repeat([6, 5, 4, 3, 2], 2), f"{FALLING}, then "),
    "wrong rate": ([0.01] * 2 + [0.001] * 3, "2 epochs at 0.01, then 3 epochs at 0.001"),
    "too few": (RATES[:4], "2 epochs at 0.03, then 2 epochs at 0.001"),
    "too many": ([*RATES, 0.001], "2 epochs at 0.03, then 4 epochs at 0.001"),
    "wrong order": (RATES[::-1], "3 epochs at 0.001, then 2 epochs at 0.03"),
    "too few, one rate": ([0.03] * 4, "4 epochs at 0.03"),
}


def run_of(rates, **columns):
    return table_of("mine", np.ones(len(rates)), learning_rate=rates, **columns)


@pytest.mark.parametrize("empty", [..., None])
def test_an_empty_cell_is_no_error(said, empty):
    missing = "Missing: the record of your run, instead of `...`."
    assert said(check_run, empty, STAGES, hint="Think.") == [missing, "Hint: Think."]
    assert said(check_value, empty, 1, 3)[0] == "Missing: your number, instead of `...`."


class TestRun:
    def test_what_is_not_one_run_is_told_in_a_sentence(self, said):
        for other in (3, TrainingRecord("a"), [table_of("a", [1]), table_of("b", [1])]):
            missing, hint = said(check_run, other, STAGES, hint="Think.")
            assert missing.startswith("Missing: the record of one run. ")
            assert hint == "Hint: Think."

    @pytest.mark.parametrize(("rates", "yours"), OTHERS.values(), ids=OTHERS)
    def test_another_run_is_told_beside_what_was_asked_for(self, said, rates, yours):
        missing, hint = said(check_run, run_of(rates), STAGES, hint="Think.")
        asked, found = missing.split("; your run has ")
        assert asked.startswith("Missing: 2 epochs at 0.03")
        assert ", then 3 epochs at 0.001" in asked
        assert (found.rstrip("."), hint) == (yours, "Hint: Think.")

    def test_one_rate_instead_of_two_hints_at_an_assigned_optimizer(self, said, compiled, fit):
        model, record = compiled(0.03, run_eagerly=False), TrainingRecord("mine")
        fit(model, record, epochs=2)
        model.optimizer = keras.optimizers.Adam(0.001)  # Shown from now on, but not used.
        fit(model, record, epochs=3)
        missing, hint = said(check_run, record, STAGES, seed=None, hint="Think.")
        assert missing.endswith("; your run has 5 epochs at 0.03.")
        assert hint == f"Hint: {ASSIGNED}"

    def test_a_pair_of_rates_allows_for_all_between_but_not_for_an_unknown_one(self, said):
        stages = [((0.001, 0.03), 3)]
        assert said(check_run, run_of([0.03, 0.01, 0.001]), stages) == RIGHT
        for rates in ([0.04, 0.03, 0.02], [0.03, 0.02, 0.0009], [0.03, np.nan, 0.001]):
            missing = said(check_run, run_of(rates), stages)[0]
            assert missing.startswith("Missing: 3 epochs at 0.001 to 0.03; your run has")

    def test_a_run_as_asked_is_right_also_in_its_steps_if_they_count(self, said):
        # Keras keeps a rate in 32 bits.
        assert said(check_run, run_of(np.float32(RATES)), STAGES, steps=4, hint="Think.") == RIGHT
        run = run_of(RATES, steps=[4, 4, 4, 4, 3])
        assert said(check_run, run, STAGES) == RIGHT
        assert said(check_run, run, STAGES, steps=4)[0] == "Missing: 4 steps in each epoch, not 3."

    def test_the_initial_weights_are_told_where_the_record_knows_them(self, said):
        model, data = build_model(1), (np.zeros((2, 6)), np.zeros((2, 1)))
        model.compile(keras.optimizers.Adam(0.03), loss="mse", run_eagerly=True)
        record, again = TrainingRecord("mine"), TrainingRecord("trained before")
        for each in (record, again):
            model.fit(*data, verbose=0, callbacks=[each])
            model.set_weights([weights + 1 for weights in model.get_weights()])
        for run, seed in [(record, 1), (again, None)]:
            assert said(check_run, run, [(0.03, 1)], seed=seed) == RIGHT
        for run, seed in [(record, 2), (again, 1)]:
            missing = f"Missing: the initial weights of build_model({seed})."
            assert said(check_run, run, [(0.03, 1)], seed=seed)[0] == missing


def test_a_value_is_right_or_told_why_not(said):
    for value in (1, 2.5, np.float32(3), np.int64(2)):
        assert said(check_value, value, 1, 3, hint="Think.") == RIGHT
    wrong = {0.5: "the right number; 0.5 is too low", 4: "the right number; 4 is too high"}
    wrong |= {"2": "a number; this is '2'", np.nan: "a number; this is nan"}
    for value, missing in wrong.items():
        lines = said(check_value, value, 1, 3, hint="Think.")
        assert lines == [f"Missing: {missing}.", "Hint: Think."]


def test_each_claim_stands_beside_its_number_and_whether_it_holds(said):
    lines = said(print_claims, [("High.", 2.5, 1, 3), ("Low.", 0.123456, 1, 3)])
    assert lines == ["       2.5   holds   High.", "    0.1235   DOES NOT HOLD   Low."]
