"""What the checks say of a learner's run or number, and whether a lesson's claims hold."""

from lessons_lib import TrainingRecord, check_run, check_value, print_claims
from tests.conftest import said, table_of
import numpy as np
import pytest

RIGHT = ["All of it is right."]
STAGES, RATES = [(0.03, 2), (0.001, 3)], [0.03] * 2 + [0.001] * 3
OTHERS = {
    "wrong rate": ([0.01] * 2 + [0.001] * 3, "2 epochs at 0.01, then 3 epochs at 0.001"),
    "too few": (RATES[:3], "2 epochs at 0.03, then 1 epoch at 0.001"),
    "too many": ([*RATES, 0.001], "2 epochs at 0.03, then 4 epochs at 0.001"),
    "wrong order": (RATES[::-1], "3 epochs at 0.001, then 2 epochs at 0.03"),
    "unknown": ([np.nan] + [0.03] * 4, "1 epoch at nan, then 4 epochs at 0.03"),
}


def run_of(rates, **columns):
    return table_of("mine", np.ones(len(rates)), learning_rate=rates, **columns)


@pytest.mark.parametrize("empty", [..., None])
def test_an_empty_cell_is_no_error(empty):
    missing = "Missing: the record of your run, instead of `...`."
    assert said(check_run, empty, STAGES, hint="Think.") == [missing, "Hint: Think."]
    assert said(check_value, empty, 1, 3)[0] == "Missing: your number, instead of `...`."


class TestRun:
    def test_what_is_not_one_run_is_told_in_a_sentence(self):
        for other in (3, TrainingRecord("a")):
            missing, hint = said(check_run, other, STAGES, hint="Think.")
            assert missing.startswith("Missing: the record of one run. ")
            assert hint == "Hint: Think."
        two = [run_of(RATES), table_of("other", [1])]
        assert said(check_run, two, STAGES) == ["Missing: one run, not several."]

    @pytest.mark.parametrize(("rates", "yours"), OTHERS.values(), ids=OTHERS)
    def test_another_run_is_told_beside_what_was_asked_for(self, rates, yours):
        told = f"Missing: 2 epochs at 0.03, then 3 epochs at 0.001; your run has {yours}."
        assert said(check_run, run_of(rates), STAGES, hint="Think.") == [told, "Hint: Think."]

    def test_a_run_as_asked_is_right_also_in_its_steps_if_they_count(self):
        # Keras keeps a rate in 32 bits.
        assert said(check_run, run_of(np.float32(RATES)), STAGES, steps=4, hint="Think.") == RIGHT
        run = run_of(RATES, steps=[4, 4, 4, 4, 3])
        assert said(check_run, run, STAGES) == RIGHT
        assert said(check_run, run, STAGES, steps=4)[0] == "Missing: 4 steps in each epoch, not 3."


def test_a_value_is_right_or_told_why_not():
    for value in (1, 2.5, np.float32(3), np.int64(2)):
        assert said(check_value, value, 1, 3, hint="Think.") == RIGHT
    wrong = {0.5: "the right number; 0.5 is too low", 4: "the right number; 4 is too high"}
    wrong |= {"2": "a number; this is '2'", np.nan: "a number; this is nan"}
    for value, missing in wrong.items():
        assert said(check_value, value, 1, 3, hint="?") == [f"Missing: {missing}.", "Hint: ?"]


def test_each_claim_stands_beside_its_number_and_whether_it_holds():
    claims = [("In.", 2.5, 1, 3), ("Low.", 0.123456, 1, 3), ("High.", 9, 1, 3, "{} of 9")]
    no = "   DOES NOT HOLD   "
    lines = ["         2.5   holds   In.", f"      0.1235{no}Low.", f"      9 of 9{no}High."]
    assert said(print_claims, claims) == lines
