"""Checks of the exercises, and the claims at the end of a lesson."""

from itertools import groupby
from numbers import Real

from lessons_lib.runs import Run, tables_of
import numpy as np


def check_run(run: Run, stages: list[tuple], *, steps: int | None = None, hint: str = "") -> None:
    """Prints whether a run is what an exercise asks for, what's missing, and a hint.

    Args:
        run: The learner's record, or its table; `...` as long as there's none.
        stages: What's asked for, in order: pairs `(learning_rate, epochs)`. The rate is
            that of the steps really taken; a pair `(lowest, highest)` allows everything
            in between.
        steps: How many steps an epoch must have; None: any number.
        hint: One sentence for learners who aren't there yet.
    """
    if run is ... or run is None:
        return report(["the record of your run, instead of `...`"], hint)
    try:
        frame, *others = tables_of(run).values()
    except ValueError as problem:
        return report([f"the record of one run. {problem}".rstrip(".")], hint)
    missing, used = ["one run, not several"] if others else [], frame["learning_rate"]
    asked = [(np.min(rate), np.max(rate)) for rate, epochs in stages for _ in range(epochs)]
    # Keras keeps a rate in 32 bits, so 0.0001 is not quite 0.0001.
    near = [a * 0.999 < rate < b * 1.001 for rate, (a, b) in zip(used, asked, strict=False)]
    if len(used) != len(asked) or not all(near):
        missing.append(f"{in_words(asked)}; your run has {in_words(used)}")
    if steps and (wrong := set(frame["steps"]) - {steps}):
        missing.append(f"{steps} steps in each epoch, not {max(wrong):.0f}")
    report(missing, hint)


def check_value(value: float, lowest: float, highest: float, *, hint: str = "") -> None:
    """Prints whether a learner's number lies where the exercise's answer lies.

    Args:
        value: The learner's number; `...` as long as there's none.
        lowest: The lowest number that's right.
        highest: The highest number that's right.
        hint: One sentence for learners who aren't there yet.
    """
    missing = []
    if value is ... or value is None:
        missing = ["your number, instead of `...`"]
    elif not isinstance(value, Real) or np.isnan(value):
        missing = [f"a number; this is {value!r}"]
    elif not lowest <= value <= highest:
        missing = [f"the right number; {value:g} is too {'low' if value < lowest else 'high'}"]
    report(missing, hint)


def print_claims(claims: list[tuple]) -> None:
    """Prints each claim of a lesson with the number measured, and whether it holds.

    Args:
        claims: Tuples `(statement, number, least, most)`; a statement holds if its number
            lies between the other two, and is neither. A fifth item formats the number:
            "{:.0%}", or "{} of 10".
    """
    for text, x, least, most, form in ((*claim, "{:.4g}")[:5] for claim in claims):
        print(f"{form.format(x):>12}   {'holds' if least < x < most else 'DOES NOT HOLD'}   {text}")


def report(missing: list[str], hint: str) -> None:
    """Prints what's missing and the hint, or that nothing is."""
    lines = [f"Missing: {text}." for text in missing] + [f"Hint: {hint}"] * bool(hint)
    print(*(lines if missing else ["All of it is right."]), sep="\n")


def in_words(rates) -> str:
    """Gives the rates of epochs as text, like "100 epochs at 0.03"; of many only the first."""
    names = [" to ".join(map("{:g}".format, np.unique(rate))) for rate in rates]
    stages = [(name, len([*same])) for name, same in groupby(names)]
    texts = [f"{n} epoch{'s' * (n != 1)} at {name}" for name, n in stages[:4]]
    return ", then ".join(texts) + ", then ..." * (len(stages) > 4)
