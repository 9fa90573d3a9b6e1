"""The record of a run: a Keras callback that writes down one row per epoch.

How it knows which optimizer took the steps: Keras traces the training step in a model's first
`fit`, with the optimizer that the model has then, and keeps that step as long as batches have
the same shapes. An optimizer assigned later shows in `model.optimizer`, but takes no steps. Every
step moves the step counter (`iterations`) of the optimizer that takes it. So the record reads
counter and rate of two optimizers before an epoch's first step: the one that `model.optimizer`
names, and the one that took the last steps. The one whose counter has moved afterwards took the
step, and its rate is what the record shows.

A schedule that's assigned later is ignored in the same way. So the record also remembers what
held the rate, a variable or a schedule, when the step was traced.
"""

import math
import time

from lessons_lib.live import Progress
from lessons_lib.runs import MEASURED, NAMES
import keras
import pandas as pd
from keras.optimizers.schedules import LearningRateSchedule

# Stands for what held the rate if the step was traced before the record joined.
UNKNOWN = object()
IGNORED = """{run}: epoch {epoch} didn't use the new {ignored}. Keras keeps the step of an earlier
fit{used}. Compile the model again; next time, set model.optimizer.learning_rate to a number."""
DIVERGED = "{run}: training diverged in epoch {epoch}. Build the model again and lower the rate."
OTHER_MODEL = """The record "{run}" belongs to another model. Run the cell that builds both again,
or give this model its own record: TrainingRecord(name)."""


class TrainingRecord(keras.callbacks.Callback):
    """Records every epoch of a run, over as many `fit` calls as the run takes.

    Pass the same record to each `fit` of the run. It measures which optimizer takes the
    steps, and at what learning rate, and says so if that isn't the one that
    `model.optimizer` names. In a notebook it shows the progress of the run. A run that's
    interrupted keeps its finished epochs, and the next `fit` continues it. A copy of the
    record, even a pickled one, can continue the run, too.

    Args:
        name: The run's name, as tables and figures show it.
        live: True for a loss curve that grows, several times a second, and ends as the figure
            of the run; "while training" for one that ends as a line of text. False for a line
            from the start, and only with `verbose=0`.

    Raises:
        ValueError: `name` isn't a string, or is empty.

    Example:
    >>> record = TrainingRecord("two-stage")
    >>> model.fit(training, epochs=100, verbose=0, callbacks=[record])
    >>> model.optimizer.learning_rate = 0.0001
    >>> model.fit(training, epochs=100, verbose=0, callbacks=[record])
    """

    def __init__(self, name: str, *, live: bool | str = False):
        super().__init__()
        if not isinstance(name, str) or not name.strip():
            raise ValueError(f"A record's name is {name!r}, but it must be a string, not empty.")
        self.name, self.live, self._rows = name, live, []
        # Of the model: one of its variables, to know it again; the optimizer that took the last
        # steps; and the variable or schedule that held its rate when the step was traced.
        self._variable = self._optimizer = self._source = None

    def __getstate__(self):
        # A copy has its own list of what was recorded, and no model yet.
        gone = ("_model", "_variable", "_optimizer", "_source", "_before", "_stepped", "_progress")
        return vars(self) | dict.fromkeys(gone) | {"_rows": [*self._rows]}

    def to_frame(self) -> pd.DataFrame:
        """Gives the record as a table with one row per finished epoch.

        Returns:
            A table with the columns `run` (the name), `stage` (which `fit`, from 1),
            `epoch` (from 1, counted over all fits), `planned_epochs` (how many the run
            was asked for), `learning_rate` (at the epoch's first step, of the optimizer
            that took it), `steps` (how many it took), `seconds` (training and
            validation), and what Keras reports: `loss`, `val_loss` with validation, and
            metrics. A rate or a number of steps that nobody can know is NaN.
        """
        frame = pd.DataFrame(self._rows, columns=None if self._rows else [*MEASURED, *NAMES])
        # The last row knows how many are planned; without a row it's NaN.
        return frame.assign(planned_epochs=frame["planned_epochs"].tail(1).max())

    def set_model(self, model):
        super().set_model(model)
        variable = (model.weights or [None])[0]
        if self._rows and self._variable is not None and self._variable is not variable:
            raise ValueError(OTHER_MODEL.format(**self._rows[-1]))
        self._variable = variable
        # Keras calls this before it traces the training step; an existing step is kept.
        kept = UNKNOWN if self._source is None else self._source
        self._source = kept if model.train_function else None

    def on_train_begin(self, logs=None):
        self._shift, self._told = None, set()
        self._progress = Progress(self.live, self.params.get("verbose"), *self._rows[-1:])
        self._progress.show(f"{self.name}: starting ...", self.to_frame()[:0])

    def on_train_end(self, logs=None):
        if self._rows:
            self._progress.show(self._line(), self.to_frame(), done=True)
        self._model = None  # A kept record would keep the model's traced functions, too.

    def on_epoch_begin(self, epoch, logs=None):
        if self._shift is None:
            last = self._rows[-1] if self._rows else {"stage": 0, "epoch": 0}
            # A `fit` with initial_epoch counts on by itself, the others start at 0.
            self._shift, self._stage = max(last["epoch"] - epoch, 0), last["stage"] + 1
        self._before, self._stepped, self._begun = {}, None, time.perf_counter()

    def on_train_batch_begin(self, batch, logs=None):
        if self._stepped is None:  # The epoch's first step is still to come.
            pair = inner(self.model.optimizer), self._optimizer
            known = [optimizer for optimizer in pair if hasattr(optimizer, "iterations")]
            self._before = {each: (count_of(each), rate_of(each, count_of(each))) for each in known}

    def on_train_batch_end(self, batch, logs=None):
        for optimizer, (count, rate) in self._before.items():
            if self._stepped is None and count_of(optimizer) > count:
                self._stepped = optimizer
                # If another callback has changed the rate, nobody knows which one was used.
                known = rate_of(optimizer, count) == rate
                self._before[optimizer] = count, rate if known else math.nan

    def on_epoch_end(self, epoch, logs=None):
        seconds, (rate, steps, ignored) = time.perf_counter() - self._begun, self._measure()
        epoch, planned = epoch + self._shift + 1, self.params["epochs"] + self._shift
        measured = [self.name, self._stage, epoch, planned, rate, steps, seconds]
        measured = dict(zip(MEASURED, measured, strict=True))
        # Measured values come first, and win over logs of the same name from other callbacks.
        row = measured | (logs or {}) | measured
        used = "" if math.isnan(rate) else f", with the learning rate {rate:g}"
        diverged = not math.isfinite(row.get("loss", 0))
        for text in [IGNORED] * bool(ignored) + [DIVERGED] * diverged:
            if text not in self._told:
                print(text.format_map(row | {"ignored": ignored, "used": used}))
                self._told.add(text)
        self._rows.append(row)
        if self._progress.is_due(rate):
            self._progress.show(self._line(), self.to_frame())

    def _line(self):
        """Gives the last epoch in one line."""
        row = self._rows[-1]
        text = "{run}, epoch {epoch} of {planned_epochs}: learning rate {learning_rate:.3g}"
        losses = [f", {name} {row[loss]:.4f}" for loss, name in NAMES.items() if loss in row]
        return text.format(**row) + "".join(losses)

    def _measure(self):
        """Gives the epoch's learning rate, its number of steps, and what Keras ignored, or None."""
        named = inner(self.model.optimizer)
        if self._stepped is None:
            if type(self.model).train_step is not keras.Model.train_step:
                return math.nan, math.nan, None  # It may have optimizers of its own.
            # No step: a loss scale overflows, gradients accumulate, or there's nothing to train.
            may_skip = named is not self.model.optimizer or named.gradient_accumulation_steps
            if may_skip or not self.model.trainable_variables:
                return math.nan, math.nan if self._source is UNKNOWN else 0, None
            # An optimizer that the record has never seen took the steps.
            return math.nan, math.nan, "optimizer"
        if self._stepped is not self._optimizer and self._source is not None:
            self._source = UNKNOWN  # What was known belongs to another optimizer.
        self._optimizer, (count, rate) = self._stepped, self._before[self._stepped]
        steps, source = count_of(self._optimizer) - count, source_of(self._optimizer)
        # Keras refuses to replace a schedule by a number, so a number now was one when traced.
        replaceable = isinstance(source, LearningRateSchedule) and not self.model.run_eagerly
        if self._source is None or not replaceable:
            self._source = source
        if self._source is not source:
            rate = rate_of(self._optimizer, count, self._source)
            return rate, steps, "schedule" if self._source is not UNKNOWN else None
        return rate, steps, "optimizer" if self._optimizer is not named else None


def inner(optimizer):
    """Gives the optimizer that takes the steps; one that scales the loss only wraps it."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def count_of(optimizer) -> int:
    """Gives an optimizer's number of steps so far."""
    return int(optimizer.iterations.numpy())


def source_of(optimizer):
    """Gives the variable or the schedule that holds an optimizer's learning rate."""
    # The public `learning_rate` is a number in both cases and doesn't tell them apart.
    return getattr(optimizer, "_learning_rate", None)


def rate_of(optimizer, count: int, source=None) -> float:
    """Gives the learning rate of the step after `count` steps; NaN if that can't be known.

    Args:
        optimizer: The optimizer.
        count: How many steps it had taken.
        source: What held its rate, if that isn't what holds it now.
    """
    source = source_of(optimizer) if source is None else source
    if isinstance(source, LearningRateSchedule):
        # A schedule counts batches, and several may be accumulated for one step.
        batches = optimizer.gradient_accumulation_steps or 1
        return float(source((count + 1) * batches - 1))
    return float(source.numpy()) if hasattr(source, "numpy") else math.nan
