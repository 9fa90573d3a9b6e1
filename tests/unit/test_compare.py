"""One row per run: what it reached, in what time, and how far it came."""

from lessons_lib import TrainingRecord, summarize
from tests.conftest import from_csv, record_of, table_of
import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal


def test_it_has_one_row_per_run():
    summary = summarize(
        [record_of("b", [3, 2, 1], val_loss=[6, 5, 4]), record_of("a", [5], planned=2)]
    )
    assert list(summary.index) == ["b", "a"]
    assert summary.index.name == "run"
    assert summary.loc["b"].to_dict() == {
        "epochs": 3,
        "loss": 1,
        "val_loss": 4,
        "median_epoch_seconds": 1,
        "seconds": 3,
        "status": "finished",
    }
    assert list(summary["epochs"]) == [3, 1]
    assert summary["val_loss"].isna().tolist() == [False, True]
    assert list(summary["status"]) == ["finished", "epoch 1 of 2"]


def test_a_target_adds_two_columns():
    columns = list(summarize(record_of("a", [3, 2, 1]), target=2).columns)
    assert columns[-3:] == ["epochs_to_target", "seconds_to_target", "status"]


class TestTime:
    """All times are counted in the median epoch, which no slow epoch distorts."""

    @pytest.mark.parametrize(
        ("seconds", "median"),
        [([100, 2, 2], 2), ([2, 2, 100], 2), ([100, 2], 2), ([1, 3, 100, 2], 2), ([100], 100)],
    )
    def test_a_slow_epoch_distorts_nothing(self, seconds, median):
        losses = range(len(seconds), 0, -1)
        row = summarize(record_of("a", losses, seconds=seconds), target=1).loc["a"]
        assert row["median_epoch_seconds"] == median
        assert row["seconds"] == len(seconds) * median
        assert row["seconds_to_target"] == len(seconds) * median

    def test_a_real_run_has_times_above_0(self, compiled, fit):
        row = summarize(fit(compiled(), "run")).loc["run"]
        assert 0 < row["seconds"] == 2 * row["median_epoch_seconds"]


class TestTarget:
    @pytest.mark.parametrize(
        ("losses", "epochs"),
        [
            ([5, 4, 3, 2, 1], 4),
            ([5, 2, 5, 2, 1], 4),
            ([5, 2, 1, 1, 5], None),
            ([1, 1, 1, 1, 1], 1),
            ([5, 5, 5, 5, 2], 5),
            ([1, 1, 1, 1, np.nan], None),
            ([1, np.nan, 1, 1, 1], 3),
        ],
    )
    def test_it_counts_when_it_is_reached_for_good(self, losses, epochs):
        row = summarize(record_of("a", losses, seconds=2.0), target=2).loc["a"]
        if epochs:
            assert (row["epochs_to_target"], row["seconds_to_target"]) == (epochs, 2 * epochs)
        else:
            assert row[["epochs_to_target", "seconds_to_target"]].isna().all()

    @pytest.mark.parametrize("losses", [[3, 2], [3, 3]])
    def test_its_columns_are_numbers_even_where_nothing_reached_it(self, losses):
        summary = summarize([record_of("a", [3, 3]), record_of("b", losses)], target=2)
        assert summary["epochs_to_target"].dtype == "Int64"
        assert summary["epochs_to_target"].iloc[0] is pd.NA
        assert summary["seconds_to_target"].dtype == "float64"
        assert np.isnan(summary["seconds_to_target"].iloc[0])

    def test_another_metric_can_have_it(self):
        record = record_of("a", [1, 1, 1], val_loss=[3, 2, 1], mae=[3, 3, 2])
        for metric, epochs in {"loss": 1, "val_loss": 2, "mae": 3}.items():
            assert summarize(record, target=2, metric=metric).loc["a", "epochs_to_target"] == epochs

    @pytest.mark.parametrize("target", [np.float32(0.1), np.int64(1), 1])
    def test_numpy_numbers_are_numbers(self, target):
        assert summarize(record_of("a", [0.05]), target=target).loc["a", "epochs_to_target"] == 1

    @pytest.mark.parametrize("target", [-1, 0, np.nan, np.inf, "low", True])
    def test_what_it_cannot_be_is_explained(self, target):
        with pytest.raises(ValueError, match="The target is .* must be a number above 0"):
            summarize(record_of("a", [1]), target=target)


class TestRuns:
    """Runs may come as records, tables, a table of several runs, or a mixture."""

    def test_every_form_gives_the_same(self, tmp_path):
        frames = [
            table_of("c", [3, 2, 1], val_loss=0.5),
            table_of("a", [3, 2], planned=3),
            table_of("b", [3, np.nan], mae=1.0),
        ]
        records = [TrainingRecord.from_frame(frame) for frame in frames]
        expected = summarize(records, target=2)
        assert list(expected["status"]) == ["finished", "epoch 2 of 3", "diverged in epoch 2"]
        several = pd.concat(frames)
        read_back = from_csv(several, tmp_path)
        mixture = [records[0], pd.concat(frames[1:])]
        for runs in (frames, iter(records), several, read_back, [read_back], mixture):
            assert_frame_equal(summarize(runs, target=2), expected)

    def test_one_run_needs_no_list(self):
        record = record_of("a", [1])
        assert list(summarize(record).index) == ["a"]
        assert list(summarize(record.to_frame()).index) == ["a"]

    def test_nothing_happens_to_a_table_that_is_passed_in(self):
        frame = table_of("a", [2, 1]).drop(columns="val_loss")
        before = frame.copy()
        summarize(frame, target=1)
        assert_frame_equal(frame, before)

    @pytest.mark.parametrize(
        ("runs", "sentence"),
        [
            ([], "There is no run"),
            (TrainingRecord("a"), "The record 'a' is empty"),
            ([record_of("b", [1]), TrainingRecord("a")], "The record 'a' is empty"),
            (pd.DataFrame(), "The table is empty"),
            ([record_of("a", [1]), record_of("a", [2])], 'More than one run has the name "a"'),
            (["a"], "str is not a record"),
            ([record_of("a", [1]), "b"], "str is not a record"),
            (table_of("a", [1]).drop(columns="run"), 'The table lacks the column "run"'),
            (table_of("a", [1]).drop(columns="epoch"), 'The table lacks the column "epoch"'),
            (table_of("a", [1]).drop(columns="loss"), 'The table lacks the column "loss"'),
        ],
    )
    def test_what_does_not_compare_is_explained(self, runs, sentence):
        with pytest.raises(ValueError, match=sentence):
            summarize(runs)

    def test_a_metric_that_is_not_common_is_explained(self):
        runs = [record_of("a", [1], mae=1.0, val_loss=1.0), record_of("b", [1], mae=1.0)]
        with pytest.raises(ValueError, match='"val_loss"; what they have in common: loss, mae.'):
            summarize(runs, target=1, metric="val_loss")

    def test_what_is_measured_is_no_metric(self):
        with pytest.raises(ValueError, match='"steps"; what they have in common: loss.'):
            summarize(record_of("a", [1]), metric="steps")

    def test_a_metric_that_diverged_at_once_is_still_there(self):
        record = record_of("a", [np.nan], val_loss=np.nan)
        assert summarize(record, target=1, metric="val_loss")["epochs_to_target"].isna().all()

    @pytest.mark.parametrize("column", ["run", "epoch", "loss"])
    def test_a_table_among_others_cannot_do_without_a_column_either(self, column):
        with pytest.raises(ValueError, match=f'The table lacks the column "{column}"'):
            summarize([table_of("a", [1]), table_of("b", [1]).drop(columns=column)])

    @pytest.mark.parametrize("name", ["1", "0.03", "True"])
    def test_a_name_is_a_text_also_when_a_csv_file_takes_it_for_a_number(
        self, name, tmp_path, compiled, fit
    ):
        frame = from_csv(table_of(name, [3, 2]), tmp_path)
        record = fit(compiled(), TrainingRecord.from_frame(frame), epochs=1)
        assert set(record.to_frame()["run"]) == {name}
        assert summarize(record)["epochs"].tolist() == [3]
        with pytest.raises(ValueError, match=f'More than one run has the name "{name}"'):
            summarize([frame, table_of(name, [1])])

    @pytest.mark.parametrize("runs", [None, object(), 3])
    def test_what_is_no_list_is_no_record(self, runs):
        with pytest.raises(ValueError, match="is not a record: give the TrainingRecord"):
            summarize(runs)
