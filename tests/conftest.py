import contextlib
import io

from lessons_lib import TrainingRecord  # First: it silences TensorFlow's start-up lines.
import keras
import matplotlib
import numpy as np
import pandas as pd
import pytest

matplotlib.use("Agg")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Leaves the notebooks that train many networks to the slow tests."""
    for item in items:
        if item.path.suffix == ".ipynb" and item.path.name.startswith(("09_", "10_", "11_", "12_")):
            item.add_marker("slow")


def table_of(name, losses, *, planned=None, **columns):
    """The table of a run, as a record gives it, with losses and whatever else we choose."""
    epochs = range(1, len(losses) + 1)
    measured = {"run": name, "stage": 1, "epoch": epochs, "planned_epochs": planned or len(epochs)}
    measured |= {"learning_rate": 0.1, "steps": 4, "seconds": 1.0, "loss": np.array(losses, float)}
    return pd.DataFrame(measured | {"val_loss": np.nan} | columns)


def said(function, *args, **options):
    """Calls a function; gives the lines that it prints."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        function(*args, **options)
    return out.getvalue().splitlines()


def compiled(optimizer=0.03, *, run_eagerly=True, **options):
    """A tiny model, compiled with an optimizer or a rate; without its step built, it is quick."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        optimizer = keras.optimizers.Adam(optimizer)
    model.compile(optimizer=optimizer, loss="mse", run_eagerly=run_eagerly, **options)
    return model


def fit(model, record, epochs=2, *, before=(), after=(), **options):
    """Fits such a model, 4 steps an epoch; gives its record, or a new one with that name."""
    features = np.linspace(-1, 1, 8).reshape(-1, 1)
    data = features, 3 * features + 1
    record = TrainingRecord(record) if isinstance(record, str) else record
    usual = {"validation_data": data, "validation_batch_size": 8, "batch_size": 2, "verbose": 0}
    model.fit(*data, epochs=epochs, callbacks=[*before, record, *after], **usual | options)
    return record
