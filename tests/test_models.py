from lessons_lib import build_model
import keras
import numpy as np


def test_the_model_is_6_32_32_1_and_not_compiled():
    model = build_model()
    assert [weights.shape for weights in model.weights[::2]] == [(6, 32), (32, 32), (32, 1)]
    assert not model.compiled


def test_the_same_seed_gives_the_same_weights_whatever_came_before():
    one = build_model(seed=3).get_weights()
    keras.utils.set_random_seed(99)
    np.random.random()
    for a, b in zip(one, build_model(seed=3).get_weights()):
        np.testing.assert_array_equal(a, b)


def test_other_seeds_and_other_layers_start_with_other_weights():
    kernels = [build_model(seed).get_weights()[::2] for seed in (0, 1)]
    for a, b in zip(*kernels):
        assert not np.array_equal(a, b)
    assert not np.array_equal(kernels[0][0].ravel()[:32], kernels[0][1].ravel()[:32])
