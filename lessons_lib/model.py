"""The network of all lessons."""

from lessons_lib.checks import one_seed
import keras


def build_model(seed: int = 0) -> keras.Sequential:
    """Builds the network 6-32-32-1, not compiled.

    Args:
        seed: Seed of the starting weights. The same seed gives the same weights, bit
            for bit, whatever was built or trained before.

    Returns:
        A `keras.Sequential` that maps `(batch, 6)` features to `(batch, 1)` targets:
        two hidden layers of 32 ReLU units and one linear unit.

    Raises:
        ValueError: `seed` is not a whole number from 0 to 1,000,000,000.
    """

    def layer(number, units, activation=None):
        start = keras.initializers.GlorotUniform(seed=3 * one_seed(seed) + number)
        name = f"layer_{number + 1}"
        return keras.layers.Dense(units, activation, kernel_initializer=start, name=name)

    return keras.Sequential(
        [keras.Input((6,)), layer(0, 32, "relu"), layer(1, 32, "relu"), layer(2, 1)],
        name="diamonds",
    )
