import hashlib

from lessons_lib import load_diamonds, read_diamonds
from lessons_lib.data import GRADES
from tests.lessons import ROOT
import numpy as np
import pytest
import tensorflow as tf


def batches(dataset):
    return [(features.numpy(), target.numpy()) for features, target in dataset]


def whole(dataset):
    return [np.concatenate(part) for part in zip(*batches(dataset))]


def test_the_file_is_the_one_that_the_recipe_writes():
    content = (ROOT / "lessons_lib" / "diamonds.csv").read_bytes().replace(b"\r\n", b"\n")
    assert hashlib.sha256(content).hexdigest() in (ROOT / "lessons_lib" / "diamonds.md").read_text()


def test_the_table_has_2000_diamonds_with_ordered_grades():
    diamonds = read_diamonds()
    columns = ["carat", "cut", "color", "clarity", "depth", "table", "price"]
    assert list(diamonds.columns) == columns
    assert len(diamonds) == 2000
    assert not diamonds.isna().any().any()
    for grade, values in GRADES.items():
        assert diamonds[grade].cat.ordered
        assert list(diamonds[grade].cat.categories) == values


def test_the_parts_have_1600_and_400_diamonds_in_batches():
    training, validation = load_diamonds(batch_size=64)
    assert len(training) == 25
    assert [part.shape for part in whole(training)] == [(1600, 6), (1600, 1)]
    assert len(validation) == 1
    assert [part.shape for part in whole(validation)] == [(400, 6), (400, 1)]


def test_the_last_batch_may_be_smaller():
    sizes = [len(target) for _, target in batches(load_diamonds(batch_size=1000)[0])]
    assert sizes == [1000, 600]


def test_the_training_part_alone_sets_the_scale():
    (features, target), (other_features, _) = map(whole, load_diamonds())
    np.testing.assert_allclose(features.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(features.std(axis=0), 1, atol=1e-5)
    assert abs(target.mean()) < 1e-5
    assert abs(other_features.mean(axis=0)).max() > 0.01


def test_a_target_is_the_logarithm_of_a_price_less_the_training_mean():
    (_, target) = whole(load_diamonds()[1])
    log_price = np.log(read_diamonds()["price"])
    expected = log_price[1600:] - log_price[:1600].mean()
    np.testing.assert_allclose(target[:, 0], expected, atol=1e-5)


def test_each_epoch_has_a_new_order():
    training, _ = load_diamonds()
    first, second = whole(training)[1], whole(training)[1]
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(np.sort(first, axis=0), np.sort(second, axis=0))


@pytest.mark.parametrize("global_seed", [1, 2])
def test_the_same_seed_gives_the_same_orders_whatever_the_global_seed_was(global_seed):
    orders = []
    for _ in range(2):
        tf.random.set_seed(global_seed + len(orders))
        training, _ = load_diamonds(seed=5)
        orders.append([whole(training)[1], whole(training)[1]])
    np.testing.assert_array_equal(*orders)


def test_another_seed_gives_another_order_of_the_same_parts():
    one, other = (whole(load_diamonds(seed=seed)[0])[1] for seed in (0, 1))
    assert not np.array_equal(one, other)
    np.testing.assert_array_equal(np.sort(one, axis=0), np.sort(other, axis=0))


@pytest.mark.parametrize("batch_size", [0, -1, 1601, 2.5, "64", None])
def test_a_batch_size_that_cannot_be_is_explained(batch_size):
    with pytest.raises(ValueError, match=r"batch_size is .* whole number from 1 to 1600"):
        load_diamonds(batch_size=batch_size)
