"""The table of a run, one row per epoch: what it holds, and how runs compare."""

import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

# What a record measures itself; all other columns are losses and metrics.
MEASURED = ["run", "stage", "epoch", "planned_epochs", "learning_rate", "steps", "seconds"]
NAMES = {"loss": "training loss", "val_loss": "validation loss"}
Run = "TrainingRecord | pd.DataFrame | str | Path"
Runs = "Run | Iterable[Run]"


def summarize(runs: Runs, *, target: float | None = None) -> pd.DataFrame:
    """Compares runs: what loss they reached, and how long that took.

    Times are based on the run's *median* epoch. A slow one, like the first, in which
    TensorFlow traces the training step, doesn't distort them.

    Args:
        runs: One run or several: records, their tables (`to_frame()`), tables of what
            `fit` returned (`pd.DataFrame(history.history)`), or CSV files of any of these
            or of `keras.callbacks.CSVLogger`. A table may hold several runs.
        target: A training loss to reach.

    Returns:
        A table with one row per run: `epochs`, the last `loss` and `val_loss`,
        `median_epoch_seconds`, `seconds` (`epochs` times that), and `status` (see
        `status_of`). With a target also `epochs_to_target` and `seconds_to_target`:
        when the training loss was at the target or below, and stayed there to the end;
        missing if it never did. What a run doesn't have is NaN.

    Raises:
        ValueError: There's no run, something isn't a run or is empty, two runs have the
            same name.
    """
    rows = {}
    for name, frame in tables_of(runs).items():
        status, frame = status_of(frame), frame.reindex(columns=[*MEASURED, *NAMES])
        # With an even number of epochs the lower of the middle two, because one may be slow.
        median = frame["seconds"].quantile(0.5, interpolation="lower")
        # Not every epoch may have had a validation, so the last value there is.
        last = (frame if status.startswith("diverged") else frame.ffill()).iloc[-1]
        row = {"epochs": len(frame), "loss": last["loss"], "val_loss": last["val_loss"]}
        row |= {"median_epoch_seconds": median, "seconds": len(frame) * median}
        if target is not None:
            # How many epochs at the end are all at the target; a NaN isn't.
            stayed = (frame["loss"] <= target)[::-1].cummin().sum()
            row["epochs_to_target"] = len(frame) - stayed + 1 if stayed else math.nan
            row["seconds_to_target"] = row["epochs_to_target"] * median
        rows[name] = row | {"status": status}
    counts = {} if target is None else {"epochs_to_target": "Int64"}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("run").astype(counts)


def status_of(frame: pd.DataFrame) -> str:
    """Says how far the run of a table has come.

    Returns:
        "finished"; or "diverged in epoch 3", if its loss is no longer a finite number;
        or "epoch 3 of 5", if it hasn't had all its epochs: it was stopped, or is still
        training.
    """
    if "loss" in frame and not np.isfinite(frame["loss"]).all():
        return f"diverged in epoch {frame['epoch'][~np.isfinite(frame['loss'])].iloc[0]}"
    last, planned = frame["epoch"].max(), frame["planned_epochs"].max()
    return f"epoch {last:.0f} of {planned:.0f}" if last < planned else "finished"


def tables_of(runs: Runs, *metrics: str) -> dict[str, pd.DataFrame]:
    """Gives each run's table by the run's name; every run has all the metrics.

    Raises:
        ValueError: See `summarize`; or a run lacks a metric.
    """
    one = isinstance(runs, (pd.DataFrame, str)) or not isinstance(runs, Iterable)
    tables = {}
    for number, run in enumerate([runs] if one else runs, start=1):
        for name, table in table_of(run, f"run {number}").groupby("run", sort=False):
            if name in tables or not table["epoch"].is_unique:
                raise ValueError(f'Two runs are named "{name}", but every run needs its own name.')
            diverged = status_of(table).startswith("diverged")
            known = table if diverged else table.dropna(axis="columns", how="all")
            for metric in metrics:
                if metric not in known:
                    raise ValueError(f'The run "{name}" has no "{metric}".')
            tables[name] = table
    if not tables:
        raise ValueError("There's no run to compare: give a TrainingRecord, or a list of them.")
    return tables


def table_of(run: Run, name: str) -> pd.DataFrame:
    """Gives one table in the form of `TrainingRecord.to_frame`; what's missing is NaN.

    Args:
        run: See `summarize`.
        name: The run's name, if the table doesn't have one.
    """
    if isinstance(run, (str, Path)):
        run, name = pd.read_csv(run), Path(run).stem
    elif hasattr(run, "to_frame"):
        run, name = run.to_frame(), run.name
    if not isinstance(run, pd.DataFrame) or not {"run", "loss"} & set(run):
        raise ValueError(f"{run!r} isn't a run: give a TrainingRecord, or the table to_frame().")
    if run.empty:
        raise ValueError(f"{name} has no epochs: pass it to fit(callbacks=...).")
    if "run" not in run:
        # A table from Keras: History has no epochs, CSVLogger counts them from 0 in each fit.
        counted = "epoch" in run and run["epoch"].is_unique
        run = run.assign(run=name, epoch=run["epoch"] + 1 if counted else range(1, len(run) + 1))
    # A name like "1" comes back from a file as a number.
    return run.assign(run=run["run"].map(str), **{c: math.nan for c in MEASURED if c not in run})
