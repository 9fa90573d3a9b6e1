"""The story holds for other seeds than the one that the lesson shows."""

import lessons_lib as lib
from tests.notebooks import LESSONS, code_cells, read_notebook
import keras
import pandas as pd

SEEDS = range(1, 21)


def test_two_stage_ends_lowest_for_nearly_every_seed():
    (setup,) = code_cells(read_notebook(LESSONS[2]), tag="setup")
    exec(setup.source, lesson := {})
    high, low = lesson["HIGH"], lesson["LOW"]
    runs = {"high": [(high, 200)], "low": [(low, 200)], "two-stage": [(high, 100), (low, 100)]}
    # Twenty networks at once, each with its own split of the diamonds.
    batches, training, validation, _ = lib.load_many_diamonds(SEEDS, epochs=50)
    model, adam = lib.build_many_models(SEEDS), keras.optimizers.Adam()
    model.compile(optimizer=adam, loss=lib.sum_of_losses, steps_per_execution=len(batches))
    ends = {"training": pd.DataFrame(), "validation": pd.DataFrame()}
    for name, stages in runs.items():
        lib.back_to_start(model)
        for rate, epochs in stages:
            model.optimizer.learning_rate = rate
            model.fit(batches, epochs=epochs // 50, verbose=0)
        ends["training"][name] = lib.loss_of_each(model, training)
        ends["validation"][name] = lib.loss_of_each(model, validation)
    wins = {each: (loss.idxmin(axis=1) == "two-stage").sum() for each, loss in ends.items()}
    assert wins["training"] >= 19
    assert wins["validation"] >= 17
