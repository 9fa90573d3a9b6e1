"""Checks of the exercises: what a learner's run or number has right, and what it lacks."""

import math
from itertools import groupby
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
        (frame,) = to_tables(run).values()
    except ValueError as problem:
        return report([], [f"the record of your one run. {problem}".rstrip(".")], hint)
    right, missing, used, first = [], [], frame["learning_rate"].to_numpy(float), 0
    for rate, epochs in stages:
        lowest, highest = rate if isinstance(rate, tuple) else (rate, rate)
        last = first + (epochs or max(len(used) - first, 1))
        part = used[first:last]
        # Keras keeps a rate in 32 bits, so 0.0001 is not quite 0.0001.
        done = len(part) == last - first
        done = done and ((0.999 * lowest < part) & (part < 1.001 * highest)).all()
        asked = f"epochs {first + 1} to {last} at {in_words(lowest, highest)}"
        (right if done else missing).append(asked)
        first = last
    if len(used) != first:
        missing.append(f"{first} epochs in all")
    if steps and (others := frame["steps"][frame["steps"] != steps]).size:
        missing.append(f"{steps} steps in each epoch, not {others.iloc[0]:.0f}")
    if missing:
        rates = [f"{rate:g}".replace("nan", "an unknown rate") for rate in used]
        parts = [(rate, len([*same])) for rate, same in groupby(rates)]
        hint = ASSIGNED if right and len(stages) > 1 and len(parts) == 1 else hint
        if len(parts) > 5:
            known = used[~np.isnan(used)]
            parts = [(in_words(known[0], known[-1]), len(used))]
        yours = ", ".join(f"{epochs} epochs at {rate}" for rate, epochs in parts)
        missing[-1] += f" (the steps were taken so: {yours})"
    start = getattr(run, "start", None)
    if seed is not None and start is not None:
        fresh = build_model(seed).get_weights()
        same = len(start) == len(fresh) and all(map(np.array_equal, start, fresh))
        (right if same else missing).append(f"the start from the weights of build_model({seed})")
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
    elif not lowest <= value <= highest:
        way = "low" if value < lowest else "high"
        report([], [f"the right number; {float(value):g} is too {way}"], hint)
    else:
        report([f"a number from {lowest:g} to {highest:g}"], [], hint)


def report(right: list[str], missing: list[str], hint: str) -> None:
    """Prints what is right and what is missing; the hint only if something is."""
    lines = [f"Right: {text}." for text in right] + [f"Missing: {text}." for text in missing]
    print(*lines, f"Hint: {hint}" if missing else "All of it is right.", sep="\n")


def in_words(rate: float, other: float) -> str:
    """Gives one or two rates as text."""
    return f"{rate:g}" if math.isclose(rate, other, rel_tol=1e-3) else f"{rate:g} to {other:g}"
