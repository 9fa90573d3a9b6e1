"""The network of all lessons, alone and many at once."""

from collections.abc import Iterable

import keras
import numpy as np


def build_model(seed: int = 0) -> keras.Sequential:
    """Builds the network 6-32-32-1, not compiled.

    Args:
        seed: Seed of the starting weights. The same seed gives the same weights, bit
            for bit, whatever was built or trained before.

    Returns:
        A `keras.Sequential` that maps `(batch, 6)` features to `(batch, 1)` targets:
        two hidden layers of 32 ReLU units and one linear unit.
    """

    def layer(number, units, activation=None):
        weights = keras.initializers.GlorotUniform(seed=3 * seed + number)
        name = f"layer_{number + 1}"
        return keras.layers.Dense(units, activation, kernel_initializer=weights, name=name)

    return keras.Sequential(
        [keras.Input((6,)), layer(0, 32, "relu"), layer(1, 32, "relu"), layer(2, 1)],
        name="diamonds",
    )


def build_many_models(seeds: Iterable[int]) -> keras.Sequential:
    """Builds many networks 6-32-32-1 in one model, not compiled.

    They share nothing. Adam changes each weight on its own, so each network learns what
    it would have learned alone, if the loss is the *sum* of the networks' losses.

    Args:
        seeds: One seed per network. Each starts with the weights of `build_model(seed)`.

    Returns:
        A `keras.Sequential` that maps features `(networks, batch, 6)` to targets
        `(networks, batch, 1)`.

    Raises:
        ValueError: There is no seed.
    """
    networks = [build_model(seed) for seed in seeds]
    if not networks:
        raise ValueError("There is no seed, but every network needs one.")
    model = keras.Sequential([keras.Input((None, 6), batch_size=len(networks))], name="many")
    for layer in networks[0].layers:
        # s: network, b: row of the batch, i: input, o: output.
        shape, activation = (None, layer.units), layer.activation
        model.add(keras.layers.EinsumDense("sbi,sio->sbo", shape, activation, bias_axes="so"))
    # Keras would scale the start of a three-dimensional kernel wrongly, so each network
    # gets the weights that it has alone.
    together = zip(*(network.get_weights() for network in networks))
    model.set_weights(
        [
            np.stack(weights).reshape(variable.shape)
            for weights, variable in zip(together, model.weights)
        ]
    )
    return model
