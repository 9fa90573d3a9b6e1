"""The table of runs, one row per epoch: what it must hold, and how far a run has come."""

import math

import numpy as np
import pandas as pd

# What a record measures itself; the other columns are the model's metrics.
MEASURED = ["run", "stage", "epoch", "planned_epochs", "learning_rate", "steps", "seconds"]


def runs_in(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Gives the rows of each run in a table, by the run's name.

    A column that is missing without harm is filled with NaN.

    Args:
        frame: What `TrainingRecord.to_frame` gave, of one run or several, perhaps read
            back from a CSV file.

    Raises:
        ValueError: There is no column `run`, `epoch` or `loss`; a measured column or a loss
            does not hold numbers; or an epoch of a run is there twice.
    """
    for column in ("run", "epoch", "loss"):
        if column not in frame:
            raise ValueError(f'The table lacks the column "{column}": give what to_frame() gave.')
    missing = [column for column in (*MEASURED, "val_loss") if column not in frame]
    # A name like "1" comes back from a file as a number, and one like "NA" as NaN.
    frame = frame.assign(run=frame["run"].map(str), **dict.fromkeys(missing, math.nan))
    for column in (*MEASURED[1:], "loss", "val_loss"):
        if not pd.api.types.is_numeric_dtype(frame[column]):
            raise ValueError(f'The column "{column}" must hold numbers: give what to_frame() gave.')
    twice = frame.loc[frame.duplicated(["run", "epoch"]), "run"]
    if len(twice):
        raise ValueError(
            f'More than one run has the name "{twice.iloc[0]}", but every run needs its own: '
            "choose it in TrainingRecord(name)."
        )
    return dict(iter(frame.groupby("run", sort=False)))


def status_of(frame: pd.DataFrame) -> str:
    """Says how far the run of a table has come.

    Returns:
        "finished"; or "diverged in epoch 3", if its loss is no longer a finite number;
        or "epoch 3 of 5", if it has not had all its epochs: it was stopped, or is
        still training.
    """
    diverged = frame.loc[~np.isfinite(frame["loss"]), "epoch"]
    if len(diverged):
        return f"diverged in epoch {diverged.iloc[0]}"
    last, planned = frame["epoch"].max(), frame["planned_epochs"].max()
    return f"epoch {last:.0f} of {planned:.0f}" if last < planned else "finished"
