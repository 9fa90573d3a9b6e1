"""What happened in a run: a Keras callback that writes it down, one row per epoch."""

import math
import time
import weakref

from lessons_lib.live import Progress, StopButton
from lessons_lib.messages import DIVERGED, IGNORED, OTHER, STOPPED, UNUSED
from lessons_lib.steps import BUILT, inner, number, rate_of
from lessons_lib.table import MEASURED, runs_in
import keras
import pandas as pd


class TrainingRecord(keras.callbacks.Callback):
    """Records every epoch of one run, over as many `fit` calls as the run has.

    Pass the same record to each `fit` of the run. It reads the learning rate from
    the optimizer that takes the steps, which is not always the one that
    `model.optimizer` names, and says so where the two differ. With `verbose=0` it
    shows the progress of the run in a notebook. There, the stop button ends a fit
    with its epoch; pressed again in the same cell, it interrupts as always.

    Args:
        name: The run's name, as tables and figures show it.
        live: Whether the progress is a loss curve that grows, three times a second, and
            ends as the figure of the run, instead of one line of text.

    Attributes:
        start: The weights with which the first fit began; None before it.

    Raises:
        ValueError: `name` is not a text, or is empty.

    Example:
    >>> record = TrainingRecord("two-stage")
    >>> model.fit(training, epochs=100, verbose=0, callbacks=[record])
    >>> model.optimizer.learning_rate = 0.0001
    >>> model.fit(training, epochs=100, verbose=0, callbacks=[record])
    """

    def __init__(self, name: str, *, live: bool = False):
        super().__init__()
        if not isinstance(name, str) or not name.strip():
            raise ValueError(
                f"A record's name is {name!r}, but it must be a text that is not empty."
            )
        self.name, self.start = name, None
        self._live, self._rows = live, []
        self._stage = self._planned = 0
        self._of = None  # The model, but a record does not keep it alive.

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> "TrainingRecord":
        """Gives a record with the epochs of a table, ready to be trained on with.

        Args:
            frame: What `to_frame` of a record gave, perhaps read back from a CSV file.

        Raises:
            ValueError: The table has several runs, or see `runs_in`.
        """
        runs = runs_in(frame)
        if len(runs) != 1:
            raise ValueError(
                f"The table has {len(runs)} runs, but a record is of one: choose its rows."
            )
        ((name, frame),) = runs.items()
        record = cls(name)
        record._rows = frame.to_dict("records")
        record._stage = int(frame["stage"].fillna(1).max())
        record._planned = int(frame["planned_epochs"].fillna(frame["epoch"]).max())
        return record

    def to_frame(self) -> pd.DataFrame:
        """Gives the record as a table with one row per finished epoch.

        Returns:
            A table with the columns `run` (the name), `stage` (which `fit`, from 1),
            `epoch` (from 1, counted on over the fits), `planned_epochs` (how many the
            run was asked for), `learning_rate` (of the optimizer that took the steps, at
            the epoch's first step), `steps` (that it took), `seconds` (training and
            validation), `loss`, `val_loss` (NaN without validation), and any other metric.
            Rate and steps are NaN where nobody can know them.
        """
        frame = pd.DataFrame(self._rows).assign(planned_epochs=self._planned)
        columns = [*MEASURED, "loss", "val_loss"]
        return frame.reindex(columns=columns + [c for c in frame.columns if c not in columns])

    def set_model(self, model):
        super().set_model(model)
        # Keras calls this before it builds the training step of this fit.
        if model.train_function and not model.run_eagerly:
            BUILT.setdefault(model.train_function)

    def on_train_begin(self, logs=None):
        if self._rows and self._of and self._of() is not self.model:
            raise ValueError(OTHER.format(**self._rows[-1]))
        self._of = weakref.ref(self.model)
        self.start = self.start if self._rows else self.model.get_weights()
        self._stage += 1
        self._shift, self._told = None, False
        self._progress, self._stop = Progress(self._live), StopButton(self.model)
        self._show(f"{self.name}: TensorFlow gets ready ...")

    def on_train_end(self, logs=None):
        self._stop.release()
        if self._rows:
            self._show(self._line(), done=True)
        if self._stop.pressed:
            print(STOPPED.format(planned=self._planned, **self._rows[-1]))
        # A record is kept, but the megabytes of a model need not be kept with it.
        self._stop = self._before = self._used = self._model = None

    def on_epoch_begin(self, epoch, logs=None):
        if self._shift is None:
            # A `fit` with initial_epoch counts on by itself, the others start at 0.
            last = self._rows[-1]["epoch"] if self._rows else 0
            self._shift = max(last - epoch, 0)
            self._planned = self.params["epochs"] + self._shift
        self._before = self._used = None
        self._start = time.perf_counter()

    def on_train_batch_begin(self, batch, logs=None):
        if self._used is None:
            step, named = self.model.train_function, inner(self.model.optimizer)
            now = (named, named._learning_rate)
            if step in BUILT or not self.model.run_eagerly:
                # A variable cannot be replaced, but a schedule may have been.
                now = BUILT.setdefault(step, now) or (named, None if callable(now[1]) else now[1])
            self._before = (*now, number(now[0].iterations), rate_of(*now))

    def on_train_batch_end(self, batch, logs=None):
        optimizer, source, steps, rate = self._before
        if self._used is None and number(optimizer.iterations) > steps:
            # Another callback has moved a plain rate, nobody knows whether before the step.
            certain = callable(source) or rate_of(optimizer, source) == rate
            self._used = rate if certain else math.nan
            if self.model.train_function in BUILT:  # Unknown until now, it has shown itself.
                BUILT[self.model.train_function] = (optimizer, source)

    def on_epoch_end(self, epoch, logs=None):
        optimizer, _, before, _ = self._before
        steps = number(optimizer.iterations) - before
        if not steps and BUILT.get(self.model.train_function, optimizer) is None:
            optimizer, steps = None, math.nan  # It was another one.
        # What is measured comes last: other callbacks write into the logs, too.
        row = (logs or {}) | {
            "run": self.name,
            "stage": self._stage,
            "epoch": epoch + self._shift + 1,
            "planned_epochs": self._planned,
            "learning_rate": math.nan if self._used is None else self._used,
            "steps": steps,
            "seconds": time.perf_counter() - self._start,
        }
        self._told = self._told or self._tell(row, optimizer)
        self._rows.append(row)
        if self._progress.is_due():
            # In the first epoch TensorFlow builds the step, so the median.
            second = self.to_frame()["seconds"].tail(20).median()
            left = (self._planned - row["epoch"]) * second
            self._show(self._line() + f", {left:.0f} s left" * (epoch > 0))

    def _tell(self, row, optimizer):
        """Prints that a change had no effect or that training diverged; whether it did."""
        named, source = inner(self.model.optimizer), self._before[1]
        rate = row["learning_rate"]
        earlier = "" if math.isnan(rate) else f" (learning rate {rate:g})"
        if optimizer is not named:
            wanted = rate_of(named, named._learning_rate)
            print(IGNORED.format(earlier=earlier, wanted=wanted, **row))
        elif source is not None and source is not named._learning_rate:
            print(UNUSED.format(earlier=earlier, **row))
        elif not math.isfinite(row["loss"]):
            print(DIVERGED.format(**row))
        else:
            return False
        return True

    def _line(self):
        row = self._rows[-1]
        line = "{run}: epoch {epoch} of {planned_epochs}, learning rate {learning_rate:.3g}, "
        line += "training loss {loss:.4f}"
        line += ", validation loss {val_loss:.4f}" if "val_loss" in row else ""
        return line.format(**row)

    def _show(self, text, **how):
        # With another `verbose`, Keras shows a progress of its own.
        if not self.params.get("verbose"):
            self._progress.show(text, self.to_frame(), **how)
