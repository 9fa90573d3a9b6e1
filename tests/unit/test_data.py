import hashlib
import math

from lessons_lib import load_diamonds, read_diamonds
from lessons_lib.data import read_features
from tests.notebooks import ROOT
import numpy as np
import pytest
import tensorflow as tf

COLUMNS = ["carat", "cut", "color", "clarity", "depth", "table", "price"]
OLD_HASH = "194718e6978b43e9b87e8d4d9b0480284ce990c07266490fca7b4d0fc160e9c6"


def whole(dataset):
    return [np.concatenate(part) for part in zip(*dataset.as_numpy_iterator(), strict=True)]


@pytest.fixture(scope="module")
def parts():
    """Training and validation as a whole, the training part in the table's order."""
    training, validation = map(whole, load_diamonds())
    return training, validation


class TestFiles:
    @pytest.mark.parametrize("name", ["diamonds.csv", "diamonds_test.csv"])
    def test_it_is_the_one_that_the_recipe_writes(self, name):
        # Git may have written the line ends of this system.
        content = (ROOT / "lessons_lib" / name).read_bytes().replace(b"\r\n", b"\n")
        stated = (ROOT / "lessons_lib" / "diamonds.md").read_text(encoding="utf-8")
        assert f"`{name}`: `{hashlib.sha256(content).hexdigest()}`" in stated

    def test_the_diamonds_to_learn_from_are_those_of_the_first_version(self):
        content = (ROOT / "lessons_lib" / "diamonds.csv").read_bytes().replace(b"\r\n", b"\n")
        assert hashlib.sha256(content).hexdigest() == OLD_HASH

    def test_no_diamond_is_in_both(self):
        own, test = read_diamonds(), read_diamonds(test=True)
        assert len(own) == 2000
        assert len(test) == 1000
        assert not set(own.itertuples(index=False)) & set(test.itertuples(index=False))

    @pytest.mark.parametrize("test", [False, True])
    def test_grades_are_ordered_from_worst_to_best(self, test):
        diamonds = read_diamonds(test=test)
        assert list(diamonds.columns) == COLUMNS
        assert not diamonds.isna().any().any()
        for grade, worst, best, count in [
            ("cut", "Fair", "Ideal", 5),
            ("color", "J", "D", 7),
            ("clarity", "I1", "IF", 8),
        ]:
            assert diamonds[grade].cat.ordered
            assert len(diamonds[grade].cat.categories) == count
            assert (diamonds[grade].min(), diamonds[grade].max()) == (worst, best)


def test_features_are_numbers_that_follow_from_the_table():
    features, target = read_features()
    assert features.shape == (3000, 6)
    assert target.shape == (3000, 1)
    first, last = read_diamonds().iloc[0], read_diamonds(test=True).iloc[-1]
    cuts, colors = ["Fair", "Good", "Very Good", "Premium", "Ideal"], "JIHGFED"
    clarities = ["I1", "SI2", "SI1", "VS2", "VS1", "VVS2", "VVS1", "IF"]
    for row, diamond in ((0, first), (-1, last)):
        grades = cuts.index(diamond.cut), colors.index(diamond.color)
        expected = [math.log(diamond.carat), *grades, clarities.index(diamond.clarity)]
        np.testing.assert_allclose(features[row], [*expected, diamond.depth, diamond.table])
        np.testing.assert_allclose(target[row], math.log(diamond.price))


class TestBatches:
    def test_the_parts_have_1600_and_400_diamonds(self, parts):
        training, validation = load_diamonds()
        assert len(training) == 25
        assert len(validation) == 1
        assert [part.shape for part in parts[0]] == [(1600, 6), (1600, 1)]
        assert [part.shape for part in parts[1]] == [(400, 6), (400, 1)]
        assert {array.dtype for part in parts for array in part} == {np.dtype("float32")}

    def test_the_last_batch_may_be_smaller(self):
        sizes = [len(target) for _, target in load_diamonds(batch_size=1000)[0]]
        assert sizes == [1000, 600]

    def test_the_training_part_alone_sets_the_scale(self, parts):
        (features, target), (other_features, _) = parts
        np.testing.assert_allclose(features.mean(axis=0), 0, atol=1e-5)
        np.testing.assert_allclose(features.std(axis=0), 1, atol=1e-5)
        assert abs(target.mean()) < 1e-5
        raw = read_features()[0]
        expected = (raw[1600:2000] - raw[:1600].mean(axis=0)) / raw[:1600].std(axis=0)
        np.testing.assert_allclose(other_features, expected, atol=1e-4)

    def test_a_target_is_the_logarithm_of_a_price_less_the_training_mean(self, parts):
        log_price = np.log(read_diamonds()["price"])
        expected = log_price[1600:] - log_price[:1600].mean()
        np.testing.assert_allclose(parts[1][1][:, 0], expected, atol=1e-5)

    def test_shuffling_keeps_each_diamonds_features_with_its_target(self, parts):
        rows, first = np.hstack(parts[0]), np.hstack(whole(load_diamonds(seed=1)[0]))
        assert not np.array_equal(rows, first)
        assert sorted(map(tuple, rows)) == sorted(map(tuple, first))
        # Weight and price of the lightest diamond of the training part.
        diamonds = read_diamonds()[:1600]
        lightest = diamonds[diamonds["carat"] == diamonds["carat"].min()]
        expected = np.log(lightest["price"]) - np.log(diamonds["price"]).mean()
        found = rows[rows[:, 0] == rows[:, 0].min()][:, 6]
        np.testing.assert_allclose(np.sort(found), np.sort(expected), atol=1e-5)


class TestOrder:
    def test_it_is_new_in_each_epoch(self):
        training, _ = load_diamonds()
        first, second = whole(training)[1], whole(training)[1]
        assert not np.array_equal(first, second)
        np.testing.assert_array_equal(np.sort(first, axis=0), np.sort(second, axis=0))

    def test_the_same_seed_gives_the_same_orders_whatever_the_global_seed_was(self):
        orders = []
        for global_seed in (1, 2):
            tf.random.set_seed(global_seed)
            training, _ = load_diamonds(seed=5)
            orders.append([whole(training)[1], whole(training)[1]])
        np.testing.assert_array_equal(*orders)

    def test_the_seed_is_0_unless_another_is_given(self):
        one, other = (whole(training) for training, _ in (load_diamonds(), load_diamonds(seed=0)))
        np.testing.assert_array_equal(one[1], other[1])

    def test_another_seed_gives_another_order_of_the_same_part(self):
        one, other = (whole(load_diamonds(seed=seed)[0])[1] for seed in (0, 1))
        assert not np.array_equal(one, other)
        np.testing.assert_array_equal(np.sort(one, axis=0), np.sort(other, axis=0))

    def test_validation_keeps_the_order_of_the_table(self):
        _, validation = load_diamonds(seed=3)
        prices = np.exp(whole(validation)[1][:, 0])
        expected = read_diamonds()["price"][1600:]
        ratio = prices / expected
        np.testing.assert_allclose(ratio, ratio.iloc[0], rtol=1e-4)
