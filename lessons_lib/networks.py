"""The network of all lessons, and many of them trained at once in one model."""

from collections.abc import Iterable

from lessons_lib import data
import keras
import numpy as np
import tensorflow as tf


def build_model(seed: int = 0) -> keras.Sequential:
    """Builds the network 6-32-32-1, not compiled.

    Args:
        seed: Seed of the initial weights. The same seed gives the same weights, bit
            for bit, whatever was built or trained before.

    Returns:
        A `keras.Sequential` that maps `(batch, 6)` features to `(batch, 1)` targets:
        two hidden layers of 32 ReLU units and one linear unit.

    Raises:
        ValueError: `seed` isn't a whole number from 0 to 1,000,000,000.
    """
    seed = 3 * data.check_whole("seed", seed)  # Each of the three layers has its own.
    layers = [keras.Input((6,))]
    for number, (units, activation) in enumerate([(32, "relu"), (32, "relu"), (1, None)]):
        init, name = keras.initializers.GlorotUniform(seed=seed + number), f"layer_{number + 1}"
        layers.append(keras.layers.Dense(units, activation, kernel_initializer=init, name=name))
    return keras.Sequential(layers, name="diamonds")


def load_many_diamonds(seeds: Iterable[int], *, epochs: int = 1) -> tuple:
    """Loads the diamonds for many networks at once, see `build_many_models`.

    Each network splits the 2,000 diamonds into 1,600 for training and 400 for validation
    in its own way, scales all its data by its own training set, and sees that in its own
    order in every epoch. The 1,000 test diamonds are the same for all.

    Args:
        seeds: One seed per network, at least one, for its split. All of them together
            seed the orders.
        epochs: How many epochs one pass over the batches holds. Keras takes a pass for
            one epoch, and each costs it time. A second pass continues with new orders.

    Returns:
        `(batches, training, validation, test)`: a dataset of `(features, target)` batches
        with the shapes `(networks, 64, 6)` and `(networks, 64, 1)`, then each set as a
        whole: `(features, target)`, arrays with the shapes `(networks, rows, 6)` and
        `(networks, rows, 1)`. All are float32.

    Raises:
        ValueError: A seed isn't a whole number from 0 to 1,000,000,000, or `epochs` isn't
            one from 1 to 1,000.
    """
    seeds, splits = [data.check_whole("seed", seed) for seed in seeds], []
    epochs = data.check_whole("epochs", epochs, 1, 1000)
    features, target = data.read_features()
    for seed in seeds:
        order = np.arange(len(features))
        order[: data.TEST.start] = np.random.default_rng(seed).permutation(data.TEST.start)
        splits.append(data.standardize(features[order], target[order]))
    features, target = (np.stack(arrays) for arrays in zip(*splits, strict=True))
    sets = [(features[:, rows], target[:, rows]) for rows in data.SETS]

    # Draws an epoch for all networks together: for one network after the other, drawing would
    # take longer than training.
    table = [array.reshape(-1, array.shape[-1]) for array in sets[0]]
    numbers = np.arange(len(table[0])).reshape(len(seeds), data.TRAINING.stop)
    generator = np.random.default_rng(seeds)
    shape = (data.TRAINING.stop // 64, len(seeds), 64)

    def draw():
        orders = generator.permuted(numbers, axis=1).reshape(len(seeds), -1, 64)
        return [array.take(orders.swapaxes(0, 1), axis=0) for array in table]

    def one_epoch(_):
        x, y = tf.numpy_function(draw, [], [tf.float32, tf.float32])
        return tf.ensure_shape(x, (*shape, 6)), tf.ensure_shape(y, (*shape, 1))

    batches = tf.data.Dataset.range(epochs).map(one_epoch).unbatch()
    batches = batches.apply(tf.data.experimental.assert_cardinality(epochs * shape[0]))
    return data.without_threads(batches), *sets


class ManyDense(keras.layers.Layer):
    """A dense layer in each of many networks: one product of two stacks of matrices."""

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

    They share nothing. Adam updates each weight on its own, so each network learns what
    it would have learned alone, if the loss is `sum_of_losses`.

    Args:
        seeds: One seed per network, at least one. Each has the initial weights of
            `build_model(seed)`.

    Returns:
        A `keras.Sequential` that maps features `(networks, batch, 6)` to targets
        `(networks, batch, 1)`.

    Raises:
        ValueError: See `load_many_diamonds`.
    """
    networks = [build_model(seed) for seed in seeds]
    model = keras.Sequential([keras.Input((None, 6), batch_size=len(networks))], name="many")
    for layer in networks[0].layers:
        model.add(ManyDense(len(networks), layer.units, layer.activation, name=layer.name))
    stacks = map(np.stack, zip(*(network.get_weights() for network in networks), strict=True))
    model.start = [w.reshape(v.shape) for w, v in zip(stacks, model.weights, strict=True)]
    model.set_weights(model.start)
    return model


def sum_of_losses(target: tf.Tensor, prediction: tf.Tensor) -> tf.Tensor:
    """Adds up the networks' mean squared errors: the loss to compile many networks with.

    Args:
        target: Shape `(networks, batch, 1)`.
        prediction: The same shape.
    """
    return tf.reduce_sum(tf.reduce_mean((target - prediction) ** 2, axis=(1, 2)))


def loss_of_each(model: keras.Model, rows: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Gives the mean squared error of each network.

    Args:
        model: From `build_many_models`.
        rows: `(features, target)` from `load_many_diamonds`, for the same networks.

    Returns:
        The losses, an array with the shape `(networks,)`.
    """
    return np.mean((model.predict_on_batch(rows[0]) - rows[1]) ** 2, axis=(1, 2))


def back_to_start(model: keras.Model) -> None:
    """Gives each network its initial weights again, and Adam its initial state, all zeros.

    The optimizer keeps its learning rate, and the training step isn't traced again.

    Args:
        model: From `build_many_models`, compiled.
    """
    model.set_weights(model.start)
    for variable in model.optimizer.variables:
        if variable.name != "learning_rate":
            variable.assign(tf.zeros_like(variable))
