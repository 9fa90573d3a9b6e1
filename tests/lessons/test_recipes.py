"""Each recipe does what it promises on a model like those that people have at work."""

import re
import subprocess
import sys
from pathlib import Path

import lessons_lib as lib
from tests.notebooks import LESSONS, headings, read_notebook
import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from keras.optimizers import Adam
from keras.optimizers.schedules import ExponentialDecay

TRAINING, VALIDATION = lib.load_diamonds()


def recipe(number, cells=1, replaced=("", ""), **names):
    """Runs the code cells under a lesson's heading "Recipe"; gives what's defined then."""
    notebook = read_notebook(LESSONS[number - 1])
    pairs = zip(headings(notebook), notebook.cells, strict=True)
    codes = [c.source for h, c in pairs if h.startswith("Recipe") and c.cell_type == "code"]
    defined = {"keras": keras, "np": np, "pd": pd} | names
    for code in codes[:cells]:
        exec(code.replace(*replaced), defined)
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


def test_fine_tuning_freezes_the_base_first_and_always_its_batch_normalization(
    monkeypatch, tmp_path
):
    fit, moved = keras.Model.fit, []

    def watched(model, *args, **options):
        (base,) = (layer for layer in model.layers if isinstance(layer, keras.Model))
        for w in base.weights if not moved else []:
            # An untrained base would give 1e-15, so no gradient would reach its layers.
            w.assign(3.5 * w if "kernel" in w.path else w)
        before = [w.numpy() for w in base.weights]
        history = fit(model, *args, **options)
        assert {"val_loss", "val_accuracy"} <= {*history.history}
        pairs = zip(base.weights, before, strict=True)
        moved.append([w.path for w, old in pairs if np.any(w.numpy() != old)])

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(keras.Model, "fit", watched)
    recipe(5)
    frozen, unfrozen = moved
    assert frozen == []
    assert any("conv" in path for path in unfrozen)
    assert not any("_bn/" in path for path in unfrozen)
    assert keras.models.load_model("mine.keras").count_params() > 200_000


def test_the_schedule_lowers_the_rate_in_the_middle_and_the_best_checkpoint_is_kept(
    monkeypatch, tmp_path
):
    model = real_model(Adam())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(lib, "build_model", lambda seed: model)
    names = {"lib": lib, "HIGH": 0.03, "LOW": 0.0001, "seed": 0}
    recipe(6, 3, ("epochs, steps = 100, 200", "epochs, steps = 3, 6"), **names)
    log = pd.read_csv("log.csv")
    assert log["learning_rate"].tolist() == pytest.approx([0.03] * 3 + [0.0001] * 3)
    loss, mae = keras.models.load_model("best.keras").evaluate(VALIDATION, verbose=0)
    best = log.loc[log["val_loss"].idxmin()]
    assert (loss, mae) == pytest.approx((best["val_loss"], best["val_mae"]), rel=1e-4)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_range_test_suggests_a_sane_rate_and_leaves_the_model_alone(seed, monkeypatch):
    keras.utils.set_random_seed(seed)
    model = real_model(Adam())
    model.fit(TRAINING, epochs=1, verbose=0)
    state = [*model.weights, *model.optimizer.variables]
    before, loss = [v.numpy() for v in state], model.evaluate(VALIDATION, verbose=0)
    monkeypatch.setattr(lib, "build_model", lambda seed: model)
    assert 0.03 < recipe(7, 2, lib=lib, plt=plt, seed=seed)["peak_to_try"] < 0.5
    plt.close()
    assert all(map(np.array_equal, before, state))
    assert model.evaluate(VALIDATION, verbose=0) == loss
    model.fit(TRAINING, validation_data=VALIDATION, epochs=1, verbose=0)


def test_averaged_weights_are_saved_and_with_the_callback_also_validated(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    averaged = recipe(10, lib=lib, seed=0)["averaged"]
    loss, _ = keras.models.load_model("mine.keras").evaluate(VALIDATION, verbose=0)
    assert loss == pytest.approx(averaged, rel=1e-5)
    model, swap = real_model(Adam(0.03, use_ema=True)), keras.callbacks.SwapEMAWeights()
    fit = model.fit(TRAINING, validation_data=VALIDATION, verbose=0, callbacks=[swap])
    assert fit.history["val_loss"] == pytest.approx([model.evaluate(VALIDATION, verbose=0)[0]])


def test_a_cooldown_continues_a_checkpoint_and_lowers_its_rate_to_the_end(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(lib, "build_model", lambda seed: real_model(Adam()))
    rates = recipe(11, 2, lib=lib, HIGH=0.03, seed=0)["ending"].history["learning_rate"]
    assert rates == pytest.approx(np.linspace(0.03, 0.0001, 9)[1:])
    assert keras.models.load_model("cooled_40.keras").optimizer.iterations == 40 * len(TRAINING)


def test_a_sweep_runs_as_a_script_and_again_runs_only_what_is_missing(monkeypatch, tmp_path):
    sources = [cell.source for cell in read_notebook(LESSONS[11]).cells]
    parts = [source for source in sources if re.match(r"%%writefile.* my_sweep.py", source)]
    (tmp_path / "my_sweep.py").write_text("".join(part.partition("\n")[2] + "\n" for part in parts))
    monkeypatch.chdir(tmp_path)
    script = [sys.executable, "my_sweep.py"]
    subprocess.run(script, capture_output=True, check=True)
    losses = {file.name: file.read_text() for file in tmp_path.glob("*.txt")}
    runs = [(rate, seed) for rate in (0.001, 0.03) for seed in range(6)]
    assert {*losses} == {f"rate_{rate}_seed_{seed}.txt" for rate, seed in runs}
    Path("rate_0.03_seed_0.txt").unlink()
    Path("rate_0.03_seed_1.txt").write_text("as it was")
    subprocess.run(script, capture_output=True, check=True)
    assert Path("rate_0.03_seed_0.txt").read_text() == losses["rate_0.03_seed_0.txt"]
    assert Path("rate_0.03_seed_1.txt").read_text() == "as it was"
