# Before anything else: it silences TensorFlow's start-up lines.
from lessons_lib import TrainingRecord, build_model, load_diamonds
import keras
import matplotlib
import pytest

matplotlib.use("Agg")


@pytest.fixture
def diamonds():
    """Batches of 400, so that an epoch is 4 steps."""
    return load_diamonds(batch_size=400)


@pytest.fixture
def compiled():
    """Gives a function that builds and compiles a model."""

    def compiled_model(learning_rate=0.03, **options):
        model = build_model()
        model.compile(optimizer=keras.optimizers.Adam(learning_rate), loss="mse", **options)
        return model

    return compiled_model


@pytest.fixture
def fit(diamonds):
    """Gives a function that fits a model with validation, and returns its record."""
    training, validation = diamonds

    def fit_model(model, record, epochs=2, **options):
        if isinstance(record, str):
            record = TrainingRecord(record)
        options = {"validation_data": validation, "shuffle": False, "verbose": 0} | options
        callbacks = [record, *options.pop("callbacks", [])]
        model.fit(training, epochs=epochs, callbacks=callbacks, **options)
        return record

    return fit_model
