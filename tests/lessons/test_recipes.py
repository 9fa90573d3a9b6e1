"""Each recipe does what it promises on a model like those that people have at work."""

import lessons_lib as lib
from tests.notebooks import LESSONS, read_notebook
import keras
import pytest
from keras.optimizers import Adam
from keras.optimizers.schedules import ExponentialDecay

TRAINING, VALIDATION = lib.load_diamonds()


def recipe(number, **names):
    """Runs the first code cell under a lesson's heading "Recipe"; gives what's defined then."""
    cells = read_notebook(LESSONS[number - 1]).cells
    (start,) = (i for i, cell in enumerate(cells) if cell.source.startswith("## Recipe"))
    code = next(cell.source for cell in cells[start:] if cell.cell_type == "code")
    exec(code, defined := {"keras": keras} | names)
    return defined


def real_model(optimizer, **options):
    """Builds and compiles a model with BatchNormalization, Dropout, and a metric."""
    layers = [keras.layers.Dense(8, activation="relu"), keras.layers.BatchNormalization()]
    layers += [keras.layers.Dropout(0.1), keras.layers.Dense(1)]
    model = keras.Sequential([keras.Input((6,)), *layers])
    model.compile(optimizer=optimizer, loss="mse", metrics=["mae"], **options)
    return model


def assign(model):
    model.optimizer = Adam(0.0001)


def lower(model):
    model.optimizer.learning_rate = 0.0001


def compile_again(model):
    model.compile(optimizer=Adam(ExponentialDecay(0.03, 25, 0.9)), loss="mse", metrics=["mae"])


class TestSanityCheck:
    @pytest.fixture
    def fit(self):
        check = recipe(4)["CheckOptimizer"]
        options = {"validation_data": VALIDATION, "epochs": 2, "verbose": 0}
        return lambda model: model.fit(TRAINING, **options, callbacks=[check()])

    def test_it_raises_if_the_named_optimizer_takes_no_step(self, fit):
        model = real_model(Adam(0.03))
        fit(model)
        assign(model)
        with pytest.raises(RuntimeError, match="took no step"):
            fit(model)

    @pytest.mark.parametrize("change", [lower, compile_again])
    @pytest.mark.parametrize("scaled", [False, True])
    def test_it_keeps_quiet_after_changes_that_take_effect(self, fit, change, scaled):
        optimizer = keras.optimizers.LossScaleOptimizer(Adam(0.03)) if scaled else Adam(0.03)
        model = real_model(optimizer, steps_per_execution=5)
        fit(model)
        change(model)
        fit(model)

    def test_it_keeps_quiet_where_nothing_is_traced(self, fit):
        model = real_model(Adam(0.03), run_eagerly=True)
        fit(model)
        assign(model)
        fit(model)
