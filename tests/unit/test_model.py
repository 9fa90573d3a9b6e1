from lessons_lib import build_model
import keras
import numpy as np


def test_the_model_is_6_32_32_1_and_not_compiled():
    model = build_model()
    assert [weights.shape for weights in model.weights[::2]] == [(6, 32), (32, 32), (32, 1)]
    assert not model.compiled


def test_hidden_units_are_relu_and_the_last_one_is_linear():
    names = [layer.activation.__name__ for layer in build_model().layers]
    assert names == ["relu", "relu", "linear"]


def test_the_same_seed_gives_the_same_weights_whatever_came_before():
    one = build_model(seed=3).get_weights()
    keras.utils.set_random_seed(99)
    np.random.random()
    for a, b in zip(one, build_model(seed=3).get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_series_starts_with_the_weights_that_its_texts_speak_of():
    for seed, start in {0: [-0.2296616, 0.2317757, 0.2566758], 7: [0.0173698, 0.2511475]}.items():
        kernels = build_model(seed).get_weights()[::2]
        found = [kernel[0, 0] for kernel in kernels]
        np.testing.assert_allclose(found[: len(start)], start, atol=1e-6)
    for weights, same in zip(
        build_model().get_weights(), build_model(0).get_weights(), strict=True
    ):
        np.testing.assert_array_equal(weights, same)


def test_no_two_layers_of_20_seeds_start_with_the_same_weights():
    starts = set()
    for seed in range(20):
        for kernel in build_model(seed).get_weights()[::2]:
            # Scaled as it is drawn: a kernel's limit follows from its shape.
            starts.add(round(float(kernel[0, 0] * np.sqrt(sum(kernel.shape))), 5))
    assert len(starts) == 60
