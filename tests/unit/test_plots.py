"""What a reader sees in the figures: lines, colors, labels, learning rates, and bars."""

from lessons_lib import plot_loss_curves, plot_training_times, run_colors
from tests.conftest import table_of
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.transforms import Bbox

SERIES = {"high": "#D55E00", "low": "#0072B2", "two-stage": "#009E73"}
SERIES |= {"plateau": "#CC79A7", "exponential": "#E69F00", "cosine": "#56B4E9"}
HIGH = table_of("high", [0.5, 0.02, 0.03], seconds=[9, 2, 3])
STAGES = table_of("two-stage", [0.5, 0.02, 0.01, 0.01], learning_rate=[0.1, 0.1, 0.001, 0.001])
SCALES = [(0.01, [0.1, np.nan], "log"), (0, [0.1, 0], "linear"), (-3, np.nan, "linear")]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def drawn(axes):
    """The points of each line, and the labels' texts and places in the finished figure."""
    axes.figure.canvas.draw()
    labels = [(text.get_text(), text.get_window_extent()) for text in axes.texts]
    return [line.get_xydata().tolist() for line in axes.lines], *zip(*labels, strict=True)


def test_the_series_has_fixed_colors_the_others_follow_from_the_name_and_all_differ():
    colors = run_colors([*(f"run {n}" for n in range(34)), *SERIES])
    assert {name: colors[name] for name in SERIES} == SERIES
    assert len({color.lower() for color in colors.values()} - {"#ffffff"}) == 40
    for names in (["mine"], ["e"], [*SERIES, "other", "e"]):
        assert run_colors(names)[names[-1]] == "#000000"
    colors = run_colors(["mine", "e"])  # One gives way, only in the same figure.
    assert colors["mine"] == "#000000" != colors["e"]


class TestLossCurves:
    def test_each_run_has_its_color_and_its_name_at_its_end(self):
        axes = plot_loss_curves(pd.concat([HIGH, STAGES]))
        # A tenth of so few epochs is none, so the bold line is the thin one.
        assert drawn(axes)[0][:2] == 2 * [[[1, 0.5], [2, 0.02], [3, 0.03]]]
        labels = [(text.get_text(), text.get_color(), text.xy) for text in axes.texts]
        assert labels == [("two-stage", "#009E73", (4, 0.01)), ("high", "#D55E00", (3, 0.03))]

    def test_a_bold_line_smooths_each_fit_that_fluctuates_and_a_thin_one_shows_all(self):
        falls, jumps = [*range(40, 0, -1)], [9, 4, 1, *11 * [1, 1, 2], 1, 1, 3, 5]
        table = table_of("run", falls + 2 * jumps, stage=np.repeat([1, 2, 3], 40))
        thin, bold, *_ = plot_loss_curves(table).lines
        assert [*thin.get_ydata()] == falls + 2 * jumps
        assert [*bold.get_ydata()] == falls + 2 * [9, 4, *35 * [1], 2, 2, 2]
        assert (thin.get_color(), thin.get_alpha()) == (bold.get_color(), 0.5)
        assert thin.get_linewidth() < bold.get_linewidth()
        *marks, name = bold.axes.texts
        assert name.xy == (120, 2)  # It stands at the end of the bold line.
        # Where another fit begins, its rate is named.
        assert [mark.get_text() for mark in marks] == [" fit 2, rate 0.1", " fit 3, rate 0.1"]
        assert [mark.get_position()[0] for mark in marks] == [41, 81]

    def test_validation_is_dashed_and_epochs_without_a_value_are_bridged(self):
        keras = pd.DataFrame({"loss": [4, 3, 2, 1], "val_loss": [np.nan, 2, np.nan, 1]})
        axes = plot_loss_curves(keras, metric="val_loss")  # Without stages and names.
        assert drawn(axes)[0] == 2 * [[[2, 2], [4, 1]]]
        assert [line.get_linestyle() for line in axes.lines] == ["-", "--"]
        assert (axes.get_xlabel(), axes.get_ylabel()) == ("epoch", "validation loss (log scale)")

    @pytest.mark.filterwarnings("error")
    @pytest.mark.parametrize(("last", "rates", "scale"), SCALES)
    def test_the_axis_is_logarithmic_if_all_losses_are_positive(self, last, rates, scale):
        a = table_of("a", [1, last], learning_rate=rates)
        axes = plot_loss_curves([a, table_of("b", [2], learning_rate=np.nan)], with_rates=True)
        axes.figure.canvas.draw()
        label = "training loss" + " (log scale)" * (last > 0)
        assert (axes.get_yscale(), axes.get_ylabel()) == (scale, label)
        assert {"1", "2"} <= {label.get_text() for label in axes.get_yticklabels()}

    def test_the_top_cuts_the_axis_but_no_label(self):
        tables = [table_of("a", [900, 700]), table_of("b", [1, 0.1]), table_of("c", [np.inf])]
        for with_rates in (False, True):
            axes = plot_loss_curves(tables, top=2, with_rates=with_rates)
            assert axes.get_ylim()[0] < 0.1 < 2 == axes.get_ylim()[1]
            assert all(0 < box.y0 < box.y1 < axes.figure.bbox.y1 for box in drawn(axes)[2])

    def test_a_run_that_did_not_finish_says_so(self):
        stopped, diverged = table_of(r"$\no math$", [2, 1], planned=5), table_of("b", [1, np.nan])
        axes = plot_loss_curves([stopped, diverged, table_of("c", [np.inf]), HIGH])
        expected = ["b\ndiverged in epoch 2", "c\ndiverged in epoch 1", "high"]
        assert sorted(drawn(axes)[1]) == ["$\\no math$\nepoch 2 of 5", *expected]

    def test_labels_that_would_collide_are_apart(self):
        ends = {"a": 0.1, "b": 0.1, "c": 0.101, "d": 0.099, "e": 5}
        tables = [table_of(name, [1] + 99 * [end]) for name, end in ends.items()]
        tables += [table_of("ends before", [1] + 97 * [0.1], planned=100)]
        for with_rates in (False, True):
            boxes = drawn(plot_loss_curves(tables, with_rates=with_rates))[2]
            assert [Bbox.count_overlaps(box, boxes) for box in boxes] == [1] * 6  # Only itself.


def test_rates_are_drawn_beneath_on_the_same_epochs():
    losses, rates = plot_loss_curves([HIGH, STAGES], with_rates=True).figure.axes
    assert losses.get_shared_x_axes().joined(losses, rates)
    assert (losses.get_xlabel(), rates.get_xlabel()) == ("", "epoch")
    assert (rates.get_ylabel(), rates.get_yscale()) == ("learning rate", "log")
    below, above = rates.lines
    assert below.get_linewidth() > above.get_linewidth()  # Where they're equal, both are seen.
    assert (*below.get_ydata(), *above.get_ydata()) == (0.1, 0.1, 0.1, 0.1, 0.1, 0.001, 0.001)
    assert above.get_color() == SERIES["two-stage"]
    assert [label.get_text() for label in rates.get_yticklabels()] == ["0.001", "0.1"]


def test_a_bar_in_the_color_of_its_curve_lasts_until_the_target_is_reached_for_good():
    # "b" and "run 1" ask for the same color.
    tables = [HIGH, STAGES, table_of("b", [3]), table_of("run 1", [0.01], steps=36, seconds=9)]
    tables[1] = STAGES.assign(seconds=7)  # A busy machine: "high" took 1 s for as many steps.
    axes = plot_training_times(iter(tables), target=0.025).axes[0]
    _, words, boxes = drawn(axes)
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == ["run 1", "b", "two-stage", "high"]
    assert [bar.get_width() for bar in axes.patches] == [9, 0, 2, 0]
    assert [*words] == ["1 epochs", "not in this run", "2 epochs", "not in this run"]
    colors = [plt.cm.colors.to_hex(bar.get_facecolor()) for bar in axes.patches[::-1]]
    assert colors == [line.get_color().lower() for line in plot_loss_curves(tables).lines[::2]]
    assert axes.get_xlabel() == "seconds until the loss stays at 0.025 or below"
    assert all(box.x1 < axes.figure.bbox.x1 for box in boxes)


def test_an_error_leaves_no_figure_half_drawn():
    with pytest.raises(ValueError, match='The run "high" has no "val_loss"'):
        plot_loss_curves([HIGH, STAGES], metric="val_loss")
    with pytest.raises(ValueError, match='The run "run 1" has no "seconds"'):
        plot_training_times(pd.DataFrame({"loss": [1]}), target=2)
    assert plt.get_fignums() == []
