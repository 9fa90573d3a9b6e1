"""The diamonds: a table to look at, and batches to train on.

Source, licence and recipe of `diamonds.csv` are in `diamonds.md` beside it.
"""

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
    diamonds = read_diamonds()
    features = np.column_stack(
        [
            np.log(diamonds["carat"]),
            *(diamonds[grade].cat.codes for grade in GRADES),
            diamonds["depth"],
            diamonds["table"],
        ]
    )
    target = np.log(diamonds[["price"]].to_numpy())
    # Only the training part may set the scale: validation stands for diamonds that
    # nobody has seen yet.
    features -= features[:TRAINING_ROWS].mean(axis=0)
    features /= features[:TRAINING_ROWS].std(axis=0)
    target -= target[:TRAINING_ROWS].mean()

    def dataset(rows):
        return tf.data.Dataset.from_tensor_slices(
            (features[rows].astype("float32"), target[rows].astype("float32"))
        )

    tf.random.set_seed(seed)
    training = dataset(slice(None, TRAINING_ROWS)).shuffle(TRAINING_ROWS, seed=seed)
    validation = dataset(slice(TRAINING_ROWS, None))
    # Batches this small are made faster than threads can be started for them.
    options = tf.data.Options()
    options.autotune.enabled = False
    options.threading.private_threadpool_size = 1
    return (
        training.batch(batch_size).with_options(options),
        validation.batch(len(diamonds) - TRAINING_ROWS).with_options(options),
    )
