"""The network of the lessons; and many networks in one model, which are the same as alone."""

import lessons_lib as lib
from tests.unit.test_data import in_order
import keras
import numpy as np
import pytest

SEEDS = [5, 0, 5]


def assert_same(weights, others):
    for one, other in zip(weights, others, strict=True):
        np.testing.assert_array_equal(np.ravel(one), np.ravel(other))


def compiled(model, loss):
    """Eager: for a few steps, to build the training step would take longer."""
    model.compile(keras.optimizers.Adam(0.01), loss=loss, run_eagerly=True)
    return model


@pytest.fixture(scope="module")
def sets():
    return lib.load_many_diamonds(SEEDS)[1:]


def test_the_network_is_6_32_32_1_and_starts_with_the_weights_that_the_texts_speak_of():
    model, other = lib.build_model(), lib.build_model(7)
    assert [layer.activation.__name__ for layer in model.layers] == ["relu", "relu", "linear"]
    assert [weights.shape for weights in model.weights[::2]] == [(6, 32), (32, 32), (32, 1)]
    assert not model.compiled
    assert_same(lib.build_model(0).get_weights(), model.get_weights())  # Whatever was built before.
    starts = [[kernel[0, 0] for kernel in each.get_weights()[::2]] for each in (model, other)]
    np.testing.assert_allclose(starts[0], [-0.2296616, 0.2317757, 0.2566758], atol=1e-6)
    np.testing.assert_allclose(starts[1][:2], [0.0173698, 0.2511475], atol=1e-6)


class TestData:
    def test_each_network_has_all_diamonds_in_the_scale_of_its_own_training_set(self, sets):
        shapes = [(x.shape, y.shape, x.dtype, y.dtype) for x, y in sets]
        assert shapes == [((3, n, 6), (3, n, 1), "float32", "float32") for n in (1600, 400, 1000)]
        np.testing.assert_allclose(sets[0][0].std(axis=1), 1, atol=1e-4)
        for rows in np.hstack([*map(np.dstack, sets)]):
            np.testing.assert_allclose(rows[:1600].mean(axis=0), 0, atol=1e-4)
            for column, raw in zip(rows.T, np.hstack(lib.data.read_features()).T, strict=True):
                # In one scale: one straight line leads from all three sets back to the files.
                back = np.polyval(np.polyfit(column[2000:], raw[2000:], 1), column)
                np.testing.assert_allclose(back[2000:], raw[2000:], atol=1e-3)
                np.testing.assert_allclose(np.sort(back[:2000]), np.sort(raw[:2000]), atol=1e-3)

    def test_the_split_follows_from_a_networks_own_seed(self, sets):
        for (rows, _), (alone, _) in zip(sets, lib.load_many_diamonds([5])[1:], strict=True):
            assert_same(rows[::2], [alone, alone])
        assert not np.allclose(*np.sort(sets[1][1][:2], axis=1), atol=1e-3)

    def test_each_epoch_is_each_networks_training_set_once_in_its_own_order(self, sets):
        batches, orders = lib.load_many_diamonds(SEEDS, epochs=2)[0], set()
        assert [spec.shape for spec in batches.element_spec] == [(3, 64, 6), (3, 64, 1)]
        assert len(batches) == 2 * 25
        passes = [np.hstack([np.dstack(xy) for xy in batches.as_numpy_iterator()]) for _ in "12"]
        for network, training in enumerate(np.dstack(sets[0])):
            for epoch in np.split(np.hstack(passes)[network], 4):
                assert_same(in_order(epoch), in_order(training))
                orders.add(epoch.tobytes())
        assert len(orders) == 3 * 4


class TestManyNetworks:
    def test_each_starts_predicts_and_learns_as_it_does_alone(self, sets):
        (features, target), many = sets[0], lib.build_many_models(SEEDS)
        networks = [lib.build_model(seed) for seed in SEEDS]
        for stack, *weights in zip(*(m.get_weights() for m in (many, *networks)), strict=True):
            assert_same(stack, weights)
        alone = np.stack([m(x).numpy() for m, x in zip(networks, features, strict=True)])
        np.testing.assert_allclose(many(features).numpy(), alone, atol=1e-5)
        losses = np.mean((alone - target) ** 2, axis=(1, 2))
        np.testing.assert_allclose(lib.loss_of_each(many, sets[0]), losses, rtol=1e-5)
        np.testing.assert_allclose(lib.sum_of_losses(target, alone), losses.sum(), rtol=1e-5)
        # Loaded twice, the batches come in the same orders.
        batches, same = (lib.load_many_diamonds(SEEDS, epochs=2)[0] for _ in range(2))
        compiled(many, lib.sum_of_losses).fit(batches, shuffle=False, verbose=0)
        its_own = same.map(lambda x, y: (x[1], y[1]))
        compiled(networks[1], "mse").fit(its_own, shuffle=False, verbose=0)
        assert (lib.loss_of_each(many, sets[0]) < losses / 2).all()
        for stack, weights in zip(many.get_weights(), networks[1].get_weights(), strict=True):
            np.testing.assert_allclose(stack[1].reshape(weights.shape), weights, atol=1e-3)

    def test_back_at_the_start_they_learn_as_new_ones_do(self, sets):
        used, new = (compiled(lib.build_many_models(SEEDS), lib.sum_of_losses) for _ in range(2))
        used.train_on_batch(*sets[2])
        used.optimizer.learning_rate = new.optimizer.learning_rate = 0.002
        lib.back_to_start(used)
        assert_same(used.get_weights(), new.get_weights())
        assert float(used.optimizer.learning_rate) == pytest.approx(0.002)
        for model in (used, new, used, new):  # Two steps: Adam's state shows in the second.
            model.train_on_batch(*sets[1])
        assert_same(used.get_weights(), new.get_weights())


@pytest.mark.parametrize("function", [lib.load_many_diamonds, lib.build_many_models])
def test_seeds_and_epochs_that_cannot_be_are_explained(function):
    for call in (lambda: function([0, -1]), lambda: lib.build_model(-1)):
        with pytest.raises(ValueError, match="^seed is -1, not a whole number from 0 to 1,000,"):
            call()
    for epochs in (0, 1001, 1.5):
        with pytest.raises(ValueError, match="^epochs is .*, not a whole number from 1 to 1,000.$"):
            lib.load_many_diamonds([0], epochs=epochs)
