"""What cannot be is refused in one clear sentence, in all functions alike."""

from lessons_lib import build_many_models, build_model, load_diamonds, load_many_diamonds
import numpy as np
import pytest

TAKE_A_SEED = {
    "load_diamonds": lambda seed: load_diamonds(seed=seed),
    "build_model": build_model,
    "load_many_diamonds": lambda seed: load_many_diamonds([seed]),
    "build_many_models": lambda seed: build_many_models([seed]),
}
for_each_with_a_seed = pytest.mark.parametrize("function", TAKE_A_SEED.values(), ids=TAKE_A_SEED)
for_each_with_seeds = pytest.mark.parametrize("function", [load_many_diamonds, build_many_models])


@for_each_with_a_seed
@pytest.mark.parametrize("seed", ["a", 1.5, None, -1, True, 1_000_000_001, np.float64(1)])
def test_a_seed_that_cannot_be_is_explained(function, seed):
    with pytest.raises(ValueError) as error:
        function(seed)
    limits = "but it must be a whole number from 0 to 1,000,000,000."
    assert str(error.value) == f"seed is {seed!r}, {limits}"


@for_each_with_a_seed
@pytest.mark.parametrize("seed", [0, 1_000_000_000, np.int64(7), np.uint8(7)])
def test_every_whole_number_up_to_the_largest_seed_is_one(function, seed):
    function(seed)


@for_each_with_seeds
@pytest.mark.parametrize("seeds", [5, None, "12"])
def test_seeds_that_are_not_several_are_explained(function, seeds):
    with pytest.raises(ValueError, match=f"seeds is {seeds!r}, but it must be a list of seeds"):
        function(seeds)


@for_each_with_seeds
def test_no_seed_is_explained(function):
    with pytest.raises(ValueError, match="There is no seed"):
        function([])


@pytest.mark.parametrize("seeds", [range(2), (0, 1), np.arange(2), iter([0, 1])])
def test_seeds_may_come_as_any_series_of_numbers(seeds):
    assert build_many_models(seeds).output_shape[0] == 2


@pytest.mark.parametrize("batch_size", [0, -1, 1601, 2.5, "64", None, True])
def test_a_batch_size_that_cannot_be_is_explained(batch_size):
    sentence = "^batch_size is .*, but it must be a whole number from 1 to 1,600.$"
    with pytest.raises(ValueError, match=sentence):
        load_diamonds(batch_size=batch_size)


@pytest.mark.parametrize("batch_size", [1, 1600, np.int64(64)])
def test_numpy_integers_are_whole_numbers(batch_size):
    assert len(load_diamonds(batch_size=batch_size)[0]) == 1600 // batch_size


@pytest.mark.parametrize("epochs", [0, 1001, 1.5, "2", None, True])
def test_a_number_of_epochs_that_cannot_be_is_explained(epochs):
    with pytest.raises(ValueError, match="^epochs is .* whole number from 1 to 1,000.$"):
        load_many_diamonds([0], epochs=epochs)


def test_a_pass_may_hold_1000_epochs():
    assert len(load_many_diamonds([0], epochs=1000)[0]) == 25_000
