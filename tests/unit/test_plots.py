"""What a reader sees in the figures: lines, colors, labels at their place, and bars."""

import itertools

from lessons_lib import TrainingRecord, plot_loss_curves, plot_training_times, run_colors
from tests.conftest import from_csv, record_of, table_of
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Annotation

SERIES = {
    "high": "#D55E00",
    "low": "#0072B2",
    "two-stage": "#009E73",
    "plateau": "#CC79A7",
    "exponential": "#E69F00",
    "cosine": "#56B4E9",
}


@pytest.fixture(autouse=True)
def close_figures(monkeypatch):
    monkeypatch.setattr(plt, "show", lambda: pytest.fail("a plot function called plt.show()"))
    yield
    plt.close("all")


@pytest.fixture
def records():
    return [
        record_of("high", [0.5, 0.02, 0.03]),
        record_of("low", [1, 0.5, 0.3, 0.2]),
        record_of("two-stage", [0.5, 0.02, 0.01, 0.01]),
    ]


def texts(axes):
    return [text.get_text() for text in axes.texts]


def drawn(axes):
    """What stands in the finished figure: for each line its color, points and style."""
    lines = [
        (to_hex(line.get_color()).upper(), line.get_xydata().tolist(), line.get_linestyle())
        for line in axes.lines
    ]
    return lines, texts(axes)


def in_points(axes, box):
    return box.transformed(axes.figure.dpi_scale_trans.inverted()).get_points() * 72


def label_boxes(axes):
    """Where the labels stand in the finished figure, in points: ((x0, y0), (x1, y1)) by text."""
    axes.figure.canvas.draw()
    labels = [text for text in axes.texts if isinstance(text, Annotation)]
    return {label.get_text(): in_points(axes, label.get_window_extent()) for label in labels}


def line_end(axes, x, y):
    """Where a point of the data stands in the finished figure, in points."""
    return axes.transData.transform((x, y)) * 72 / axes.figure.dpi


def overlap(one, other):
    return (one[0] < other[1]).all() and (other[0] < one[1]).all()


class TestColors:
    def test_the_runs_of_the_series_have_theirs_whatever_they_are_drawn_with(self):
        crowd = [f"run {n}" for n in range(30)]
        colors = run_colors([*crowd, *SERIES])
        assert {name: colors[name] for name in SERIES} == SERIES

    def test_no_two_of_40_runs_share_one(self):
        names = [*SERIES, *(f"run {n}" for n in range(34))]
        colors = {to_hex(color).lower() for color in run_colors(names).values()}
        assert len(colors) == 40
        assert "#ffffff" not in colors

    def test_another_runs_color_follows_from_its_name_alone(self, records):
        expected = {"my run": "#000000", "other": "#882255"}
        for name, color in expected.items():
            assert run_colors([name]) == {name: color}
        plot_loss_curves(records)
        plot_loss_curves([record_of(name, [1]) for name in ("a", "b", "c", "other", "d", "my run")])
        assert run_colors([*SERIES, "other", "my run"]) == SERIES | expected

    def test_a_run_gives_way_to_another_one_of_the_same_figure(self):
        for name in ("run 14", "run 17"):
            assert run_colors([name]) == {name: "#000000"}
        colors = run_colors(["run 17", "run 14"])
        assert colors["run 17"] == "#000000"
        assert colors["run 14"] != "#000000"


class TestLossCurves:
    def test_they_show_each_run_in_its_color_with_its_name(self, records):
        axes = plot_loss_curves(records)
        assert isinstance(axes, Axes)
        lines, names = drawn(axes)
        assert [color for color, *_ in lines] == ["#D55E00", "#0072B2", "#009E73"]
        assert lines[1][1] == [[1, 1], [2, 0.5], [3, 0.3], [4, 0.2]]
        assert sorted(names) == ["high", "low", "two-stage"]
        assert {text.get_text(): to_hex(text.get_color()).upper() for text in axes.texts} == {
            name: SERIES[name] for name in names
        }
        assert axes.get_yscale() == "log"
        assert axes.get_ylabel() == "training loss (log scale)"
        assert axes.get_xlabel() == "epoch"

    def test_validation_is_dashed_and_training_solid(self):
        record = record_of("run", [1, 0.5], val_loss=[2, 1])
        axes = plot_loss_curves(record, metric=["loss", "val_loss"])
        assert [line.get_linestyle() for line in axes.lines] == ["-", "--"]
        assert sorted(texts(axes)) == ["run (training)", "run (validation)"]
        assert axes.get_ylabel() == "training loss and validation loss (log scale)"

    def test_any_metric_can_be_drawn(self):
        axes = plot_loss_curves(record_of("run", [1, 0.5], mae=[3, 2]), metric="mae")
        assert axes.lines[0].get_ydata().tolist() == [3, 2]
        assert texts(axes) == ["run"]
        assert axes.get_ylabel() == "mae (log scale)"

    def test_a_target_is_drawn_and_named(self, records):
        axes = plot_loss_curves(records, target=np.float32(0.05))
        assert "target 0.05" in texts(axes)
        assert axes.lines[-1].get_ydata() == pytest.approx([0.05, 0.05])
        assert [line.get_linestyle() for line in axes.lines] == ["-", "-", "-", ":"]

    def test_the_top_cuts_the_axis(self, records):
        assert plot_loss_curves(records).get_ylim()[1] > 1
        axes = plot_loss_curves(records, top=0.25)
        assert axes.get_ylim()[1] == 0.25
        assert axes.get_ylim()[0] < 0.01

    @pytest.mark.parametrize(
        ("losses", "numbers"),
        [([1, 0.3, 0.01], {"0.02", "0.05", "0.1", "1"}), ([0.9, 0.4], {"0.5"})],
        ids=["two decades", "less than one"],
    )
    def test_labels_of_the_axis_are_plain_numbers(self, losses, numbers):
        axes = plot_loss_curves(record_of("run", losses))
        axes.figure.canvas.draw()
        assert numbers <= {label.get_text() for label in axes.get_yticklabels()}
        assert not any(label.get_text() for label in axes.get_yticklabels(minor=True))

    @pytest.mark.parametrize("losses", [[1, np.nan, np.nan], [np.nan, np.nan], [np.inf]])
    def test_a_run_that_diverged_is_drawn_and_says_so(self, losses):
        axes = plot_loss_curves([record_of("high", losses), record_of("low", [1, 0.5, 0.2])])
        epoch = 1 + np.isfinite(losses).sum()
        assert f"high\ndiverged in epoch {epoch}" in label_boxes(axes)

    def test_a_run_that_was_stopped_says_so(self):
        assert texts(plot_loss_curves(record_of("run", [2, 1], planned=5))) == ["run\nepoch 2 of 5"]

    @pytest.mark.parametrize(
        ("options", "sentence"),
        [
            ({"metric": "val_loss"}, 'the metric "val_loss"; what they have in common: loss'),
            ({"metric": ["loss", "mae"]}, 'the metric "mae"'),
            ({"target": -0.1}, "The target is -0.1, but it must be a number above 0"),
            ({"target": np.nan}, "The target is nan, but it must be a number above 0"),
            ({"top": 0}, "top is 0, but it must be a number above 0"),
            ({"top": "1"}, "top is '1', but it must be a number above 0"),
        ],
    )
    def test_what_cannot_be_drawn_is_explained(self, records, options, sentence):
        with pytest.raises(ValueError, match=sentence):
            plot_loss_curves(records, **options)


class TestLabels:
    @pytest.mark.parametrize(
        "options", [{}, {"learning_rates": True}, {"top": 2, "learning_rates": True}]
    )
    def test_they_stand_beside_the_ends_of_their_lines(self, options):
        ends = {"high": (4, 1.2), "low": (4, 0.2), "two-stage": (4, 0.02), "mine": (2, 0.07)}
        records = [record_of(name, [9, y] + (x - 2) * [y]) for name, (x, y) in ends.items()]
        axes = plot_loss_curves(records, **options)
        boxes = label_boxes(axes)
        for name, end in ends.items():
            (left, bottom), (_, up) = boxes[name]
            x, y = line_end(axes, *end)
            assert (bottom + up) / 2 == pytest.approx(y, abs=3)
            assert x < left < x + 12

    @pytest.mark.parametrize("learning_rates", [False, True])
    def test_those_that_would_collide_are_apart_and_in_order(self, learning_rates):
        losses = {"a": 0.1, "b": 0.1, "c": 0.101, "d": 0.099, "e": 5}
        records = [record_of(name, [1, end]) for name, end in losses.items()]
        records += [record_of("f", [1, 0.1], planned=3), record_of("ends before", [1])]
        boxes = label_boxes(plot_loss_curves(records, learning_rates=learning_rates))
        for one, other in itertools.combinations(boxes.values(), 2):
            assert not overlap(one, other)
        heights = {name: box[:, 1].mean() for name, box in boxes.items()}
        assert heights["d"] < heights["a"] < heights["c"] < heights["e"]
        assert {"a", "f\nepoch 2 of 3"} <= set(heights)

    def test_those_that_collide_stay_around_the_ends_of_their_lines(self):
        axes = plot_loss_curves([record_of(name, [1, 0.1]) for name in "abc"])
        boxes = label_boxes(axes)
        middle = np.mean([box[:, 1].mean() for box in boxes.values()])
        assert middle == pytest.approx(line_end(axes, 2, 0.1)[1], abs=3)
        assert boxes["b"][:, 1].mean() == pytest.approx(middle, abs=1)
        (_, lowest), (_, highest) = boxes["a"][0], boxes["c"][1]
        assert highest - lowest < 3 * 18

    @pytest.mark.parametrize("learning_rates", [False, True])
    def test_lines_that_end_above_the_top_have_theirs_at_the_top_edge(self, learning_rates):
        records = [record_of("high", [900, 700]), record_of("low", [1, 0.1])]
        axes = plot_loss_curves(records, top=2, learning_rates=learning_rates)
        boxes = label_boxes(axes)
        (_, bottom), (_, up) = boxes["high"]
        assert (bottom + up) / 2 == pytest.approx(line_end(axes, 2, 2)[1], abs=3)

    @pytest.mark.parametrize("learning_rates", [False, True])
    def test_all_are_inside_the_figure(self, learning_rates):
        records = [record_of(name, [900, 700]) for name in ("high", "a run with a long name")]
        records += [record_of("low", [1, 0.1]), record_of("stopped", [900, 500], planned=3)]
        records += [record_of("diverged", [np.nan, np.nan])]
        axes = plot_loss_curves(records, top=2, learning_rates=learning_rates)
        boxes = label_boxes(axes)
        assert len(boxes) == 5
        corner = axes.figure.get_size_inches() * 72
        for box in boxes.values():
            assert (box >= 0).all()
            assert (box <= corner).all()


class TestLearningRates:
    def test_they_share_the_epochs_with_the_losses(self):
        stages = [0.03, 0.03, 0.0001]
        records = [record_of("two-stage", [3, 2, 1], learning_rate=stages), record_of("b", [2, 1])]
        axes = plot_loss_curves(records, learning_rates=True)
        losses, rates = axes.figure.axes
        assert axes is losses
        assert losses.get_shared_x_axes().joined(losses, rates)
        assert [line.get_ydata().tolist() for line in rates.lines] == [stages, [0.1, 0.1]]
        assert to_hex(rates.lines[0].get_color()).upper() == "#009E73"
        assert rates.lines[0].get_drawstyle() == "steps-mid"
        assert rates.get_yscale() == "log"
        assert rates.get_ylabel() == "learning rate\n(equal: side by side)"
        assert rates.get_xlabel() == "epoch"
        assert losses.get_xlabel() == ""

    def test_few_rates_are_the_ticks(self):
        record = record_of("two-stage", [3, 2, 1], learning_rate=[0.03, 0.03, 0.0001])
        rates = plot_loss_curves(record, learning_rates=True).figure.axes[1]
        rates.figure.canvas.draw()
        assert sorted(label.get_text() for label in rates.get_yticklabels()) == ["0.0001", "0.03"]
        assert not rates.get_yticklabels(minor=True)
        low, high = rates.get_ylim()
        assert low < 0.0001 / 2
        assert high > 0.03 * 2

    def test_many_rates_have_the_ticks_of_a_logarithmic_axis(self):
        record = record_of("cosine", [5, 4, 3, 2, 1], learning_rate=[0.3, 0.04, 0.03, 0.02, 0.001])
        rates = plot_loss_curves(record, learning_rates=True).figure.axes[1]
        rates.figure.canvas.draw()
        assert {0.1, 0.01} <= set(rates.get_yticks().round(5))

    def test_runs_of_the_same_rate_run_side_by_side(self):
        records = [record_of(f"run {n}", [1, 0.5]) for n in range(5)]
        rates = plot_loss_curves(records, learning_rates=True).figure.axes[1]
        rates.figure.canvas.draw()
        starts = [line.get_transform().transform(line.get_xydata()[0]) for line in rates.lines]
        heights = np.array(starts)[:, 1] * 72 / rates.figure.dpi
        assert (-np.diff(heights) >= 1.9).all()
        assert heights.mean() == pytest.approx(line_end(rates, 1, 0.1)[1], abs=0.1)

    @pytest.mark.filterwarnings("error")
    @pytest.mark.parametrize("rate", [np.nan, 0.0])
    def test_a_rate_that_no_logarithm_has_does_no_harm(self, rate):
        axes = plot_loss_curves(record_of("run", [1, 0.5], learning_rate=rate), learning_rates=True)
        axes.figure.canvas.draw()


class TestTrainingTimes:
    @pytest.fixture
    def figure(self):
        records = [
            record_of("high", [0.5, 0.02, 0.03], seconds=[9, 2, 3]),
            record_of("two-stage", [0.5, 0.02, 0.01, 0.01], seconds=[9, 1, 2, 3]),
        ]
        return plot_training_times(records, target=0.025)

    def test_they_show_what_was_reached_and_what_never(self, figure):
        assert isinstance(figure, Figure)
        (until,) = figure.axes
        assert [bar.get_width() for bar in until.patches] == [4, 0]
        colors = [to_hex(bar.get_facecolor()).upper() for bar in until.patches]
        assert colors == ["#009E73", "#D55E00"]
        assert [label.get_text() for label in until.get_yticklabels()] == ["two-stage", "high"]
        assert texts(until) == ["after 2 epochs", "never in 3 epochs"]
        assert until.get_title() == "Until training loss stays at 0.025 or below"
        assert until.get_xlabel() == "seconds"

    def test_another_metric_can_have_the_target(self):
        record = record_of("run", [1, 1, 1], val_loss=[3, 2, 1])
        (until,) = plot_training_times(record, target=2, metric="val_loss").axes
        assert texts(until) == ["after 2 epochs"]
        assert until.get_title() == "Until validation loss stays at 2 or below"

    def test_all_words_are_inside_the_figure(self, figure):
        figure.canvas.draw()
        corner = figure.get_size_inches() * 72
        for axes in figure.axes:
            for text in [*axes.texts, axes.title, *axes.get_yticklabels()]:
                box = in_points(axes, text.get_window_extent())
                assert (box >= 0).all()
                assert (box <= corner).all()

    @pytest.mark.parametrize("target", [-0.1, np.nan, True])
    def test_a_bad_target_is_explained(self, records, target):
        with pytest.raises(ValueError, match="must be a number above 0"):
            plot_training_times(records, target=target)


class TestRuns:
    def test_every_form_of_runs_gives_the_same_figures(self, tmp_path):
        frames = [
            table_of("high", [0.5, 0.02, 0.03]),
            table_of("my run", [0.5, 0.2], planned=3),
            table_of("low", [0.5, np.nan], mae=1.0),
        ]
        records = [TrainingRecord.from_frame(frame) for frame in frames]
        several = pd.concat(frames)
        mixture = [records[0], pd.concat(frames[1:])]
        figures = []
        for runs in (records, frames, several, from_csv(several, tmp_path), mixture):
            losses, rates = plot_loss_curves(runs, learning_rates=True).figure.axes
            (times,) = plot_training_times(runs, target=0.1).axes
            bars = [bar.get_width() for bar in times.patches]
            figures.append((drawn(losses), drawn(rates), bars, texts(times)))
        for figure in figures[1:]:
            assert str(figure) == str(figures[0])  # As a text: nan is not equal to nan.

    def test_a_run_that_trained_is_drawn_like_its_table(self, compiled, fit):
        record = fit(compiled(), "run")
        assert drawn(plot_loss_curves(record)) == drawn(plot_loss_curves(record.to_frame()))

    @pytest.mark.parametrize(
        "plot", [plot_loss_curves, lambda runs: plot_training_times(runs, target=1)]
    )
    def test_what_does_not_compare_is_explained(self, plot):
        with pytest.raises(ValueError, match="The record 'high' is empty"):
            plot([TrainingRecord("high")])
        with pytest.raises(ValueError, match='lacks the column "loss"'):
            plot(table_of("high", [1]).drop(columns="loss"))


class TestFindings:
    def test_labels_of_lines_that_end_a_few_epochs_apart_are_apart(self):
        records = [record_of(f"run {n}", [1] + n * [0.1]) for n in (97, 98, 99)]
        boxes = label_boxes(plot_loss_curves(records))
        for one, other in itertools.combinations(boxes.values(), 2):
            assert not overlap(one, other)

    @pytest.mark.parametrize("options", [{"top": 0}, {"target": -1}, {"metric": []}])
    def test_what_is_refused_leaves_no_half_drawn_figure(self, records, options):
        with pytest.raises(ValueError, match="must be a number above 0|There is no metric"):
            plot_loss_curves(records, **options)
        assert plt.get_fignums() == []

    def test_one_epoch_is_one_epoch(self):
        records = [record_of("a", [1]), record_of("b", [3])]
        assert texts(plot_training_times(records, target=2).axes[0])[::-1] == [
            "after 1 epoch",
            "never in 1 epoch",
        ]


def test_runs_behind_are_gray_and_have_no_label():
    earlier = [record_of("try 1", [3, 2]), record_of("try 2", [2, 2])]
    axes = plot_loss_curves(record_of("try 3", [1, 1]), behind=earlier)
    assert [to_hex(line.get_color()) for line in axes.lines[:2]] == ["#cccccc", "#cccccc"]
    assert texts(axes) == ["try 3"]
