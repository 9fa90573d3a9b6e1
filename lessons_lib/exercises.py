"""Checks of the exercises: what a learner's run or number has right, and what it lacks."""

import math
from numbers import Real

from lessons_lib.compare import Runs, to_tables
from lessons_lib.model import build_model
import numpy as np

ASSIGNED = (
    "Keras ignores a new optimizer that is only assigned after a first fit: set "
    "model.optimizer.learning_rate, or compile again."
)


def check_run(
    run: Runs,
    stages: list[tuple],
    *,
    seed: int | None = 0,
    steps: int | None = None,
    hint: str = "",
) -> None:
    """Prints what a run has of what an exercise asks for, what it lacks, and one hint.

    Args:
        run: The learner's record, or its table; `...` as long as there is none.
        stages: What is asked for, in its order: pairs `(learning_rate, epochs)`. The rate
            is that of the steps really taken; a pair `(lowest, highest)` allows for all
            between. Epochs of None, in the last stage: as many as the run has.
        seed: The run must start from the weights of `build_model(seed)`; None: from any.
        steps: How many steps an epoch must have; None: any number.
        hint: One sentence for whoever is not there yet.
    """
    if run is ... or run is None:
        return report([], ["the record of your run, in the place of `...`"], hint)
    try:
        tables = to_tables(run)
    except ValueError as problem:
        return report([], [f"the record of your run. {problem}"], hint)
    if len(tables) > 1:
        return report([], [f"one run; these are {len(tables)}: {', '.join(tables)}"], hint)
    (frame,) = tables.values()
    right, missing, used, first = [], [], frame["learning_rate"].to_numpy(float), 0
    for rate, epochs in stages:
        lowest, highest = rate if isinstance(rate, tuple) else (rate, rate)
        last = first + (epochs or max(len(used) - first, 1))
        part = used[first:last]
        asked = f"epochs {first + 1} to {last} at {words_for(lowest, highest)}"
        # Keras keeps a rate in 32 bits, so 0.0001 is not quite 0.0001.
        if len(part) == last - first and ((0.999 * lowest < part) & (part < 1.001 * highest)).all():
            right.append(asked)
        elif len(part) < last - first:
            missing.append(f"{asked}; the run has {len(used)} epochs")
        else:
            missing.append(f"{asked}; their steps were taken at {words_for(*part[[0, -1]])}")
            hint = ASSIGNED if first and (part == used[first - 1]).all() else hint
        first = last
    if len(used) > first:
        missing.append(f"an end after epoch {first}; the run has {len(used)}")
    if steps and not (frame["steps"] == steps).all():
        missing.append(f"{steps} steps in each epoch; the run has {frame['steps'].iloc[0]:.0f}")
    start = getattr(run, "start", None)
    if seed is not None and start is not None:
        same = equal(start, build_model(seed).get_weights())
        where = f"the start from the weights of build_model({seed})"
        (right if same else missing).append(where)
    report(right, missing, hint)


def check_value(value: float, lowest: float, highest: float, *, hint: str = "") -> None:
    """Prints whether a learner's number lies where the exercise's answer lies.

    Args:
        value: The learner's number; `...` as long as there is none.
        lowest: The lowest number that is right.
        highest: The highest one.
        hint: One sentence for whoever is not there yet.
    """
    if value is ... or value is None:
        report([], ["your number, in the place of `...`"], hint)
    elif not isinstance(value, Real) or math.isnan(value):
        report([], [f"a number; this is {value!r}"], hint)
    elif lowest <= value <= highest:
        report([f"a number from {lowest:g} to {highest:g}"], [], hint)
    else:
        low = value < lowest
        report([], [f"the right number; {value:g} is too {'low' if low else 'high'}"], hint)


def report(right: list[str], missing: list[str], hint: str) -> None:
    """Prints what is right and what is missing; the hint only if something is."""
    for text in right:
        print(f"Right: {text}.")
    for text in missing:
        print(f"Missing: {text}.")
    print(f"Hint: {hint}" if missing and hint else "" if missing else "All of it is right.")


def words_for(rate: float, other: float) -> str:
    """Gives one or two rates as text."""
    return f"{rate:g}" if math.isclose(rate, other, rel_tol=1e-3) else f"{rate:g} to {other:g}"


def equal(weights: list[np.ndarray], others: list[np.ndarray]) -> bool:
    """Says whether two models have the same weights."""
    pairs = [*zip(weights, others, strict=False)]
    return len(weights) == len(others) and all(np.array_equal(a, b) for a, b in pairs)
