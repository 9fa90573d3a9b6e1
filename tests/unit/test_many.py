"""Many networks in one model are the same networks as alone."""

from lessons_lib import (
    back_to_start,
    build_many_models,
    build_model,
    load_many_diamonds,
    loss_of_each,
    read_diamonds,
    sum_of_losses,
)
import keras
import numpy as np
import pytest
import tensorflow as tf

SEEDS = [5, 0, 5]


def compiled_many(seeds=SEEDS, learning_rate=0.01):
    """Eager: for a few steps, to build the training step would take longer."""
    model = build_many_models(seeds)
    optimizer = keras.optimizers.Adam(learning_rate)
    model.compile(optimizer=optimizer, loss=sum_of_losses, run_eagerly=True)
    return model


def one_pass(batches):
    """All features and all targets of a pass, with the shapes (networks, rows, ...)."""
    return [np.concatenate(part, axis=1) for part in zip(*batches.as_numpy_iterator(), strict=True)]


def in_order(features, target):
    """A network's rows, sorted."""
    rows = np.hstack([features, target])
    return rows[np.lexsort(rows.T)]


@pytest.fixture(scope="module")
def loaded():
    return load_many_diamonds(SEEDS)


class TestData:
    def test_shapes_and_types(self, loaded):
        batches, *parts = loaded
        x, y = next(batches.as_numpy_iterator())
        assert batches.element_spec[0].shape == x.shape == (3, 64, 6)
        assert batches.element_spec[1].shape == y.shape == (3, 64, 1)
        for part, rows in zip(parts, (1600, 400, 1000), strict=True):
            assert part[0].shape == (3, rows, 6)
            assert part[1].shape == (3, rows, 1)
        arrays = [x, y, *(array for part in parts for array in part)]
        assert {array.dtype for array in arrays} == {np.dtype("float32")}

    def test_each_training_part_has_mean_0_and_deviation_1(self, loaded):
        features, target = loaded[1]
        np.testing.assert_allclose(features.mean(axis=1), 0, atol=1e-4)
        np.testing.assert_allclose(features.std(axis=1), 1, atol=1e-4)
        np.testing.assert_allclose(target.mean(axis=1), 0, atol=1e-4)

    def test_the_test_part_is_the_same_diamonds_in_the_scale_of_each_training_part(self, loaded):
        features, target = loaded[3]
        diamonds, test = read_diamonds(), read_diamonds(test=True)
        for network in range(3):
            # Weight, depth and price have the same scale in all three parts, if one straight
            # line leads from the features back to the two files.
            for feature, column, unscaled in [
                (features[network, :, 0], "carat", np.log),
                (features[network, :, 4], "depth", np.asarray),
                (target[network, :, 0], "price", np.log),
            ]:
                slope, start = np.polyfit(feature, unscaled(test[column]), 1)
                back = slope * feature + start
                np.testing.assert_allclose(back, unscaled(test[column]), rtol=1e-5, atol=1e-5)
                place = {"carat": (0, 0), "depth": (0, 4), "price": (1, 0)}[column]
                own = [part[place[0]][network, :, place[1]] for part in loaded[1:3]]
                back = np.sort(slope * np.concatenate(own) + start)
                expected = np.sort(unscaled(diamonds[column]))
                np.testing.assert_allclose(back, expected, rtol=1e-5, atol=1e-5)

    def test_the_split_follows_from_a_networks_own_seed(self, loaded):
        alone = load_many_diamonds([5])
        for part, same in zip(loaded[1:], alone[1:], strict=True):
            for array, expected in zip(part, same, strict=True):
                np.testing.assert_array_equal(array[0], expected[0])
                np.testing.assert_array_equal(array[2], expected[0])
        prices = [np.sort(target.ravel()) for target in loaded[2][1]]
        assert not np.allclose(prices[0], prices[1], atol=1e-3)

    @pytest.mark.parametrize("epochs", [1, 3])
    def test_each_epoch_is_each_networks_training_part_once_in_its_own_order(self, loaded, epochs):
        batches, (features, target), *_ = load_many_diamonds(SEEDS, epochs=epochs)
        assert len(batches) == 25 * epochs
        twice = [one_pass(batches), one_pass(batches)]
        x, y = (np.concatenate(part, axis=1) for part in zip(*twice, strict=True))
        assert y.shape == (3, 2 * epochs * 1600, 1)
        orders = []
        for network in range(3):
            for start in range(0, y.shape[1], 1600):
                epoch = slice(start, start + 1600)
                rows = in_order(x[network, epoch], y[network, epoch])
                np.testing.assert_array_equal(rows, in_order(features[network], target[network]))
                orders.append(y[network, epoch].tobytes())
        assert len(set(orders)) == len(orders) == 3 * 2 * epochs

    def test_the_same_seeds_give_the_same_orders(self):
        one, other = (one_pass(load_many_diamonds([1, 2])[0])[1] for _ in range(2))
        np.testing.assert_array_equal(one, other)


class TestModel:
    def test_each_network_starts_and_predicts_as_it_does_alone(self):
        features = np.random.default_rng(0).normal(size=(3, 5, 6)).astype("float32")
        together = build_many_models(SEEDS)(features).numpy()
        for network, seed in enumerate(SEEDS):
            alone = build_model(seed)(features[network]).numpy()
            np.testing.assert_allclose(together[network], alone, atol=1e-5)

    def test_it_is_not_compiled(self):
        assert not build_many_models([0]).compiled

    def test_a_network_learns_what_it_would_have_learned_alone(self):
        batches, (features, target), *_ = load_many_diamonds(SEEDS, epochs=2)
        many = compiled_many()
        many.fit(batches, shuffle=False, verbose=0)
        start = loss_of_each(build_many_models(SEEDS), (features, target))
        together = loss_of_each(many, (features, target))
        assert (together < start / 2).all()
        for network in (1, 2):
            # A fresh pass: it starts with the same orders.
            same = load_many_diamonds(SEEDS, epochs=2)[0]
            alone = build_model(SEEDS[network])
            optimizer = keras.optimizers.Adam(0.01)
            alone.compile(optimizer=optimizer, loss="mse", run_eagerly=True)
            its_batches = same.map(lambda x, y, n=network: (x[n], y[n]))
            alone.fit(its_batches, shuffle=False, verbose=0)
            loss = np.mean((alone(features[network]).numpy() - target[network]) ** 2)
            assert abs(together[network] - loss) < 1e-4
            for weights, expected in zip(many.get_weights(), alone.get_weights(), strict=True):
                its_own = weights[network].reshape(expected.shape)
                np.testing.assert_allclose(its_own, expected, atol=1e-3)


def test_the_sum_of_losses_is_the_sum_of_the_networks_mean_squared_errors():
    target = tf.constant([[[1.0], [2.0]], [[0.0], [0.0]]])
    prediction = tf.constant([[[1.0], [4.0]], [[3.0], [1.0]]])
    assert sum_of_losses(target, prediction).numpy() == 4 / 2 + (9 + 1) / 2


def test_the_loss_of_each_network_is_its_mean_squared_error():
    model = build_many_models([0, 1])
    random = np.random.default_rng(0)
    features = random.normal(size=(2, 7, 6)).astype("float32")
    target = random.normal(size=(2, 7, 1)).astype("float32")
    losses = loss_of_each(model, (features, target))
    assert losses.shape == (2,)
    for network, loss in enumerate(losses):
        prediction = build_model(network)(features[network]).numpy()
        np.testing.assert_allclose(loss, ((prediction - target[network]) ** 2).mean(), rtol=1e-5)


@pytest.fixture(scope="module")
def trained_and_back(loaded):
    model = compiled_many()
    model.fit(loaded[0], shuffle=False, verbose=0)
    model.optimizer.learning_rate = 0.002
    back_to_start(model)
    return model


class TestBackToStart:
    def test_each_network_has_its_starting_weights(self, trained_and_back):
        fresh = build_many_models(SEEDS).get_weights()
        for weights, start in zip(trained_and_back.get_weights(), fresh, strict=True):
            np.testing.assert_array_equal(weights, start)

    def test_the_optimizer_stands_before_its_first_step_with_the_rate_it_has(
        self, trained_and_back
    ):
        optimizer = trained_and_back.optimizer
        assert int(optimizer.iterations) == 0
        np.testing.assert_allclose(float(optimizer.learning_rate), 0.002)
        slots = [v for v in optimizer.variables if v.name not in ("iteration", "learning_rate")]
        assert len(slots) == 12
        assert all(not np.any(slot.numpy()) for slot in slots)

    def test_it_learns_as_if_it_were_new(self, loaded):
        data = [array[:, :400] for array in loaded[1]]
        old, new = compiled_many(), compiled_many()
        old.train_on_batch(*[array[:, 400:800] for array in loaded[1]])
        back_to_start(old)
        for model in (old, new):
            model.train_on_batch(*data)
            model.train_on_batch(*data)
        for one, other in zip(old.get_weights(), new.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)
