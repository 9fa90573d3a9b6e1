"""The diamonds: the two files, the split, the scale, and the order of the batches."""

import hashlib

from lessons_lib import data, load_diamonds, read_diamonds
from tests.notebooks import ROOT
import numpy as np
import pytest
import tensorflow as tf


def rows_of(dataset):
    """All rows of one pass, each with six features and its target."""
    return np.concatenate([np.hstack(batch) for batch in dataset.as_numpy_iterator()])


def in_order(rows):
    return rows[np.lexsort(rows.T)]


@pytest.mark.parametrize("name", ["diamonds.csv", "diamonds_test.csv"])
def test_a_file_is_the_one_that_the_recipe_writes(name):
    # Git may have written the line ends of this system.
    content = (ROOT / "lessons_lib" / name).read_bytes().replace(b"\r\n", b"\n")
    stated = (ROOT / "lessons_lib" / "diamonds.md").read_text(encoding="utf-8")
    assert f"`{name}`: `{hashlib.sha256(content).hexdigest()}`" in stated


def test_no_diamond_is_in_both_files_and_their_columns_become_features_and_a_target():
    diamonds, test = read_diamonds(), read_diamonds(test=True)
    assert not set(diamonds.itertuples(index=False)) & set(test.itertuples(index=False))
    features, target = data.read_features()
    assert (len(diamonds), len(test), *features.shape) == (2000, 1000, 3000, 6)
    cuts = ["Fair", "Good", "Very Good", "Premium", "Ideal"]
    clarities = ["I1", "SI2", "SI1", "VS2", "VS1", "VVS2", "VVS1", "IF"]
    orders = {"cut": cuts.index, "color": "JIHGFED".index, "clarity": clarities.index}
    grades = [test[grade].map(order) for grade, order in orders.items()]
    expected = np.column_stack([np.log(test["carat"]), *grades, test["depth"], test["table"]])
    np.testing.assert_allclose(features[2000:], expected)
    np.testing.assert_allclose(target[2000:, 0], np.log(test["price"]))


def test_the_training_set_alone_sets_the_scale():
    training, validation = load_diamonds(seed=3, batch_size=1000)
    shapes = [(x.shape, y.shape, x.dtype, y.dtype) for x, y in [*training, *validation]]
    assert shapes == [((n, 6), (n, 1), "float32", "float32") for n in (1000, 600, 400)]
    features, target = data.read_features()
    features = (features - features[:1600].mean(axis=0)) / features[:1600].std(axis=0)
    rows = np.hstack([features, target - target[:1600].mean()])
    # Training is shuffled, each diamond's features with its target; validation isn't.
    np.testing.assert_allclose(in_order(rows_of(training)), in_order(rows[:1600]), atol=1e-4)
    np.testing.assert_allclose(rows_of(validation), rows[1600:2000], atol=1e-4)


def test_the_order_is_new_in_each_epoch_and_the_same_for_the_same_seed():
    orders = []
    for seed, global_seed in [(0, 1), (0, 2), (1, 2)]:
        tf.random.set_seed(global_seed)  # What was set before must not matter.
        training, _ = load_diamonds(seed=seed)
        orders.append([rows_of(training), rows_of(training)])
    one, same, other = orders
    assert not np.array_equal(*one)
    assert not np.array_equal(one, other)
    np.testing.assert_array_equal(one, same)


@pytest.mark.parametrize("value", ["a", 1.5, None, -1, True, 1_000_000_001])
def test_a_seed_or_a_batch_size_that_cannot_be_is_explained(value):
    for name, limits in {"seed": "0 to 1,000,000,000", "batch_size": "1 to 1,600"}.items():
        with pytest.raises(ValueError) as error:
            load_diamonds(**{name: value})
        assert str(error.value) == f"{name} is {value!r}, not a whole number from {limits}."
    load_diamonds(seed=1_000_000_000, batch_size=np.int64(1600))  # As large as they can be.
