"""Many networks at once: their data, model, loss, and the way back to their start."""

from collections.abc import Iterable

from lessons_lib.checks import several_seeds, whole_number
from lessons_lib.data import PARTS, TRAINING_ROWS, read_features, standardize, without_threads
from lessons_lib.model import build_model
import keras
import numpy as np
import tensorflow as tf


def load_many_diamonds(
    seeds: Iterable[int], *, epochs: int = 1
) -> tuple[tf.data.Dataset, tuple, tuple, tuple]:
    """Gives the diamonds for many networks at once, see `build_many_models`.

    Each network splits the 2,000 diamonds into 1,600 for training and 400 for validation
    in its own way, scales all its parts by its own training part, and sees that in its
    own order in each epoch. The 1,000 test diamonds are the same for all.

    Args:
        seeds: One seed per network, for its split. All together seed the orders.
        epochs: How many epochs one pass over the batches holds. Keras takes a pass for
            one epoch, and each one costs it time.

    Returns:
        `(batches, training, validation, test)`: a dataset of `(features, target)` batches
        of the shapes `(networks, 64, 6)` and `(networks, 64, 1)`, and each part as a
        whole: `(features, target)`, arrays of the shapes `(networks, rows, 6)` and
        `(networks, rows, 1)`. All are float32.

    Raises:
        ValueError: There is no seed, a seed is not a whole number from 0 to
            1,000,000,000, or `epochs` not one from 1 to 1,000.
    """
    seeds = several_seeds(seeds)
    epochs = whole_number("epochs", epochs, 1, 1000)
    features, target = read_features()
    splits, own = [], PARTS[-1].start  # The test part is not split anew.
    for seed in seeds:
        order = np.arange(len(features))
        order[:own] = np.random.default_rng(seed).permutation(own)
        splits.append(standardize(features[order], target[order]))
    features, target = (np.stack(arrays) for arrays in zip(*splits, strict=True))
    parts = [(features[:, part], target[:, part]) for part in PARTS]

    # Drawn and gathered an epoch at a time from the rows of all networks: one by one, the
    # data would cost more than the training.
    table = [array.reshape(-1, array.shape[-1]) for array in parts[0]]
    rows = np.arange(len(table[0])).reshape(len(seeds), TRAINING_ROWS)
    random = np.random.default_rng(seeds)
    shape = (TRAINING_ROWS // 64, len(seeds), 64)

    def draw():
        orders = random.permuted(rows, axis=1).reshape(len(seeds), -1, 64)
        return [array.take(orders.swapaxes(0, 1), axis=0) for array in table]

    def one_epoch(_):
        x, y = tf.numpy_function(draw, [], [tf.float32, tf.float32])
        return tf.ensure_shape(x, (*shape, 6)), tf.ensure_shape(y, (*shape, 1))

    batches = tf.data.Dataset.range(epochs).map(one_epoch).unbatch()
    batches = batches.apply(tf.data.experimental.assert_cardinality(epochs * shape[0]))
    return without_threads(batches), *parts


class ManyDense(keras.layers.Layer):
    """A dense layer of each of many networks: one product of two stacks of matrices."""

    def __init__(self, networks, units, activation, **options):
        super().__init__(**options)
        self.networks, self.units, self.activation = networks, units, activation

    def build(self, input_shape):
        self.kernel = self.add_weight((self.networks, input_shape[-1], self.units))
        self.bias = self.add_weight((self.networks, 1, self.units))

    def call(self, inputs):
        return self.activation(tf.matmul(inputs, self.kernel) + self.bias)


def build_many_models(seeds: Iterable[int]) -> keras.Sequential:
    """Builds many networks 6-32-32-1 in one model, not compiled.

    They share nothing. Adam changes each weight on its own, so each network learns what
    it would have learned alone, if the loss is `sum_of_losses`.

    Args:
        seeds: One seed per network. Each starts with the weights of `build_model(seed)`.

    Returns:
        A `keras.Sequential` that maps features `(networks, batch, 6)` to targets
        `(networks, batch, 1)`.

    Raises:
        ValueError: See `load_many_diamonds`.
    """
    networks = [build_model(seed) for seed in several_seeds(seeds)]
    model = keras.Sequential([keras.Input((None, 6), batch_size=len(networks))], name="many")
    for layer in networks[0].layers:
        model.add(ManyDense(len(networks), layer.units, layer.activation, name=layer.name))
    alone = zip(*(network.get_weights() for network in networks), strict=True)
    pairs = zip(alone, model.weights, strict=True)
    model.start = [np.stack(weights).reshape(variable.shape) for weights, variable in pairs]
    model.set_weights(model.start)
    return model


def sum_of_losses(target: tf.Tensor, prediction: tf.Tensor) -> tf.Tensor:
    """Adds up the networks' mean squared errors: the loss to compile many networks with.

    Args:
        target: Shape `(networks, batch, 1)`.
        prediction: The same shape.
    """
    return tf.reduce_sum(tf.reduce_mean((target - prediction) ** 2, axis=(1, 2)))


def loss_of_each(model: keras.Model, part: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Gives the mean squared error of each network on a part of its data.

    Args:
        model: From `build_many_models`.
        part: `(features, target)` from `load_many_diamonds`, for the same networks.

    Returns:
        The losses, an array of the shape `(networks,)`.
    """
    features, target = part
    return np.mean((model.predict_on_batch(features) - target) ** 2, axis=(1, 2))


def back_to_start(model: keras.Model) -> None:
    """Gives each network its starting weights, and the optimizer its first step again.

    The optimizer keeps its learning rate, and the training step need not be built again.

    Args:
        model: From `build_many_models`, compiled.
    """
    model.set_weights(model.start)
    for variable in model.optimizer.variables:
        if variable.name != "learning_rate":
            variable.assign(tf.zeros_like(variable))
