"""The record's rate and steps are right, or unknown, whatever takes the steps and however."""

from lessons_lib import TrainingRecord
from tests.test_record import rates
import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.optimizers import SGD, AdamW, LossScaleOptimizer, RMSprop
from keras.optimizers.schedules import InverseTimeDecay
from numpy.testing import assert_allclose

pytestmark = pytest.mark.slow


def falling():
    """A schedule that gives 0.1, 0.05, 0.1 / 3 ... for one batch after the other."""
    return InverseTimeDecay(0.1, decay_steps=1, decay_rate=1)


def scaled(optimizer, scale=4.0):
    return LossScaleOptimizer(optimizer, initial_scale=scale)


def steps(record):
    return list(record.to_frame()["steps"])


@pytest.mark.parametrize(
    "optimizer",
    [SGD, RMSprop, AdamW, lambda rate: SGD(rate, use_ema=True), lambda rate: scaled(SGD(rate))],
    ids=["SGD", "RMSprop", "AdamW", "averaged", "scaled"],
)
def test_a_new_rate_shows_whatever_the_optimizer(compiled, fit, optimizer):
    model = compiled(optimizer(0.03))
    record = fit(model, "run", epochs=1)
    model.optimizer.learning_rate = 0.001
    fit(model, record, epochs=1)
    assert_allclose(rates(record), [0.03, 0.001])
    assert steps(record) == [4, 4]


@pytest.mark.parametrize(
    "way",
    [{"steps_per_execution": 1}, {"steps_per_execution": 7}, {"steps_per_execution": 25}]
    + [{"jit_compile": True}],
    ids=str,
)
def test_an_ignored_optimizer_is_told_however_the_step_is_built(compiled, fit, capsys, way):
    model = compiled(SGD(0.03), run_eagerly=False, **way)
    record = fit(model, "run", epochs=1)
    model.optimizer.learning_rate = 0.01
    fit(model, record, epochs=1)
    assert capsys.readouterr().out == ""
    model.optimizer = SGD(0.001)
    fit(model, record, epochs=1)
    assert "the new optimizer took no step in epoch 3" in capsys.readouterr().out
    assert_allclose(rates(record), [0.03, 0.01, 0.01])
    assert steps(record) == [4, 4, 4]


def test_a_mirrored_model_has_rates_and_steps(fit):
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        model.compile(optimizer=SGD(0.03), loss="mse")
    record = fit(model, "run", epochs=1)
    model.optimizer.learning_rate = 0.001
    fit(model, record, epochs=1)
    assert_allclose(rates(record), [0.03, 0.001])
    assert steps(record) == [4, 4]


class TestLossScale:
    def test_the_optimizer_inside_has_the_schedule(self, compiled, fit):
        record = fit(compiled(scaled(SGD(falling()))), "run")
        assert_allclose(rates(record), [0.1, 0.1 / 5])

    def test_a_new_optimizer_inside_is_ignored_too(self, compiled, fit, capsys):
        model = compiled(scaled(SGD(0.03)), run_eagerly=False)
        record = fit(model, "run", epochs=1)
        model.optimizer.inner_optimizer = SGD(0.001)
        fit(model, record, epochs=1)
        assert "took no step in epoch 2" in capsys.readouterr().out
        assert_allclose(rates(record), 0.03)

    def test_an_epoch_of_overflows_has_no_step_and_blames_nobody(self, compiled, fit, capsys):
        record = fit(compiled(scaled(SGD(0.03), 3e38)), "run", epochs=4)
        assert steps(record)[0] < 4
        assert steps(record)[-1] == 4
        assert capsys.readouterr().out == ""

    def test_mixed_precision_shows_the_rate(self, fit):
        keras.mixed_precision.set_global_policy("mixed_float16")
        try:
            model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
            model.compile(optimizer=SGD(0.03), loss="mse", run_eagerly=True)
        finally:
            keras.mixed_precision.set_global_policy("float32")
        assert isinstance(model.optimizer, LossScaleOptimizer)
        assert_allclose(rates(fit(model, "run"))[-1], 0.03)


class TestGatheredGradients:
    def test_only_the_steps_count(self, compiled, fit, capsys):
        record = fit(compiled(SGD(0.03, gradient_accumulation_steps=8)), "run", epochs=4)
        assert steps(record) == [0, 1, 0, 1]
        assert_allclose(rates(record), [np.nan, 0.03, np.nan, 0.03])
        assert capsys.readouterr().out == ""

    def test_a_schedule_counts_the_batches_until_the_step(self, compiled, fit):
        record = fit(compiled(SGD(falling(), gradient_accumulation_steps=4)), "run")
        assert_allclose(rates(record), [0.1 / 4, 0.1 / 8])


class TestUnknown:
    def test_the_rate_of_a_function_is(self, compiled, fit):
        record = fit(compiled(SGD(lambda: 0.03)), "run")
        assert np.isnan(rates(record)).all()
        assert steps(record) == [4, 4]

    def test_a_schedule_is_that_may_have_been_assigned_before_the_record_came(self, compiled, fit):
        model = compiled(SGD(0.03), run_eagerly=False)
        model.fit(np.ones((8, 1)), np.ones((8, 1)), batch_size=2, verbose=0)
        model.optimizer.learning_rate = falling()
        record = fit(model, TrainingRecord("run"))
        assert np.isnan(rates(record)).all()
        assert steps(record) == [4, 4]


def test_a_model_without_trainable_weights_blames_nobody(compiled, fit, capsys):
    model = compiled(SGD(0.03))
    model.trainable = False
    model.compile(optimizer=SGD(0.03), loss="mse", run_eagerly=True)
    with pytest.warns(UserWarning, match="does not have any trainable weights"):
        record = fit(model, "run")
    assert steps(record) == [0, 0]
    assert capsys.readouterr().out == ""


def test_eager_execution_that_comes_too_late_changes_nothing(compiled, fit, capsys):
    model = compiled(SGD(0.03), run_eagerly=False)
    record = fit(model, "run", epochs=1)
    model.run_eagerly = True
    model.optimizer = SGD(0.001)
    fit(model, record, epochs=1)
    assert "took no step in epoch 2" in capsys.readouterr().out
    assert_allclose(rates(record), 0.03)
