"""A record says what happened in a run: its epochs, and the learning rate of the steps taken."""

import copy
import gc
import pickle
import subprocess
import sys
import time
import weakref
from unittest.mock import Mock

from lessons_lib import TrainingRecord, summarize
from tests.conftest import compiled, fit
import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.callbacks import LambdaCallback, LearningRateScheduler
from keras.optimizers import SGD, Adam, LossScaleOptimizer
from keras.optimizers.schedules import InverseTimeDecay, PiecewiseConstantDecay
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal

COLUMNS = ["run", "stage", "epoch", "planned_epochs", "learning_rate", "steps", "seconds"]
IGNORED = "didn't use the new optimizer"
DATA = np.ones((8, 1)), np.ones((8, 1))
MIRRORED = """
import tensorflow as tf
from keras.optimizers import SGD
from tests.conftest import compiled, fit
from tests.unit.test_record import assert_shows

with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
    model = compiled(SGD(0.03), run_eagerly=False)
record = fit(model, "run", epochs=1)
model.optimizer.learning_rate = 0.001
assert_shows(fit(model, record, epochs=1), [0.03, 0.001])
"""


def assert_shows(record, rates, steps=4):
    """In each of its epochs the record shows a rate and a number of steps, or one for all."""
    frame = record.to_frame()
    assert_allclose(frame["learning_rate"], rates)
    assert_allclose(frame["steps"], steps)


def pickled(record):
    return pickle.loads(pickle.dumps(record))


def falling():
    """A schedule that gives 0.1, 0.05, 0.1 / 3 ... for one batch after the other."""
    return InverseTimeDecay(0.1, decay_steps=1, decay_rate=1)


class TestEpochs:
    def test_there_is_one_row_per_epoch_counted_over_all_fits(self):
        model = compiled(metrics=["mae"])
        record = fit(model, "run", epochs=2)
        frame = fit(model, record, epochs=3).to_frame()
        assert list(frame["loss"][2:]) == model.history.history["loss"]
        assert {*frame.columns} == {*COLUMNS, "loss", "val_loss", "mae", "val_mae"}
        assert list(frame["epoch"]) == [1, 2, 3, 4, 5]
        assert list(frame["stage"]) == [1, 1, 2, 2, 2]
        assert (frame[["run", "planned_epochs", "steps"]] == ["run", 5, 4]).all(axis=None)

    def test_initial_epoch_is_where_the_count_starts(self):
        model = compiled()
        record = fit(model, "run", epochs=2)
        frame = fit(model, record, epochs=4, initial_epoch=2).to_frame()
        assert list(frame["epoch"]) == [1, 2, 3, 4]
        assert set(frame["planned_epochs"]) == {4}
        resumed = fit(model, "resumed", epochs=6, initial_epoch=4).to_frame()
        assert list(resumed["epoch"]) == [5, 6]

    def test_seconds_leave_out_what_other_callbacks_do_after_an_epoch(self):
        slow, start = LambdaCallback(on_epoch_end=lambda *_: time.sleep(0.2)), time.perf_counter()
        seconds = fit(compiled(), "run", after=[slow]).to_frame()["seconds"]
        assert 0 < seconds.sum() < time.perf_counter() - start - 2 * 0.2

    def test_a_name_that_is_none_is_explained(self):
        for name in ("", "  ", None, 3):
            with pytest.raises(ValueError, match="must be a string, not empty"):
                TrainingRecord(name)

    def test_another_model_is_refused(self):
        record = fit(compiled(), "run")
        with pytest.raises(ValueError, match='"run" belongs to another model'):
            fit(compiled(), record)


# An optimizer or a rate, how it's compiled, and the rates and steps of the first epochs.
SCHEDULED = [0.1, 0.1 / 5, 0.1 / 9], 4
OPTIMIZERS = {
    "schedule": (falling(), {}, *SCHEDULED),
    "traced": (falling(), {"run_eagerly": False}, *SCHEDULED),
    "one execution": (falling(), {"run_eagerly": False, "steps_per_execution": 4}, *SCHEDULED),
    "loss scale": (LossScaleOptimizer(SGD(falling()), initial_scale=4.0), {}, *SCHEDULED),
    "average": (SGD(0.03, use_ema=True), {}, [0.03] * 3, 4),
    "accumulated": (SGD(0.03, gradient_accumulation_steps=6), {}, [np.nan, 0.03, 0.03], [0, 1, 1]),
    "both": (SGD(falling(), gradient_accumulation_steps=4), {}, [0.1 / 4, 0.1 / 8, 0.1 / 12], 1),
}


class TestRate:
    """The record shows the learning rate of the steps really taken, and blames nobody."""

    @pytest.fixture(autouse=True)
    def nothing_is_told(self, capsys):
        yield
        assert capsys.readouterr().out == ""

    def test_a_new_rate_shows_from_the_next_epoch_on(self):
        model = compiled(0.03, run_eagerly=False)
        record = fit(model, "run")
        model.optimizer.learning_rate = 0.001
        assert_shows(fit(model, record), [0.03, 0.03, 0.001, 0.001])

    @pytest.mark.parametrize("place", ["before", "after"])
    def test_another_callback_may_set_it_but_not_write_it_into_the_logs(self, place):
        class Liar(LearningRateScheduler):
            def on_epoch_end(self, epoch, logs=None):
                logs.update(dict.fromkeys(COLUMNS, 77))

        record = fit(compiled(), "run", **{place: [Liar(lambda epoch: 0.1 / (epoch + 1))]})
        assert_shows(record, [0.1, 0.05])
        assert not record.to_frame()[COLUMNS].isin([77]).any().any()

    @pytest.mark.parametrize("moment", ["on_train_batch_begin", "on_train_batch_end"])
    @pytest.mark.parametrize("place", ["before", "after"])
    def test_changed_between_batches_it_is_right_or_unknown(self, moment, place):
        class Watched(SGD):
            def update_step(self, gradient, variable, learning_rate):
                taken.append(float(learning_rate))
                super().update_step(gradient, variable, learning_rate)

        def halve(batch, logs=None):
            model.optimizer.learning_rate = float(model.optimizer.learning_rate) / 2

        taken, model = [], compiled(Watched(0.1))
        record = fit(model, "run", **{place: [LambdaCallback(**{moment: halve})]})
        # Two variables move in each of the four steps of an epoch.
        right = taken[::8]
        known = (moment == "on_train_batch_begin") == (place == "before")
        assert_shows(record, right if known else [np.nan, np.nan])

    @pytest.mark.parametrize("case", OPTIMIZERS.values(), ids=OPTIMIZERS)
    def test_it_is_that_of_an_epochs_first_step(self, case):
        optimizer, how, rates, steps = case
        # The callback swaps the weights of an optimizer that averages them.
        swap = [keras.callbacks.SwapEMAWeights()] * getattr(optimizer, "use_ema", False)
        assert_shows(fit(compiled(optimizer, **how), "run", epochs=3, after=swap), rates, steps)

    def test_a_loss_scale_that_overflows_takes_no_step(self):
        model = compiled(LossScaleOptimizer(SGD(0.03), initial_scale=3e38))
        steps = fit(model, "run", epochs=9, batch_size=8).to_frame()["steps"]
        assert (steps.iloc[0], steps.iloc[-1]) == (0, 1)

    def test_mixed_precision_shows_the_rate(self):
        keras.mixed_precision.set_global_policy("mixed_float16")
        model = compiled(SGD(0.03))
        keras.mixed_precision.set_global_policy("float32")
        assert isinstance(model.optimizer, LossScaleOptimizer)
        assert fit(model, "run").to_frame()["learning_rate"].iloc[-1] == pytest.approx(0.03)

    def test_a_mirrored_model_has_rates_and_steps(self):
        # In a process of its own, and again after a crash: TensorFlow has been seen to end in one.
        command = [sys.executable, "-c", MIRRORED]
        runs = (subprocess.run(command, capture_output=True, text=True) for _ in range(3))
        finished = next(run for run in runs if run.returncode >= 0)
        assert finished.returncode == 0, finished.stderr

    def test_frozen_and_unfrozen_layers(self):
        model = compiled(0.03)
        model.trainable = False
        model.compile(optimizer=SGD(0.03), loss="mse", run_eagerly=True)
        with pytest.warns(UserWarning, match="does not have any trainable weights"):
            record = fit(model, "run")
        model.trainable = True
        model.compile(optimizer=SGD(0.001), loss="mse")
        fit(model, record, epochs=4, initial_epoch=2)
        assert_shows(record, [np.nan, np.nan, 0.001, 0.001], [0, 0, 4, 4])

    def test_an_optimizer_or_a_schedule_assigned_to_an_eager_model_takes_effect(self):
        model = compiled(0.03)
        record = fit(model, "run", epochs=1)
        model.optimizer = Adam(0.0001)
        fit(model, record, epochs=1)
        model.optimizer.learning_rate = PiecewiseConstantDecay([9999], [0.001, 0.01])
        assert_shows(fit(model, record, epochs=1), [0.03, 0.0001, 0.001])

    def test_after_another_compile_that_it_missed_it_is_unknown(self):
        model = compiled(0.03, run_eagerly=False)
        record = fit(model, "run", epochs=1)
        model.compile(optimizer=Adam(falling()), loss="mse")
        model.fit(*DATA, batch_size=2, verbose=0)
        assert_shows(fit(model, record, epochs=1), [0.03, np.nan])

    def test_in_a_train_step_of_ones_own_it_is_unknown(self):
        class Own(keras.Sequential):
            def train_step(self, data):
                with tf.GradientTape() as tape:
                    loss = tf.reduce_mean(self(data[0]) ** 2)
                gradients = tape.gradient(loss, self.trainable_variables)
                mine.apply(gradients, self.trainable_variables)
                return {"own": loss}

        mine, model = SGD(0.1), Own([keras.Input((1,)), keras.layers.Dense(1)])
        model.compile()
        record = fit(model, "run", validation_data=None)
        assert_shows(record, [np.nan, np.nan], np.nan)
        assert list(record.to_frame().columns) == [*COLUMNS, "own"]
        assert summarize(record)["status"].tolist() == ["finished"]


class TestIgnored:
    """Keras keeps the training step that it traced in the first fit, with its optimizer."""

    @pytest.fixture
    def model(self):
        return compiled(0.03, run_eagerly=False)

    def test_todays_keras_ignores_an_assigned_optimizer(self, model):
        # If this fails, Keras has changed: README, lessons 3 and 4, and record.py say so.
        model.fit(*DATA, verbose=0)
        model.optimizer, weights = Adam(0.0), model.get_weights()
        model.fit(*DATA, verbose=0)
        assert not all(map(np.array_equal, weights, model.get_weights()))

    @pytest.mark.parametrize("place", [[], ["before"], ["after"]], ids=str)
    @pytest.mark.parametrize("way", [{}, {"steps_per_execution": 3}, {"jit_compile": True}])
    def test_an_assigned_optimizer_is_told_once_and_the_old_rate_shows(self, capsys, place, way):
        model = compiled(0.03, run_eagerly=False, **way)
        record = fit(model, "run")
        model.optimizer = Adam(0.0001)
        fit(model, record, **dict.fromkeys(place, [LearningRateScheduler(lambda epoch: 1e-4)]))
        told = capsys.readouterr().out
        assert told.count("run: epoch 3 didn't use the new optimizer") == told.count("epoch") == 1
        assert "an earlier\nfit, with the learning rate 0.03." in told
        assert_shows(record, 0.03)

    def test_compile_again_ends_it(self, model, capsys):
        record = fit(model, "run", epochs=1)
        model.optimizer = Adam(0.0001)
        fit(model, record, epochs=1)
        assert IGNORED in capsys.readouterr().out
        model.compile(optimizer=Adam(0.0001), loss="mse")
        assert_shows(fit(model, record, epochs=1), [0.03, 0.03, 0.0001])
        assert capsys.readouterr().out == ""

    @pytest.mark.parametrize("seen", [False, True], ids=["never met", "met before another compile"])
    def test_a_record_that_joins_after_it_knows_no_rate_and_tells(self, model, capsys, seen):
        record = fit(model, "run", epochs=1) if seen else TrainingRecord("run")
        model.compile(optimizer=Adam(0.01), loss="mse")
        model.fit(*DATA, batch_size=2, verbose=0)
        model.optimizer = Adam(0.0001)
        fit(model, record, epochs=1)
        assert f"{IGNORED}. Keras keeps the step of an earlier\nfit." in capsys.readouterr().out
        assert record.to_frame()[["learning_rate", "steps"]].iloc[-1].isna().all()

    @pytest.mark.parametrize("rate", [0.03, PiecewiseConstantDecay([9999], [0.03, 0.01])])
    def test_a_schedule_assigned_later_is_told_and_does_not_show(self, capsys, rate):
        model = compiled(rate, run_eagerly=False)
        record = fit(model, "run", epochs=1)
        model.optimizer.learning_rate = PiecewiseConstantDecay([9999], [0.0001, 0.01])
        fit(model, record)
        assert capsys.readouterr().out.count("epoch 2 didn't use the new schedule") == 1
        assert_shows(record, 0.03)

    def test_a_run_that_ignores_a_rate_and_diverges_says_both(self, capsys):
        model = compiled(SGD(1e30), run_eagerly=False)
        record = fit(model, "run", epochs=1)
        model.optimizer = SGD(0.001)
        assert capsys.readouterr().out.count("run: training diverged in epoch 1") == 1
        fit(model, record, epochs=2)
        told = capsys.readouterr().out
        assert told.count(IGNORED) == told.count("training diverged in epoch 2") == 1
        assert summarize(record)["status"].tolist() == ["diverged in epoch 1"]


def test_an_interrupted_run_keeps_its_epochs_and_continues():
    in_epoch_3 = Mock(side_effect=[None] * 9 + [KeyboardInterrupt])
    model, record = compiled(0.03), TrainingRecord("run")
    with pytest.raises(KeyboardInterrupt):
        fit(model, record, epochs=9, after=[LambdaCallback(on_train_batch_end=in_epoch_3)])
    assert summarize(record)["status"].tolist() == ["epoch 2 of 9"]
    assert list(fit(model, record, epochs=3).to_frame()["epoch"]) == [1, 2, 3, 4, 5]
    assert_shows(record, 0.03)
    assert summarize(record)["status"].tolist() == ["finished"]


class TestCopy:
    """KerasTuner copies callbacks, and a process pool returns them pickled."""

    @pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickled], ids=range(3))
    @pytest.mark.parametrize("moment", ["before", "during", "after"])
    def test_it_has_the_epochs_and_continues(self, copied, moment):
        model, record = compiled(0.03, run_eagerly=False), TrainingRecord("run")
        copies = [copied(record)] if moment == "before" else []
        take = LambdaCallback(on_epoch_end=lambda *_: copies.append(copied(record)))
        fit(model, record, after=[take] if moment == "during" else [])
        (again,) = copies[-1:] or [copied(record)]
        assert len(pickle.dumps(again)) < 3000, "it carries the model"
        epochs = {"before": 0, "during": 2, "after": 2}[moment]
        assert_frame_equal(again.to_frame(), record.to_frame()[:epochs], check_dtype=epochs > 0)
        model.optimizer.learning_rate = 0.001
        assert_shows(fit(model, again, epochs=1), [0.03] * epochs + [0.001])
        assert list(again.to_frame()["epoch"]) == [*range(1, epochs + 2)]
        assert len(record.to_frame()) == 2

    def test_a_record_that_is_kept_does_not_keep_the_model(self):
        model = compiled(0.03, run_eagerly=False)
        record = fit(model, "run")
        gone = weakref.ref(model)
        del model
        gc.collect()
        assert gone() is None
        assert len(record.to_frame()) == 2
