"""The story holds for other seeds than the one that the lesson shows."""

from tests.lessons import LESSONS, code_cells, read_notebook
import pandas as pd

SEEDS = range(1, 21)


def run_the_fits_of_lesson_3(seed):
    """Runs the lesson's own cells with another seed, and summarizes its three runs."""
    (path,) = (path for path in LESSONS if path.stem.startswith("03"))
    notebook = read_notebook(path)
    namespace = {}
    for cell in code_cells(notebook, tag="setup"):
        exec(cell.source, namespace)
    namespace["seed"] = seed
    for cell in code_cells(notebook, tag="fit"):
        exec(cell.source, namespace)
    runs = [namespace[name] for name in ("high", "low", "two_stage")]
    return namespace["summarize"](runs)


def test_two_stage_ends_lowest_for_nearly_every_seed():
    summaries = pd.concat({seed: run_the_fits_of_lesson_3(seed) for seed in SEEDS})
    assert (summaries["epochs"] == 200).all()
    wins = {}
    for metric in ("loss", "val_loss"):
        ends = summaries[metric].unstack()
        wins[metric] = (ends.idxmin(axis="columns") == "two-stage").sum()
    assert wins["loss"] >= 19
    assert wins["val_loss"] >= 17
