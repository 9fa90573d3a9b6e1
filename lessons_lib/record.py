"""What happened in a run: a Keras callback that writes it down, and its summary."""

import math
import time
from collections.abc import Iterable

import keras
import pandas as pd
from IPython import get_ipython
from IPython.display import display

COLUMNS = [
    "run",
    "stage",
    "epoch",
    "learning_rate",
    "steps",
    "seconds",
    "traced",
    "loss",
    "val_loss",
]
IGNORED = """\
{run}: the new optimizer took no step in epoch {epoch}.
Keras built its training step with {earlier} and goes on with that one;
assigning to model.optimizer does not build the step again. Two ways that work:
  - model.compile(optimizer=keras.optimizers.Adam({wanted:g}), loss=...) builds it again;
  - model.optimizer.learning_rate = {wanted:g} changes the rate of the optimizer in use
    (do this instead of assigning a new optimizer, not after it)."""
DIVERGED = """\
{run}: the loss is {loss} in epoch {epoch}: training diverged, and more epochs cannot
mend it. Build the model again and train it with a lower learning rate."""


class TrainingRecord(keras.callbacks.Callback):
    """Records every epoch of one run, over as many `fit` calls as the run has.

    Pass the same record to each `fit` of the run. It reads the learning rate from
    the optimizer that takes the steps, which is not always the one that
    `model.optimizer` names, and says so where the two differ. With `verbose=0` it
    shows the progress of the run as one line in a notebook.

    Args:
        name: The run's name, as tables and figures show it.

    Raises:
        ValueError: `name` is not a text, or is empty.

    Example:

    >>> record = TrainingRecord("two-stage")
    >>> model.fit(training, epochs=100, shuffle=False, callbacks=[record])
    >>> model.optimizer.learning_rate = 0.0001
    >>> model.fit(training, epochs=100, shuffle=False, callbacks=[record])
    >>> record.to_frame()
    """

    def __init__(self, name: str):
        super().__init__()
        if not isinstance(name, str) or not name.strip():
            raise ValueError(
                f"The name of a record is {name!r}, but it must be a text that is not "
                'empty, for example TrainingRecord("high").'
            )
        self.name = name
        self._rows = []
        self._stage = 0
        self._fitting = False
        self._optimizers = []
        self._functions = None

    def to_frame(self) -> pd.DataFrame:
        """Gives the record as a table with one row per finished epoch.

        Returns:
            A table with the columns `run` (the name), `stage` (which `fit`, from 1),
            `epoch` (from 1, counted on over the fits), `learning_rate` (of the
            optimizer that took the steps, at the epoch's first step; NaN if the
            record has never seen that optimizer), `steps` (that it took), `seconds`
            (training and validation), `traced` (True if TensorFlow built the
            training or validation step in this epoch, which takes far longer than
            the epoch itself), `loss`, `val_loss` (NaN without validation), and any
            other metric of the model.
        """
        frame = pd.DataFrame(self._rows)
        others = [column for column in frame.columns if column not in COLUMNS]
        return frame.reindex(columns=COLUMNS + others)

    @property
    def status(self) -> str:
        """How the run ended: "finished", "interrupted in ..." or "diverged in ..."."""
        for row in self._rows:
            if not math.isfinite(row["loss"]):
                return f"diverged in epoch {row['epoch']}"
        if self._fitting:
            return f"interrupted in epoch {self._last_epoch + 1}"
        return "finished"

    @property
    def metrics(self) -> set[str]:
        """The names of the recorded metrics; none before the first epoch ends."""
        return set().union(*self._rows) - set(COLUMNS[:7])

    @property
    def _last_epoch(self):
        return self._rows[-1]["epoch"] if self._rows else 0

    def on_train_begin(self, logs=None):
        # Keras calls on_train_end only where nothing stops `fit` halfway.
        self._fitting = True
        self._stage += 1
        self._shift = None
        self._told = False
        self._line = None
        self._show(f"{self.name}: building the training step ...")

    def on_train_end(self, logs=None):
        self._fitting = False
        if self._rows:
            self._show(self._progress())

    def on_epoch_begin(self, epoch, logs=None):
        if self._shift is None:
            # A `fit` with initial_epoch counts on by itself, the others start at 0.
            self._shift = max(self._last_epoch - epoch, 0)
        self._at_first_step = None
        self._start = time.perf_counter()

    def on_train_batch_begin(self, batch, logs=None):
        if self._at_first_step is not None:
            return
        named = self.model.optimizer
        if not any(optimizer is named for optimizer in self._optimizers):
            self._optimizers.append(named)
        self._at_first_step = [
            (optimizer, int(optimizer.iterations), float(optimizer.learning_rate))
            for optimizer in self._optimizers
        ]

    def on_epoch_end(self, epoch, logs=None):
        seconds = time.perf_counter() - self._start
        # Keras makes these functions anew where it has to trace them.
        functions = (self.model.train_function, self.model.test_function)
        traced = functions != self._functions and not self.model.run_eagerly
        self._functions = functions
        used, steps, rate = None, 0, math.nan
        for optimizer, before, rate_before in self._at_first_step:
            if int(optimizer.iterations) > before:
                used, rate = optimizer, rate_before
                steps = int(optimizer.iterations) - before
        row = {
            "run": self.name,
            "stage": self._stage,
            "epoch": epoch + self._shift + 1,
            "learning_rate": rate,
            "steps": steps,
            "seconds": seconds,
            "traced": traced,
            **(logs or {}),
        }
        self._tell(row, used)
        self._rows.append(row)
        if time.perf_counter() - self._shown > 0.2:
            self._show(self._progress())

    def _tell(self, row, used):
        """Prints, once a fit, that a change had no effect or that training diverged."""
        if self._told:
            return
        if used is not self.model.optimizer:
            earlier = "an earlier optimizer"
            if used:
                earlier += f" (learning rate {row['learning_rate']:g})"
            wanted = float(self.model.optimizer.learning_rate)
            print(IGNORED.format(earlier=earlier, wanted=wanted, **row))
            self._told = True
        elif not math.isfinite(row["loss"]):
            print(DIVERGED.format(**row))
            self._told = True

    def _progress(self):
        row = self._rows[-1]
        line = f"{self.name}: epoch {row['epoch']} of {self.params['epochs'] + self._shift}"
        line += f", training loss {row['loss']:.4f}"
        if "val_loss" in row:
            line += f", validation loss {row['val_loss']:.4f}"
        return line

    def _show(self, line):
        """Shows one line under the cell, over the one before: `fit` shows nothing."""
        self._shown = time.perf_counter()
        if self.params.get("verbose") or not hasattr(get_ipython(), "kernel"):
            return
        if self._line is None:
            self._line = display({"text/plain": line}, raw=True, display_id=True)
        else:
            self._line.update({"text/plain": line}, raw=True)


def summarize(
    records: TrainingRecord | Iterable[TrainingRecord],
    target: float | None = None,
    metric: str = "loss",
) -> pd.DataFrame:
    """Compares runs: what they reached, in what time.

    Epochs in which TensorFlow built a step (`traced`) count as long as the median
    of the run's other epochs, so that times compare.

    Args:
        records: One record or several, of different names.
        target: A value of `metric` to reach, above 0.
        metric: The column of the records that must reach the target.

    Returns:
        A table with one row per run, by its name: `epochs`, the last `loss` and
        `val_loss`, `seconds_per_epoch` (the median), `total_seconds`, and `status`
        (how the run ended). With a target also `epochs_to_target` and
        `seconds_to_target`: after how many epochs and seconds `metric` was at the
        target or below and stayed there to the end; "never" where it did not.

    Raises:
        ValueError: There is no record, a record is empty, two records have the same
            name, a record lacks the metric, or `target` is not a number above 0.
    """
    frames = to_frames(records, metric)
    if target is not None:
        check_target(target)
    rows = {}
    for record, frame in frames:
        seconds = comparable_seconds(frame)
        last = frame.iloc[-1]
        rows[record.name] = {
            "epochs": len(frame),
            "loss": last["loss"],
            "val_loss": last["val_loss"],
            "seconds_per_epoch": seconds.median(),
            "total_seconds": seconds.sum(),
        }
        if target is not None:
            reached = epochs_to_target(frame[metric], target)
            rows[record.name] |= {
                "epochs_to_target": reached or "never",
                "seconds_to_target": seconds[:reached].sum() if reached else "never",
            }
        rows[record.name]["status"] = record.status
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("run")


def epochs_to_target(values: pd.Series, target: float) -> int | None:
    """Counts the epochs until `values` are at `target` or below for good, else None."""
    # "not <=" and not ">": a NaN has not reached the target.
    missed = ~(values <= target).to_numpy()
    if missed[-1]:
        return None
    return int(len(missed) - missed[::-1].argmax() + 1) if missed.any() else 1


def comparable_seconds(frame: pd.DataFrame) -> pd.Series:
    """Gives each epoch's seconds, those that held tracing as the median of the others."""
    usual = frame["seconds"].mask(frame["traced"])
    return usual.fillna(usual.median()) if usual.notna().any() else frame["seconds"]


def to_frames(
    records: TrainingRecord | Iterable[TrainingRecord], *metrics: str
) -> list[tuple[TrainingRecord, pd.DataFrame]]:
    """Gives each record with its table, after checking that they compare.

    Raises:
        ValueError: See `summarize`.
    """
    records = [records] if isinstance(records, TrainingRecord) else list(records)
    if not records:
        raise ValueError("There is no record: give one TrainingRecord or a list.")
    for record in records:
        if not isinstance(record, TrainingRecord):
            raise ValueError(
                f"{type(record).__name__} is not a record: give the TrainingRecord "
                "that you passed to fit(..., callbacks=[record])."
            )
        if not record.metrics:
            raise ValueError(
                f'The record "{record.name}" is empty, but it needs at least one '
                "finished epoch: pass it to fit(..., callbacks=[record])."
            )
    names = [record.name for record in records]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(
            f'More than one record has the name "{twice.pop()}", but every run needs '
            "its own: choose it in TrainingRecord(name)."
        )
    common = set.intersection(*(record.metrics for record in records))
    for metric in metrics:
        if metric not in common:
            raise ValueError(
                f'Not every record has the metric "{metric}"; what they have in common: '
                f"{', '.join(sorted(common))}."
            )
    return [(record, record.to_frame()) for record in records]


def check_target(target: float) -> None:
    """Raises a ValueError unless `target` is a number above 0."""
    if not isinstance(target, (int, float)) or not 0 < target < math.inf:
        raise ValueError(f"The target is {target!r}, but a loss to reach must be a number above 0.")
