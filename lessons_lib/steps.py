"""What takes the steps of a training, and at which rate."""

import math
import weakref

import keras

# With what Keras built each training step: the optimizer, and the variable or schedule of its
# rate. What is assigned later, it ignores. None: built before a record met it, so unknown.
BUILT = weakref.WeakKeyDictionary()


def inner(optimizer):
    """Gives the optimizer that takes the steps: one that scales the loss only wraps it."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def number(variable):
    """Gives a variable's number, also where a distribution strategy mirrors the variable."""
    return variable.numpy().item()


def rate_of(optimizer, source) -> float:
    """Gives the rate of the optimizer's next step, from the variable or schedule of its rate."""
    if isinstance(source, keras.optimizers.schedules.LearningRateSchedule):
        # A schedule counts batches, and several may be gathered for one step.
        batches = optimizer.gradient_accumulation_steps or 1
        return float(source((number(optimizer.iterations) + 1) * batches - 1))
    return math.nan if source is None or callable(source) else number(source)
