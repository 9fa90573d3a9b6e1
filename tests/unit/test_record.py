"""A record says what happened in a run: its epochs, the rates really used, how far it came."""

import gc
import time
import weakref

from lessons_lib import TrainingRecord
from lessons_lib.table import status_of
from tests.conftest import from_csv, record_of, table_of
import keras
import numpy as np
import pandas as pd
import pytest
from keras.callbacks import Callback, LambdaCallback, LearningRateScheduler
from keras.optimizers.schedules import PiecewiseConstantDecay
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal

COLUMNS = ["run", "stage", "epoch", "planned_epochs", "learning_rate", "steps", "seconds"]
COLUMNS += ["loss", "val_loss"]


def rates(record):
    return list(record.to_frame()["learning_rate"])


class Stop(Callback):
    """Presses the stop button in the middle of an epoch."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        self.now = epoch == self.epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.now and batch == 1:
            raise KeyboardInterrupt


class TestRecord:
    def test_it_has_one_row_per_epoch_counted_on_over_the_fits(self, compiled, fit):
        model = compiled()
        record = fit(model, "run", epochs=2)
        fit(model, record, epochs=3)
        frame = record.to_frame()
        assert list(frame.columns) == COLUMNS
        assert list(frame["epoch"]) == [1, 2, 3, 4, 5]
        assert list(frame["stage"]) == [1, 1, 2, 2, 2]
        assert list(frame["planned_epochs"]) == [5] * 5
        assert list(frame["steps"]) == [4] * 5
        assert list(frame["run"]) == ["run"] * 5

    def test_losses_and_metrics_are_those_that_keras_reports(self, compiled, fit):
        history = keras.callbacks.History()
        frame = fit(compiled(metrics=["mae"]), "run", before=[history]).to_frame()
        assert list(frame.columns) == [*COLUMNS, "mae", "val_mae"]
        for metric in ("loss", "val_loss", "mae", "val_mae"):
            assert list(frame[metric]) == history.history[metric]

    def test_initial_epoch_counts_on_by_itself(self, compiled, fit):
        model = compiled()
        record = fit(model, "run", epochs=2)
        fit(model, record, epochs=4, initial_epoch=2)
        assert list(record.to_frame()["epoch"]) == [1, 2, 3, 4]
        assert set(record.to_frame()["planned_epochs"]) == {4}
        resumed = fit(model, "resumed", epochs=6, initial_epoch=4)
        assert list(resumed.to_frame()["epoch"]) == [5, 6]
        assert set(resumed.to_frame()["planned_epochs"]) == {6}

    def test_seconds_are_those_of_training_and_validation(self, compiled, fit):
        class Slow(Callback):
            def on_train_batch_begin(self, batch, logs=None):
                time.sleep(0.02 if batch == 0 else 0)

            def on_test_begin(self, logs=None):
                time.sleep(0.04)

            def on_epoch_end(self, epoch, logs=None):
                time.sleep(0.08)

        start = time.perf_counter()
        seconds = fit(compiled(), "run", epochs=2, after=[Slow()]).to_frame()["seconds"]
        assert (seconds > 0.06).all()
        assert seconds.sum() < time.perf_counter() - start - 2 * 0.08

    def test_val_loss_is_nan_without_validation(self, compiled, fit):
        frame = fit(compiled(), "run", validation_data=None).to_frame()
        assert list(frame.columns) == COLUMNS
        assert frame["val_loss"].isna().all()

    def test_what_is_measured_is_not_what_other_callbacks_write_into_the_logs(self, compiled, fit):
        class Liar(Callback):
            def on_epoch_end(self, epoch, logs=None):
                logs.update(dict.fromkeys(COLUMNS[:-2], 77), extra=1)

        frame = fit(compiled(), "run", before=[Liar()], after=[Liar()]).to_frame()
        assert not frame[COLUMNS].isin([77]).any().any()
        assert list(frame["extra"]) == [1, 1]

    def test_a_new_record_has_no_rows_but_all_columns(self):
        frame = TrainingRecord("run").to_frame()
        assert len(frame) == 0
        assert list(frame.columns) == COLUMNS

    def test_a_fit_without_an_epoch_leaves_no_row(self, compiled, fit):
        assert len(fit(compiled(), "run", epochs=0).to_frame()) == 0

    @pytest.mark.parametrize("name", ["", "  ", None, 3])
    def test_a_name_that_is_no_name_is_explained(self, name):
        with pytest.raises(ValueError, match="must be a text that is not empty"):
            TrainingRecord(name)


class Watched(keras.optimizers.SGD):
    """Notes the rate of each step that it takes."""

    def __init__(self, learning_rate):
        super().__init__(learning_rate)
        self.rates = []

    def update_step(self, gradient, variable, learning_rate):
        if len(variable.shape) == 2:
            self.rates.append(float(learning_rate))
        super().update_step(gradient, variable, learning_rate)


class TestLearningRate:
    def test_a_new_rate_shows_from_the_next_epoch_on(self, compiled, fit):
        model = compiled(0.03)
        record = fit(model, "run")
        model.optimizer.learning_rate = 0.001
        fit(model, record)
        assert_allclose(rates(record), [0.03, 0.03, 0.001, 0.001])

    def test_compile_again_shows_from_the_next_epoch_on(self, compiled, fit, capsys):
        model = compiled(0.03)
        record = fit(model, "run")
        model.compile(optimizer=keras.optimizers.SGD(0.001), loss="mse", run_eagerly=True)
        fit(model, record)
        assert_allclose(rates(record), [0.03, 0.03, 0.001, 0.001])
        assert capsys.readouterr().out == ""

    @pytest.mark.parametrize("place", ["before", "after"])
    def test_a_scheduler_callback_shows_whatever_its_place(self, compiled, fit, place):
        scheduler = LearningRateScheduler(lambda epoch: 0.1 / (epoch + 1))
        record = fit(compiled(), "run", **{place: [scheduler]})
        assert_allclose(rates(record), [0.1, 0.05])

    @pytest.mark.parametrize(
        "way", [{}, {"run_eagerly": False}, {"run_eagerly": False, "steps_per_execution": 4}]
    )
    def test_a_schedule_object_shows_its_rate_at_the_epochs_first_step(self, compiled, fit, way):
        schedule = keras.optimizers.schedules.InverseTimeDecay(0.1, decay_steps=1, decay_rate=1)
        record = fit(compiled(schedule, **way), "run", epochs=3)
        assert_allclose(rates(record), [0.1, 0.1 / 5, 0.1 / 9])
        assert list(record.to_frame()["steps"]) == [4, 4, 4]

    @pytest.mark.parametrize(
        ("moment", "place", "known"),
        [
            ("on_train_batch_begin", "before", True),
            ("on_train_batch_begin", "after", False),
            ("on_train_batch_end", "before", False),
            ("on_train_batch_end", "after", True),
        ],
    )
    def test_a_rate_changed_between_batches_is_right_or_unknown(
        self, compiled, fit, moment, place, known
    ):
        optimizer = Watched(0.1)

        def halve(batch, logs=None):
            optimizer.learning_rate = float(optimizer.learning_rate) / 2

        changes = LambdaCallback(**{moment: halve})
        record = fit(compiled(optimizer), "run", **{place: [changes]})
        first_steps = optimizer.rates[::4]
        assert len(set(optimizer.rates)) == 8
        assert_allclose(rates(record), first_steps if known else [np.nan, np.nan])


class TestIgnoredOptimizer:
    """Keras goes on with the optimizer with which it built the training step."""

    @pytest.fixture
    def model(self, compiled):
        return compiled(0.03, run_eagerly=False)

    def test_it_is_told_once_and_the_used_rate_recorded(self, model, fit, capsys):
        record = fit(model, "run")
        assert capsys.readouterr().out == ""
        model.optimizer = keras.optimizers.Adam(0.0001)
        fit(model, record)
        told = capsys.readouterr().out
        assert told.count("run: the new optimizer took no step in epoch 3") == 1
        assert told.count("took no step") == 1
        assert "earlier optimizer (learning rate 0.03) and" in told
        assert "model.optimizer.learning_rate = 0.0001 " in told
        assert "model.compile(optimizer=keras.optimizers.Adam(0.0001)" in told
        assert_allclose(rates(record), 0.03)
        assert list(record.to_frame()["steps"]) == [4] * 4

    def test_its_rate_is_known_once_it_was_seen_to_step_after_a_fit_without_record(
        self, model, fit, capsys
    ):
        model.fit(np.ones((2, 1)), np.ones((2, 1)), batch_size=2, verbose=0)
        record = fit(model, "run")
        model.optimizer = keras.optimizers.Adam(0.0001)
        fit(model, record)
        assert_allclose(rates(record), 0.03)
        assert "earlier optimizer (learning rate 0.03) and" in capsys.readouterr().out

    @pytest.mark.parametrize("place", ["before", "after"])
    def test_no_other_callback_can_make_its_rate_look_used(self, model, fit, capsys, place):
        record = fit(model, "run")
        model.optimizer = keras.optimizers.Adam(0.0001)
        fit(model, record, **{place: [LearningRateScheduler(lambda epoch: 1e-4)]})
        assert_allclose(rates(record), 0.03)
        assert "(learning rate 0.03)" in capsys.readouterr().out

    def test_it_is_told_in_each_fit_until_the_model_is_compiled(self, model, fit, capsys):
        record = fit(model, "run", epochs=1)
        model.optimizer = keras.optimizers.Adam(0.0001)
        for _ in range(2):
            fit(model, record, epochs=1)
            assert "took no step" in capsys.readouterr().out
        model.compile(optimizer=keras.optimizers.Adam(0.0001), loss="mse", run_eagerly=True)
        fit(model, record, epochs=1)
        assert capsys.readouterr().out == ""
        assert_allclose(rates(record), [0.03, 0.03, 0.03, 0.0001])

    def test_a_later_record_knows_what_an_earlier_one_saw(self, model, fit, capsys):
        fit(model, "first", epochs=1)
        model.optimizer = keras.optimizers.Adam(0.0001)
        frame = fit(model, "second").to_frame()
        assert "second: the new optimizer took no step in epoch 1" in capsys.readouterr().out
        assert_allclose(frame["learning_rate"], 0.03)

    def test_it_is_told_where_no_record_saw_the_first_fit(self, model, fit, capsys):
        model.fit(np.ones((8, 1)), np.ones((8, 1)), batch_size=2, verbose=0)
        model.optimizer = keras.optimizers.Adam(0.0001)
        frame = fit(model, "second").to_frame()
        told = capsys.readouterr().out
        assert "second: the new optimizer took no step in epoch 1" in told
        assert "nan" not in told
        assert frame["learning_rate"].isna().all()
        assert frame["steps"].isna().all()

    @pytest.mark.parametrize("rate", [0.03, PiecewiseConstantDecay([9999], [0.03, 0.01])])
    def test_a_schedule_that_is_assigned_later_is_told_and_not_recorded(
        self, compiled, fit, capsys, rate
    ):
        model = compiled(rate, run_eagerly=False)
        record = fit(model, "run")
        model.optimizer.learning_rate = PiecewiseConstantDecay([9999], [0.0001, 0.01])
        fit(model, record)
        told = capsys.readouterr().out
        assert told.count("the new schedule is not used in epoch 3") == 1
        assert "(learning rate 0.03)" in told
        assert_allclose(rates(record), 0.03)

    def test_a_new_optimizer_that_takes_effect_is_not_told(self, compiled, fit, capsys):
        model = compiled(0.03, run_eagerly=True)
        record = fit(model, "run")
        model.optimizer = keras.optimizers.Adam(0.0001)
        fit(model, record)
        assert capsys.readouterr().out == ""
        assert_allclose(rates(record), [0.03, 0.03, 1e-4, 1e-4])


class TestStatus:
    @pytest.mark.parametrize(
        ("losses", "planned", "status"),
        [
            ([3, 2, 1], 3, "finished"),
            ([3, 2, 1], 5, "epoch 3 of 5"),
            ([3, np.nan, np.nan], 3, "diverged in epoch 2"),
            ([3, np.inf, 1], 3, "diverged in epoch 2"),
            ([np.nan], 5, "diverged in epoch 1"),
        ],
    )
    def test_it_says_how_far_a_run_has_come(self, losses, planned, status):
        assert status_of(table_of("run", losses, planned=planned)) == status

    def test_while_fit_runs_it_counts_the_epochs(self, compiled, fit):
        record, seen = TrainingRecord("run"), []

        def look(epoch, logs=None):
            seen.append(status_of(record.to_frame()))

        model = compiled()
        fit(model, record, epochs=3, after=[LambdaCallback(on_epoch_end=look)])
        assert seen == ["epoch 1 of 3", "epoch 2 of 3", "finished"]
        fit(model, record, epochs=2, after=[LambdaCallback(on_epoch_begin=look)])
        assert seen[3:] == ["epoch 3 of 5", "epoch 4 of 5"]

    def test_an_interrupted_run_keeps_its_epochs_and_can_go_on(self, compiled, fit):
        model, record = compiled(), TrainingRecord("run")
        with pytest.raises(KeyboardInterrupt):
            fit(model, record, epochs=5, after=[Stop(epoch=3)])
        assert list(record.to_frame()["epoch"]) == [1, 2, 3]
        assert status_of(record.to_frame()) == "epoch 3 of 5"
        fit(model, record, epochs=2)
        assert list(record.to_frame()["epoch"]) == [1, 2, 3, 4, 5]
        assert list(record.to_frame()["steps"]) == [4] * 5
        assert status_of(record.to_frame()) == "finished"

    def test_a_run_that_early_stopping_ends_has_not_had_all_its_epochs(self, compiled, fit):
        early = keras.callbacks.EarlyStopping(monitor="loss", patience=1, min_delta=100)
        record = fit(compiled(), "run", epochs=9, after=[early])
        assert status_of(record.to_frame()) == "epoch 2 of 9"

    def test_a_diverged_run_keeps_its_epochs_and_says_so_once(self, compiled, fit, capsys):
        record = fit(compiled(keras.optimizers.SGD(1e30)), "run", epochs=3)
        assert len(record.to_frame()) == 3
        assert status_of(record.to_frame()) == "diverged in epoch 1"
        told = capsys.readouterr().out
        assert told.count("run: the loss is") == 1
        assert "in epoch 1: training diverged" in told
        assert "lower learning rate" in told


class TestFromFrame:
    """A table is all that a record is: it can become one again."""

    @pytest.fixture
    def model(self, compiled):
        return compiled(metrics=["mae"])

    @pytest.fixture
    def record(self, model, fit):
        record = fit(model, "run", epochs=2)
        return fit(model, record, epochs=1, validation_data=None)

    def test_it_gives_the_same_table_again(self, record, tmp_path):
        frame = record.to_frame()
        assert frame["val_mae"].notna().sum() == 2
        assert_frame_equal(TrainingRecord.from_frame(frame).to_frame(), frame)
        again = TrainingRecord.from_frame(from_csv(frame, tmp_path)).to_frame()
        assert_frame_equal(again, frame)

    def test_its_record_can_be_trained_on_with(self, model, fit, record, tmp_path):
        before = record.to_frame()
        again = TrainingRecord.from_frame(from_csv(before, tmp_path))
        model.optimizer.learning_rate = 0.001
        frame = fit(model, again, epochs=2).to_frame()
        assert again.name == "run"
        assert list(frame["run"]) == ["run"] * 5
        assert list(frame["epoch"]) == [1, 2, 3, 4, 5]
        assert list(frame["stage"]) == [1, 1, 2, 3, 3]
        assert set(frame["planned_epochs"]) == {5}
        assert_allclose(frame["learning_rate"], [0.03, 0.03, 0.03, 0.001, 0.001])
        assert frame["mae"].notna().all()
        assert_frame_equal(frame[:3].assign(planned_epochs=3), before)

    def test_a_stopped_run_is_still_stopped(self):
        record = record_of("run", [3, 2, 1], planned=5)
        assert status_of(record.to_frame()) == "epoch 3 of 5"

    def test_one_run_can_be_chosen_from_a_table_of_several(self):
        one, other = table_of("a", [3, 2]), table_of("b", [5, 4])
        frame = pd.concat([one, other])
        with pytest.raises(ValueError, match="The table has 2 runs, but a record is of one"):
            TrainingRecord.from_frame(frame)
        chosen = TrainingRecord.from_frame(frame[frame["run"] == "b"])
        assert_frame_equal(chosen.to_frame(), other)

    @pytest.mark.parametrize("column", ["run", "epoch", "loss"])
    def test_a_column_that_it_cannot_do_without_is_named(self, column):
        with pytest.raises(ValueError, match=f'The table lacks the column "{column}"'):
            TrainingRecord.from_frame(table_of("run", [2, 1]).drop(columns=column))

    def test_other_columns_may_be_missing(self, compiled, fit):
        frame = table_of("run", [2, 1])[["run", "epoch", "loss"]]
        record = TrainingRecord.from_frame(frame)
        assert list(record.to_frame().columns) == COLUMNS
        assert status_of(record.to_frame()) == "finished"
        frame = fit(compiled(), record, epochs=1).to_frame()
        assert list(frame["epoch"]) == [1, 2, 3]
        assert frame["stage"].iloc[2] == 2
        assert status_of(frame) == "finished"

    def test_an_epoch_that_is_there_twice_is_explained(self):
        frame = table_of("run", [2, 1])
        with pytest.raises(ValueError, match='More than one run has the name "run"'):
            TrainingRecord.from_frame(pd.concat([frame, frame]))


def test_a_record_that_is_kept_does_not_keep_the_model(compiled, fit):
    model = compiled(0.03, run_eagerly=False)
    record = fit(model, "run")
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None
    assert len(record.to_frame()) == 2
