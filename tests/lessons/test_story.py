"""The story holds for other seeds than the one that the lesson shows."""

import lessons_lib as lib
from tests.notebooks import LESSONS, code_cells, read_notebook
import keras
import pandas as pd

SEEDS = range(1, 21)


def rates_of_lesson_3():
    (path,) = (path for path in LESSONS if path.stem.startswith("03"))
    namespace = {}
    for cell in code_cells(read_notebook(path), tag="setup"):
        exec(cell.source, namespace)
    return namespace["HIGH"], namespace["LOW"]


def ends_of(runs):
    """Trains twenty networks at once, each with its own split of the diamonds; their losses."""
    batches, training, validation, _ = lib.load_many_diamonds(SEEDS, epochs=50)
    model = lib.build_many_models(SEEDS)
    optimizer = keras.optimizers.Adam()
    model.compile(optimizer=optimizer, loss=lib.sum_of_losses, steps_per_execution=len(batches))
    ends = {}
    for name, stages in runs.items():
        lib.back_to_start(model)
        for learning_rate, epochs in stages:
            model.optimizer.learning_rate = learning_rate
            model.fit(batches, epochs=epochs // 50, verbose=0)
        for metric, rows in {"loss": training, "val_loss": validation}.items():
            ends[metric, name] = lib.loss_of_each(model, rows)
    return pd.DataFrame(ends)


def test_two_stage_ends_lowest_for_nearly_every_seed():
    high, low = rates_of_lesson_3()
    runs = {
        "high": [(high, 200)],
        "low": [(low, 200)],
        "two-stage": [(high, 100), (low, 100)],
    }
    ends = ends_of(runs)
    wins = {
        metric: (ends[metric].idxmin(axis="columns") == "two-stage").sum()
        for metric in ("loss", "val_loss")
    }
    assert wins["loss"] >= 19
    assert wins["val_loss"] >= 17
