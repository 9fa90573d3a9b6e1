"""Many networks in one model are the same networks as alone."""

from lessons_lib import build_many_models, build_model, load_many_diamonds
from lessons_lib.data import read_features
import keras
import numpy as np
import pytest
import tensorflow as tf

SEEDS = range(20)


def sum_of_losses(target, prediction):
    return tf.reduce_sum(tf.reduce_mean((target - prediction) ** 2, axis=(1, 2)))


def whole(dataset):
    return [np.concatenate(part, axis=1) for part in zip(*dataset.as_numpy_iterator())]


def test_each_network_starts_and_predicts_as_it_does_alone():
    features = np.random.default_rng(0).normal(size=(20, 5, 6)).astype("float32")
    together = build_many_models(SEEDS)(features).numpy()
    for seed in SEEDS:
        alone = build_model(seed)(features[seed]).numpy()
        np.testing.assert_allclose(together[seed], alone, atol=1e-5)


@pytest.mark.parametrize("network", [0, 7, 19])
def test_a_network_learns_what_it_would_have_learned_alone(network):
    batches, (features, target), _ = load_many_diamonds(SEEDS)
    many = build_many_models(SEEDS)
    many.compile(keras.optimizers.Adam(0.01), loss=sum_of_losses, steps_per_execution=25)

    its_batches = load_many_diamonds(SEEDS)[0].map(lambda x, y: (x[network], y[network]))
    alone = build_model(network)
    alone.compile(keras.optimizers.Adam(0.01), loss="mse", steps_per_execution=25)

    for _ in range(3):
        many.fit(batches, shuffle=False, verbose=0)
        alone.fit(its_batches, shuffle=False, verbose=0)
        together = np.mean((many(features)[network] - target[network]) ** 2)
        assert abs(together - np.mean((alone(features[network]) - target[network]) ** 2)) < 1e-4


def test_each_network_has_its_own_split_in_its_own_scale():
    _, (features, target), (val_features, val_target) = load_many_diamonds(range(3))
    assert features.shape == (3, 1600, 6)
    assert target.shape == (3, 1600, 1)
    assert val_features.shape == (3, 400, 6)
    assert val_target.shape == (3, 400, 1)
    np.testing.assert_allclose(features.mean(axis=1), 0, atol=1e-4)
    np.testing.assert_allclose(features.std(axis=1), 1, atol=1e-4)
    np.testing.assert_allclose(target.mean(axis=1), 0, atol=1e-4)
    prices = [np.sort(split.ravel()) for split in val_target]
    assert not np.allclose(prices[0], prices[1], atol=1e-3)


def test_both_parts_of_a_split_are_all_the_diamonds():
    _, (_, target), (_, val_target) = load_many_diamonds([5])
    prices = np.sort(np.concatenate([target[0], val_target[0]]).ravel())
    expected = np.sort(read_features()[1].ravel())
    np.testing.assert_allclose(prices - prices[0], expected - expected[0], atol=1e-4)


def test_each_network_sees_all_its_diamonds_in_its_own_order_anew_each_epoch():
    batches, (_, target), _ = load_many_diamonds([5, 5])
    assert len(batches) == 25
    first, second = whole(batches)[1], whole(batches)[1]
    for epoch in (first, second):
        np.testing.assert_array_equal(np.sort(epoch, axis=1), np.sort(target, axis=1))
    assert not np.array_equal(first, second)
    assert not np.array_equal(first[0], first[1])


def test_the_same_seeds_give_the_same_orders():
    one, other = (whole(load_many_diamonds([1, 2])[0])[1] for _ in range(2))
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("batch_size", [0, -64, 1.5, 3, 3200])
def test_a_batch_size_that_does_not_divide_the_data_is_explained(batch_size):
    with pytest.raises(ValueError, match="must be a divisor of 1600"):
        load_many_diamonds([0], batch_size)


@pytest.mark.parametrize("function", [build_many_models, load_many_diamonds])
def test_no_seed_is_explained(function):
    with pytest.raises(ValueError, match="There is no seed"):
        function([])
