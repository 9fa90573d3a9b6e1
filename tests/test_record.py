from lessons_lib import TrainingRecord, summarize
import keras
import numpy as np
import pandas as pd
import pytest


class Stop(keras.callbacks.Callback):
    """Presses the stop button in the middle of an epoch."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            raise KeyboardInterrupt


def record_of(name, losses, seconds=1.0, traced=()):
    """A record as `fit` would have left it, with losses and times that we choose."""
    record = TrainingRecord(name)
    for epoch, loss in enumerate(losses, start=1):
        record._rows.append(
            {
                "run": name,
                "stage": 1,
                "epoch": epoch,
                "learning_rate": 0.1,
                "steps": 4,
                "seconds": 100.0 if epoch in traced else seconds,
                "traced": epoch in traced,
                "loss": loss,
            }
        )
    return record


class TestRecord:
    def test_it_has_one_row_per_epoch_counted_on_over_the_fits(self, compiled, fit):
        model = compiled()
        record = fit(model, "run", epochs=2)
        fit(model, record, epochs=3)
        frame = record.to_frame()
        assert list(frame["epoch"]) == [1, 2, 3, 4, 5]
        assert list(frame["stage"]) == [1, 1, 2, 2, 2]
        assert list(frame["steps"]) == [4] * 5
        assert (frame["run"] == "run").all()
        assert frame[["loss", "val_loss", "seconds"]].gt(0).all().all()

    def test_losses_are_those_that_keras_reports(self, compiled, fit):
        history = keras.callbacks.History()
        record = fit(compiled(), "run", epochs=3, callbacks=[history])
        for metric in ("loss", "val_loss"):
            assert list(record.to_frame()[metric]) == history.history[metric]

    def test_initial_epoch_counts_on_by_itself(self, compiled, fit):
        model = compiled()
        record = fit(model, "run", epochs=2)
        fit(model, record, epochs=4, initial_epoch=2)
        assert list(record.to_frame()["epoch"]) == [1, 2, 3, 4]
        resumed = fit(model, "resumed", epochs=6, initial_epoch=4)
        assert list(resumed.to_frame()["epoch"]) == [5, 6]

    def test_val_loss_is_nan_without_validation(self, compiled, fit):
        record = fit(compiled(), "run", validation_data=None)
        assert record.to_frame()["val_loss"].isna().all()
        assert record.metrics == {"loss"}

    def test_a_new_record_has_no_rows_but_all_columns(self):
        frame = TrainingRecord("run").to_frame()
        assert len(frame) == 0
        assert {"run", "epoch", "learning_rate", "loss", "val_loss"} <= set(frame.columns)

    @pytest.mark.parametrize("name", ["", "  ", None, 3])
    def test_a_name_that_is_no_name_is_explained(self, name):
        with pytest.raises(ValueError, match="must be a text that is not empty"):
            TrainingRecord(name)


class TestLearningRate:
    def test_a_new_rate_shows_from_the_next_epoch_on(self, compiled, fit):
        model = compiled(0.03)
        record = fit(model, "run")
        model.optimizer.learning_rate = 0.001
        fit(model, record)
        np.testing.assert_allclose(record.to_frame()["learning_rate"], [0.03, 0.03, 0.001, 0.001])

    def test_compile_again_shows_from_the_next_epoch_on(self, compiled, fit, capsys):
        model = compiled(0.03)
        record = fit(model, "run")
        model.compile(optimizer=keras.optimizers.SGD(0.001), loss="mse")
        fit(model, record)
        np.testing.assert_allclose(record.to_frame()["learning_rate"], [0.03, 0.03, 0.001, 0.001])
        assert capsys.readouterr().out == ""

    @pytest.mark.parametrize("record_first", [True, False])
    def test_a_scheduler_callback_shows_whatever_its_place(self, compiled, fit, record_first):
        scheduler = keras.callbacks.LearningRateScheduler(lambda epoch: 0.1 / (epoch + 1))
        record = TrainingRecord("run")
        callbacks = [record, scheduler] if record_first else [scheduler, record]
        fit(compiled(), TrainingRecord("other"), epochs=2, callbacks=callbacks)
        np.testing.assert_allclose(record.to_frame()["learning_rate"], [0.1, 0.05])

    def test_a_schedule_object_shows_its_rate_at_the_start_of_the_epoch(self, compiled, fit):
        schedule = keras.optimizers.schedules.PiecewiseConstantDecay([6], [0.1, 0.01])
        record = fit(compiled(schedule), "run", epochs=3)
        np.testing.assert_allclose(record.to_frame()["learning_rate"], [0.1, 0.1, 0.01])

    def test_an_ignored_optimizer_is_told_once_and_the_used_rate_recorded(
        self, compiled, fit, capsys
    ):
        model = compiled(0.03)
        record = fit(model, "run")
        model.optimizer = keras.optimizers.Adam(0.0001)
        fit(model, record)
        told = capsys.readouterr().out
        assert told.count("took no step in epoch 3") == 1
        assert "learning rate 0.03" in told
        assert "model.optimizer.learning_rate = 0.0001" in told
        assert "model.compile(" in told
        frame = record.to_frame()
        np.testing.assert_allclose(frame["learning_rate"], 0.03)
        assert list(frame["steps"]) == [4] * 4

    def test_an_ignored_optimizer_is_told_by_a_record_that_missed_the_first_fit(
        self, compiled, fit, capsys
    ):
        model = compiled(0.03)
        fit(model, "first")
        model.optimizer = keras.optimizers.Adam(0.0001)
        record = fit(model, "second")
        assert "second: the new optimizer took no step in epoch 1" in capsys.readouterr().out
        assert record.to_frame()["learning_rate"].isna().all()

    def test_a_new_optimizer_that_takes_effect_is_not_told(self, compiled, fit, capsys):
        model = compiled(0.03, run_eagerly=True)
        record = fit(model, "run")
        model.optimizer = keras.optimizers.Adam(0.0001)
        fit(model, record)
        assert capsys.readouterr().out == ""
        np.testing.assert_allclose(record.to_frame()["learning_rate"], [0.03, 0.03, 1e-4, 1e-4])


class TestTracing:
    def test_epochs_that_hold_tracing_are_marked(self, compiled, fit):
        model = compiled()
        record = fit(model, "run")
        model.optimizer.learning_rate = 0.001
        fit(model, record)
        model.compile(optimizer="adam", loss="mse")
        fit(model, record)
        assert list(record.to_frame()["traced"]) == [True, False, False, False, True, False]

    def test_a_later_first_validation_is_marked(self, compiled, fit):
        record = fit(compiled(), "run", epochs=3, validation_freq=2)
        assert list(record.to_frame()["traced"]) == [True, True, False]

    def test_nothing_is_traced_eagerly(self, compiled, fit):
        record = fit(compiled(run_eagerly=True), "run")
        assert not record.to_frame()["traced"].any()


class TestStatus:
    def test_a_run_that_ended_well_is_finished(self, compiled, fit):
        assert fit(compiled(), "run").status == "finished"

    def test_an_interrupted_run_keeps_its_epochs_and_says_so(self, compiled, fit):
        record = TrainingRecord("run")
        with pytest.raises(KeyboardInterrupt):
            fit(compiled(), record, epochs=5, callbacks=[Stop(epoch=3)])
        assert list(record.to_frame()["epoch"]) == [1, 2, 3]
        assert summarize(record).loc["run", "status"] == "interrupted in epoch 4"

    def test_an_interrupted_run_can_go_on(self, compiled, fit):
        model, record = compiled(), TrainingRecord("run")
        with pytest.raises(KeyboardInterrupt):
            fit(model, record, epochs=5, callbacks=[Stop(epoch=3)])
        fit(model, record, epochs=2)
        assert list(record.to_frame()["epoch"]) == [1, 2, 3, 4, 5]
        assert record.status == "finished"

    def test_a_diverged_run_keeps_its_epochs_and_says_so_once(self, compiled, fit, capsys):
        record = fit(compiled(1e30), "run", epochs=4)
        assert len(record.to_frame()) == 4
        assert record.status.startswith("diverged in epoch")
        assert summarize(record, target=0.1).loc["run", "epochs_to_target"] == "never"
        told = capsys.readouterr().out
        assert told.count("training diverged") == 1
        assert "lower learning rate" in told


class TestSummarize:
    def test_it_has_one_row_per_run(self):
        summary = summarize([record_of("a", [3, 2, 1]), record_of("b", [5, 4])])
        assert list(summary.index) == ["a", "b"]
        assert list(summary["epochs"]) == [3, 2]
        assert list(summary["loss"]) == [1, 4]
        assert "epochs_to_target" not in summary

    def test_one_record_needs_no_list(self):
        assert list(summarize(record_of("a", [1])).index) == ["a"]

    @pytest.mark.parametrize(
        ("losses", "expected"),
        [
            ([5, 4, 3, 2, 1], 4),
            ([5, 2, 5, 2, 1], 4),
            ([5, 2, 1, 1, 5], "never"),
            ([1, 1, 1, 1, 1], 1),
            ([5, 5, 5, 5, 2], 5),
            ([1, 1, 1, 1, np.nan], "never"),
        ],
    )
    def test_a_target_counts_when_it_is_reached_for_good(self, losses, expected):
        row = summarize(record_of("a", losses, seconds=2.0), target=2).loc["a"]
        assert row["epochs_to_target"] == expected
        seconds = expected if expected == "never" else 2.0 * expected
        assert row["seconds_to_target"] == seconds

    def test_an_epoch_that_holds_tracing_counts_like_the_others(self):
        row = summarize(record_of("a", [3, 2, 1], seconds=2.0, traced=[1]), target=2).loc["a"]
        assert row["seconds_per_epoch"] == 2
        assert row["total_seconds"] == 6
        assert row["seconds_to_target"] == 4

    def test_a_single_traced_epoch_counts_as_it_is(self):
        assert summarize(record_of("a", [1], traced=[1])).loc["a", "total_seconds"] == 100

    def test_another_metric_can_have_the_target(self, compiled, fit):
        record = fit(compiled(), "run", epochs=3)
        last = record.to_frame()["val_loss"].max()
        row = summarize(record, target=last, metric="val_loss").loc["run"]
        assert row["epochs_to_target"] == 1

    @pytest.mark.parametrize("target", [-1, 0, np.nan, np.inf, "low"])
    def test_a_target_that_cannot_be_is_explained(self, target):
        with pytest.raises(ValueError, match="target is .* must be a number above 0"):
            summarize(record_of("a", [1]), target=target)

    @pytest.mark.parametrize(
        ("records", "sentence"),
        [
            ([], "There is no record"),
            ([TrainingRecord("a")], 'The record "a" is empty'),
            ([record_of("a", [1]), record_of("a", [2])], 'More than one record has the name "a"'),
            ([pd.DataFrame()], "DataFrame is not a record"),
        ],
    )
    def test_records_that_do_not_compare_are_explained(self, records, sentence):
        with pytest.raises(ValueError, match=sentence):
            summarize(records)

    def test_a_metric_that_is_not_common_is_explained(self, compiled, fit):
        records = [fit(compiled(), "with"), fit(compiled(), "without", validation_data=None)]
        with pytest.raises(ValueError, match='"val_loss"; what they have in common: loss'):
            summarize(records, target=1, metric="val_loss")
