"""What can be compared with what, and how runs compare: one row per run."""

from collections.abc import Iterable

from lessons_lib.checks import positive_number
from lessons_lib.table import MEASURED, runs_in, status_of
import pandas as pd

# In words, because a record draws itself and so needs this module first.
Runs = "TrainingRecord | pd.DataFrame | Iterable[TrainingRecord | pd.DataFrame]"


def summarize(runs: Runs, *, target: float | None = None, metric: str = "loss") -> pd.DataFrame:
    """Compares runs: what they reached, in what time.

    All times are counted in the run's *median* epoch, so that a slow one, like those in
    which TensorFlow builds a step, distorts none of them.

    Args:
        runs: Records or their tables (`to_frame()`, also read back from a CSV file), one
            or several; a table may hold several runs.
        target: A value of `metric` to reach, above 0.
        metric: The metric that must reach the target.

    Returns:
        A table with one row per run, by its name: `epochs`, the last `loss` and
        `val_loss`, `median_epoch_seconds`, `seconds` (`epochs` times that), and
        `status` (see `status_of`). With a target also `epochs_to_target` and
        `seconds_to_target`: after how many epochs, and median epochs' seconds, `metric`
        was at the target or below and stayed there to the end; missing if it did not.

    Raises:
        ValueError: There is no run, a run has no epoch, two runs have the same name, a
            run lacks the metric, or `target` is not a number above 0.
    """
    tables = to_tables(runs, metric)
    if target is not None:
        target = positive_number("The target", target)
    rows = {}
    for name, frame in tables.items():
        # Of an even number of epochs the lower middle one: of two, one may be slow.
        second = frame["seconds"].quantile(0.5, interpolation="lower")
        row = rows[name] = {
            "epochs": len(frame),
            "loss": frame["loss"].iloc[-1],
            "val_loss": frame["val_loss"].iloc[-1],
            "median_epoch_seconds": second,
            "seconds": len(frame) * second,
        }
        if target is not None:
            row["epochs_to_target"] = epochs_to_target(frame[metric], target)
            row["seconds_to_target"] = row["epochs_to_target"] * second
        row["status"] = status_of(frame)
    counts = {} if target is None else {"epochs_to_target": "Int64"}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("run").astype(counts)


def epochs_to_target(values: pd.Series, target: float) -> float:
    """Counts the epochs until `values` are at `target` or below for good, else NaN."""
    # How many epochs at the end are all at the target; a NaN is not.
    stayed = (values <= target)[::-1].cummin().sum()
    return len(values) - stayed + 1 if stayed else float("nan")


def to_tables(runs: Runs, *metrics: str) -> dict[str, pd.DataFrame]:
    """Gives the table of each run by its name, after checking that they compare.

    Raises:
        ValueError: See `summarize`.
    """
    several = isinstance(runs, Iterable) and not isinstance(runs, pd.DataFrame)
    frames = []
    for run in runs if several else [runs]:
        frame = run.to_frame() if hasattr(run, "to_frame") else run
        if not isinstance(frame, pd.DataFrame):
            raise ValueError(
                f"{type(run).__name__} is not a record: give the TrainingRecord that you passed "
                "to fit(..., callbacks=[record]), or its table, record.to_frame()."
            )
        if frame.empty:
            what = "The table" if frame is run else f"The record {run.name!r}"
            raise ValueError(f"{what} is empty: pass the record to fit(..., callbacks=[record]).")
        frames += runs_in(frame).values()  # Each must have what a table needs.
    if not frames:
        raise ValueError("There is no run to compare: give a TrainingRecord, or a list of them.")
    tables = runs_in(pd.concat(frames))
    common = set.intersection(*(metrics_of(frame) for frame in tables.values()))
    for metric in set(metrics) - common:
        raise ValueError(
            f'Not every run has the metric "{metric}"; what they have in common: '
            f"{', '.join(sorted(map(str, common)))}."
        )
    return tables


def metrics_of(frame: pd.DataFrame) -> set[str]:
    """Gives the metrics that a run has recorded."""
    # All that is left of a metric may be NaN.
    diverged = status_of(frame).startswith("diverged")
    metrics = frame.select_dtypes("number").columns.difference(MEASURED, sort=False)
    return {metric for metric in metrics if diverged or frame[metric].notna().any()}
