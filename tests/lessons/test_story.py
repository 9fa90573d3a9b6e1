"""The story holds for other seeds than the one that the lesson shows."""

from lessons_lib import (
    back_to_start,
    build_many_models,
    load_many_diamonds,
    loss_of_each,
    sum_of_losses,
)
from tests.notebooks import LESSONS, code_cells, read_notebook
import keras
import pandas as pd
import pytest

pytestmark = pytest.mark.slow

SEEDS = range(1, 21)


def rates_of_lesson_3():
    (path,) = (path for path in LESSONS if path.stem.startswith("03"))
    namespace = {}
    for cell in code_cells(read_notebook(path), tag="setup"):
        exec(cell.source, namespace)
    return namespace["HIGH"], namespace["LOW"]


def ends_of(runs):
    """Trains twenty networks at once, each with its own split of the diamonds; their losses."""
    batches, training, validation, _ = load_many_diamonds(SEEDS, epochs=50)
    model = build_many_models(SEEDS)
    optimizer = keras.optimizers.Adam()
    model.compile(optimizer=optimizer, loss=sum_of_losses, steps_per_execution=len(batches))
    ends = {}
    for name, stages in runs.items():
        back_to_start(model)
        for learning_rate, epochs in stages:
            model.optimizer.learning_rate = learning_rate
            model.fit(batches, epochs=epochs // 50, verbose=0)
        for metric, part in {"loss": training, "val_loss": validation}.items():
            ends[metric, name] = loss_of_each(model, part)
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
