"""The diamonds: a table to look at, and batches to train on.

Source, licence and recipe of `diamonds.csv` are in `diamonds.md` beside it.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import tensorflow as tf

# Each grade's values, from the worst to the best.
GRADES = {
    "cut": ["Fair", "Good", "Very Good", "Premium", "Ideal"],
    "color": ["J", "I", "H", "G", "F", "E", "D"],
    "clarity": ["I1", "SI2", "SI1", "VS2", "VS1", "VVS2", "VVS1", "IF"],
}
TRAINING_ROWS = 1600


def read_diamonds() -> pd.DataFrame:
    """Reads the 2,000 diamonds, in the order in which they were sampled.

    Returns:
        A table with one row per diamond: `carat` (weight, 1 carat = 0.2 g), `cut`,
        `color` and `clarity` (categories, ordered from worst to best), `depth`
        (height in % of the width), `table` (width of the flat top in % of the
        width) and `price` (US dollars).
    """
    diamonds = pd.read_csv(Path(__file__).with_name("diamonds.csv"))
    for column, grades in GRADES.items():
        diamonds[column] = pd.Categorical(diamonds[column], grades, ordered=True)
    return diamonds


def load_diamonds(batch_size: int = 64, seed: int = 0) -> tuple[tf.data.Dataset, tf.data.Dataset]:
    """Gives the diamonds as batches, ready for `fit`.

    The first 1,600 rows of `read_diamonds()` are the training part, the other 400
    the validation part. A row has six features: the logarithm of `carat`, the three
    grades as numbers from 0 (worst), `depth` and `table`. Each has mean 0 and
    standard deviation 1 over the training part. The target is the logarithm of
    `price` less its training mean, so the square root of a mean squared error reads
    as a relative price error: 0.12 is "typically 12 % off".

    Sets TensorFlow's global seed, because a `tf.data` shuffle mixes that seed with
    its own.

    Args:
        batch_size: Diamonds per step, from 1 to 1,600.
        seed: Seed of the shuffling. The training part comes in a new order in each
            epoch; the same seed gives the same orders again.

    Returns:
        `(training, validation)`, two datasets of `(features, target)` batches with
        the shapes `(batch, 6)` and `(batch, 1)`, float32. Validation is one batch.

    Raises:
        ValueError: `batch_size` is not a whole number from 1 to 1,600.
    """
    if not isinstance(batch_size, int) or not 1 <= batch_size <= TRAINING_ROWS:
        raise ValueError(
            f"batch_size is {batch_size!r}, but it must be a whole number from 1 to "
            f"{TRAINING_ROWS}, the number of training diamonds."
        )
    features, target = standardised(*read_features())

    def dataset(rows):
        return tf.data.Dataset.from_tensor_slices((features[rows], target[rows]))

    tf.random.set_seed(seed)
    training = dataset(slice(None, TRAINING_ROWS)).shuffle(TRAINING_ROWS, seed=seed)
    validation = dataset(slice(TRAINING_ROWS, None))
    return (
        quick(training.batch(batch_size)),
        quick(validation.batch(len(features) - TRAINING_ROWS)),
    )


def load_many_diamonds(
    seeds: Iterable[int], batch_size: int = 64
) -> tuple[tf.data.Dataset, tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Gives the diamonds as batches for many networks at once, see `build_many_models`.

    Each network has its own split into 1,600 training and 400 validation diamonds, its
    own scale from its own training part, and its own order in each epoch.

    Args:
        seeds: One seed per network, for its split. All together seed the orders.
        batch_size: Diamonds per network and step, a divisor of 1,600.

    Returns:
        `(batches, training, validation)`: a dataset of `(features, target)` batches
        with the shapes `(networks, batch, 6)` and `(networks, batch, 1)`, and both parts
        as a whole, as arrays with the shapes `(networks, rows, 6)` and
        `(networks, rows, 1)`, all float32.

    Raises:
        ValueError: There is no seed, or `batch_size` is not a divisor of 1,600.
    """
    seeds = list(seeds)
    if not seeds:
        raise ValueError("There is no seed, but every network needs one.")
    if not isinstance(batch_size, int) or batch_size < 1 or TRAINING_ROWS % batch_size:
        raise ValueError(
            f"batch_size is {batch_size!r}, but it must be a divisor of {TRAINING_ROWS}, the "
            "number of training diamonds."
        )
    features, target = read_features()
    splits = []
    for seed in seeds:
        order = np.random.default_rng(seed).permutation(len(features))
        splits.append(standardised(features[order], target[order]))
    features, target = map(np.stack, zip(*splits))
    training = features[:, :TRAINING_ROWS], target[:, :TRAINING_ROWS]
    validation = features[:, TRAINING_ROWS:], target[:, TRAINING_ROWS:]

    # Drawn and gathered an epoch at a time from one table of all networks' diamonds: row
    # by row, the data would cost more than the training.
    table = np.concatenate(training, axis=2).reshape(len(seeds) * TRAINING_ROWS, -1)
    rows = np.arange(len(table)).reshape(len(seeds), TRAINING_ROWS)
    random = np.random.default_rng(seeds)
    steps = TRAINING_ROWS // batch_size

    def one_epoch():
        orders = random.permuted(rows, axis=1).reshape(len(seeds), steps, batch_size)
        epoch = table.take(orders.swapaxes(0, 1), axis=0)
        yield epoch[..., :-1], epoch[..., -1:]

    shapes = [tf.TensorSpec((steps, len(seeds), batch_size, width)) for width in (6, 1)]
    batches = tf.data.Dataset.from_generator(one_epoch, output_signature=tuple(shapes)).unbatch()
    batches = batches.apply(tf.data.experimental.assert_cardinality(steps))
    return quick(batches), training, validation


def read_features() -> tuple[np.ndarray, np.ndarray]:
    """Gives the features `(2000, 6)` and the logarithm of the price `(2000, 1)`."""
    diamonds = read_diamonds()
    grades = [diamonds[grade].cat.codes for grade in GRADES]
    columns = [np.log(diamonds["carat"]), *grades, diamonds["depth"], diamonds["table"]]
    return np.column_stack(columns), np.log(diamonds[["price"]].to_numpy())


def standardised(features: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scales the features and centres the target by the training rows, the first 1,600."""
    training = slice(None, TRAINING_ROWS)
    # Only the training part may set the scale: validation stands for diamonds that
    # nobody has seen yet.
    features = (features - features[training].mean(axis=0)) / features[training].std(axis=0)
    target = target - target[training].mean()
    return features.astype("float32"), target.astype("float32")


def quick(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Batches this small are made faster than threads can be started for them."""
    options = tf.data.Options()
    options.autotune.enabled = False
    options.threading.private_threadpool_size = 1
    return dataset.with_options(options)
