"""Checks of what a learner passes in: each gives the value back, or says what is allowed."""

import math
from collections.abc import Iterable
from numbers import Integral, Real


def whole_number(name: str, value: int, lowest: int, highest: int) -> int:
    """Gives `value` as an int; True and False are no numbers, NumPy's integers are."""
    if not isinstance(value, Integral) or isinstance(value, bool) or not lowest <= value <= highest:
        raise ValueError(
            f"{name} is {value!r}, but it must be a whole number from {lowest:,} to {highest:,}."
        )
    return int(value)


def positive_number(name: str, value: float) -> float:
    """Gives `value` as a float; NumPy's numbers count as numbers."""
    if not isinstance(value, Real) or isinstance(value, bool) or not 0 < value < math.inf:
        raise ValueError(f"{name} is {value!r}, but it must be a number above 0.")
    return float(value)


def one_seed(value: int) -> int:
    """Gives a seed as an int."""
    return whole_number("seed", value, 0, 1_000_000_000)


def several_seeds(values: Iterable[int]) -> list[int]:
    """Gives seeds, one per network, as a list of at least one."""
    if not isinstance(values, Iterable) or isinstance(values, str):
        raise ValueError(f"seeds is {values!r}, but it must be a list of seeds, or a range.")
    seeds = [one_seed(value) for value in values]
    if not seeds:
        raise ValueError("There is no seed, but every network needs one.")
    return seeds
