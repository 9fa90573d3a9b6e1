"""The diamonds: a table to look at, and batches to train on.

Source, license, and recipe of the two CSV files are in `diamonds.md`, next to them.
"""

from numbers import Integral
from pathlib import Path

import numpy as np
import pandas as pd
import tensorflow as tf

# Each grade's values, from worst to best.
GRADES = {
    "cut": ["Fair", "Good", "Very Good", "Premium", "Ideal"],
    "color": ["J", "I", "H", "G", "F", "E", "D"],
    "clarity": ["I1", "SI2", "SI1", "VS2", "VS1", "VVS2", "VVS1", "IF"],
}
# Row ranges in `read_features`; training and validation set together are `diamonds.csv`.
SETS = TRAINING, VALIDATION, TEST = slice(0, 1600), slice(1600, 2000), slice(2000, 3000)


def read_diamonds(*, test: bool = False) -> pd.DataFrame:
    """Reads the diamonds, in the order in which they were sampled.

    Args:
        test: False for the 2,000 diamonds to learn from and to choose with, True for
            the test set: 1,000 others, to judge with once, at the very end.

    Returns:
        A table with one row per diamond: `carat` (weight, 1 carat = 0.2 g), `cut`,
        `color`, and `clarity` (ordered categories, worst to best), `depth` (height in
        percent of the width), `table` (width of the flat top in percent of the width),
        and `price` (US dollars).
    """
    table = pd.read_csv(Path(__file__).with_name("diamonds_test.csv" if test else "diamonds.csv"))
    for column, grades in GRADES.items():
        table[column] = pd.Categorical(table[column], grades, ordered=True)
    return table


def load_diamonds(*, batch_size: int = 64, seed: int = 0) -> tuple[tf.data.Dataset, ...]:
    """Loads the diamonds as batches, ready for `fit`.

    The first 1,600 rows of `read_diamonds()` are the training set, the other 400 the
    validation set. A row has six features: the logarithm of `carat`, the three grades
    as numbers from 0 (worst), `depth`, and `table`. Each is scaled to mean 0 and
    standard deviation 1 over the training set. The target is the logarithm of `price`
    minus its mean over the training set. So the square root of a mean squared error
    reads as a relative price error: 0.12 is "typically 12% off".

    Also sets TensorFlow's global seed, because a `tf.data` shuffle mixes it in.

    Args:
        batch_size: Diamonds per step, from 1 to 1,600.
        seed: Seed of the shuffling. The training set comes in a new order in every
            epoch; the same seed gives the same orders again.

    Returns:
        `(training, validation)`, two datasets of `(features, target)` batches with
        the shapes `(batch, 6)` and `(batch, 1)`, float32. Validation is one batch.

    Raises:
        ValueError: `batch_size` isn't a whole number from 1 to 1,600, or `seed` isn't
            one from 0 to 1,000,000,000.
    """
    batch_size, seed = check_whole("batch_size", batch_size, 1, 1600), check_whole("seed", seed)
    features, target = standardize(*read_features())
    tf.random.set_seed(seed)
    training = tf.data.Dataset.from_tensor_slices((features[TRAINING], target[TRAINING]))
    training = training.shuffle(TRAINING.stop, seed=seed).batch(batch_size)
    validation = tf.data.Dataset.from_tensors((features[VALIDATION], target[VALIDATION]))
    return without_threads(training), without_threads(validation)


def read_features() -> tuple[np.ndarray, np.ndarray]:
    """Gives all features, shape `(3000, 6)`, and log prices, shape `(3000, 1)`."""
    diamonds = pd.concat([read_diamonds(), read_diamonds(test=True)])
    codes = [diamonds[column].cat.codes for column in GRADES]
    columns = [np.log(diamonds["carat"]), *codes, diamonds["depth"], diamonds["table"]]
    return np.column_stack(columns), np.log(diamonds[["price"]].to_numpy())


def standardize(features: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scales the features and centers the target by the training rows alone."""
    features = (features - features[TRAINING].mean(axis=0)) / features[TRAINING].std(axis=0)
    return features.astype("float32"), (target - target[TRAINING].mean()).astype("float32")


def without_threads(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Turns threads off: batches this small are made faster than threads can be started."""
    options = tf.data.Options()
    options.autotune.enabled = False
    options.threading.private_threadpool_size = 1
    return dataset.with_options(options)


def check_whole(name: str, value: int, lowest: int = 0, highest: int = 1_000_000_000) -> int:
    """Gives `value` as an int, or raises a ValueError that says what's allowed."""
    if not isinstance(value, Integral) or isinstance(value, bool) or not lowest <= value <= highest:
        raise ValueError(f"{name} is {value!r}, not a whole number from {lowest:,} to {highest:,}.")
    return int(value)
