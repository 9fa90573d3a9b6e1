"""One row per run: what it reached, in what time, and how far it came. And what is a run."""

from lessons_lib import TrainingRecord, summarize
from lessons_lib.runs import tables_of
from tests.conftest import compiled, fit, table_of
import numpy as np
import pandas as pd
import pytest
from keras.callbacks import CSVLogger
from pandas.testing import assert_frame_equal


class TestSummary:
    def test_a_summary_has_one_row_per_run(self):
        summary = summarize([table_of("b", [3, 2, 1], val_loss=[6, 5, 4]), table_of("a", [5])])
        assert (list(summary.index), summary.index.name) == (["b", "a"], "run")
        numbers = {"epochs": 3, "loss": 1, "val_loss": 4, "median_epoch_seconds": 1, "seconds": 3}
        assert summary.loc["b"].to_dict() == numbers | {"status": "finished"}

    def test_times_count_the_median_epoch_which_no_slow_one_distorts(self):
        for seconds in ([100, 2, 2], [100, 2], [1, 3, 100, 2]):
            losses = range(len(seconds), 0, -1)
            row = summarize(table_of("a", losses, seconds=seconds), target=1).loc["a"]
            assert row["median_epoch_seconds"] == 2
            assert row["seconds"] == row["seconds_to_target"] == 2 * len(seconds)

    def test_a_target_counts_when_it_is_reached_for_good(self):
        # What was lost again doesn't count.
        for losses in ([5, 4, 3, 2], [5, 2, 5, 2], [1, 1, np.nan, 1]):
            summary = summarize(table_of("a", losses, seconds=2.0), target=2)
            assert list(summary.columns[-3:]) == ["epochs_to_target", "seconds_to_target", "status"]
            assert summary.iloc[0, -3:-1].tolist() == [4, 8]
        for losses in ([5, 2, 1, 5], [1, 1, np.nan]):
            summary = summarize(table_of("a", losses), target=2)
            assert summary["epochs_to_target"].dtype == "Int64"  # Whole numbers, or missing.
            assert summary.iloc[0, -3:-1].isna().all()

    def test_the_status_says_how_far_a_run_came(self):
        status = ["finished", "epoch 3 of 5", "diverged in epoch 2", "diverged in epoch 1"]
        runs = [table_of("a", [3, 2, 1]), table_of("b", [3, 2, 1], planned=5)]
        runs += [table_of("c", [3, np.nan, np.nan], planned=5), table_of("d", [np.inf, 1])]
        assert summarize(runs)["status"].tolist() == status

    def test_what_a_run_does_not_have_is_nan(self):
        row = summarize(pd.DataFrame({"run": ["a"], "epoch": [1]}), target=1).loc["a"]
        assert (row["epochs"], row["status"]) == (1, "finished")  # Without a loss, not diverged.
        assert row.drop(["epochs", "status"]).isna().all()

    def test_the_last_validation_loss_there_is_counts_unless_the_run_diverged(self):
        for losses, last in [([4, 3, 2, 1], 7), ([4, 3, 2, np.nan], np.nan)]:
            table = table_of("a", losses, val_loss=[np.nan, np.nan, 7, np.nan])
            np.testing.assert_equal(summarize(table).loc["a", "val_loss"], last)

    def test_every_form_of_runs_gives_the_same_and_keeps_its_values(self, tmp_path):
        record, path = fit(compiled(), "a"), tmp_path / "runs.csv"
        b, c = table_of("b", [3, 2], planned=3), table_of("c", [3, np.nan], mae=1.0)
        several = pd.concat([record.to_frame(), b, c])
        several.to_csv(path, index=False)
        before, expected = several.copy(), summarize([record, b, c], target=2)
        for runs in (iter([record, b, c]), several, path, str(path), [path], [record, several[2:]]):
            assert_frame_equal(summarize(runs, target=2), expected)
        assert_frame_equal(several, before)

    @pytest.mark.parametrize("name", ["1", "0.03", "True", "NA"])
    def test_a_name_is_a_text_also_where_a_file_gives_back_something_else(self, name, tmp_path):
        table_of(name, [2, 1]).to_csv(tmp_path / "run.csv")
        summary = summarize(tmp_path / "run.csv")
        # pandas reads NA as nothing; the run isn't lost.
        assert (list(summary.index), *summary["epochs"]) == ([name.replace("NA", "nan")], 2)


class TestTablesOfKeras:
    """They have losses, but no name, no rates, and no times."""

    @pytest.fixture
    def trained(self, tmp_path):
        """Gives a function that trains and gives a record, what `fit` returned, and a file."""
        model, path = compiled(), tmp_path / "log.csv"
        how = {"after": [CSVLogger(path, append=True)]}
        return lambda **options: (fit(model, "mine", **how, **options), model.history, path)

    def test_each_is_a_run_and_those_without_a_name_are_numbered(self, trained):
        record, history, path = trained(epochs=3)
        table = pd.DataFrame(history.history)
        assert [*summarize([table, record, table, path]).index] == ["run 1", "mine", "run 3", "log"]
        expected = record.to_frame()[["epoch", "loss", "val_loss"]]
        for run in (table, path, str(path)):
            (found,) = tables_of(run).values()
            assert_frame_equal(found[expected.columns], expected)
            (row,) = summarize(run, target=1000).itertuples()
            assert (row.epochs, row.epochs_to_target, row.status) == (3, 1, "finished")
            assert np.isnan([row.seconds, row.median_epoch_seconds, row.seconds_to_target]).all()

    def test_a_file_counts_on_over_several_fits(self, trained):
        path = trained(epochs=7, initial_epoch=5)[-1]
        assert list(tables_of(path)["log"]["epoch"]) == [6, 7]
        trained(epochs=1)
        trained(epochs=2)  # In the file it counts from 0 again.
        assert list(tables_of(path)["log"]["epoch"]) == [1, 2, 3, 4, 5]

    def test_with_rare_validation_the_last_value_there_is_counts(self, trained):
        record, history, path = trained(epochs=4, validation_freq=3)
        (last,) = history.history["val_loss"]
        assert list(summarize([record, path])["val_loss"]) == pytest.approx([last, last])


A, B = table_of("a", [1], mae=1, val_loss=1), table_of("b", [1])
REFUSED = [
    ([], "There's no run to compare: give a TrainingRecord, or a list of them."),
    (None, "None isn't a run: give a TrainingRecord, or the table to_frame()."),
    ([A, 3], "3 isn't a run: give a TrainingRecord"),
    (pd.DataFrame({"mae": [1]}), "isn't a run: give a TrainingRecord"),
    (TrainingRecord("a"), "a has no epochs: pass it to fit(callbacks=...)."),
    ([A, A], 'Two runs are named "a", but every run needs its own name.'),
    (pd.concat([A, A]), 'Two runs are named "a"'),
]


@pytest.mark.parametrize(("runs", "sentence"), REFUSED, ids=range(len(REFUSED)))
def test_what_does_not_compare_is_explained(runs, sentence):
    with pytest.raises(ValueError) as error:
        summarize(runs)
    assert sentence in str(error.value)


@pytest.mark.parametrize("metric", ["mae", "val_loss"])  # Not there; and there, but empty.
def test_a_missing_metric_is_named_but_one_that_diverged_at_once_is_there(metric):
    with pytest.raises(ValueError, match=f'^The run "b" has no "{metric}".$'):
        tables_of([A, B], "loss", metric)
    assert len(tables_of([A, table_of("b", [np.nan], mae=np.nan)], "loss", metric)) == 2
