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


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def drawn(axes):
    """The points of each line, and the labels' texts and places in the finished figure."""
    axes.figure.canvas.draw()
    points, texts = [line.get_xydata().tolist() for line in axes.lines], axes.texts
    return points, [t.get_text() for t in texts], [t.get_window_extent() for t in texts]


def test_the_series_has_fixed_colors_the_others_follow_from_the_name_and_all_differ():
    colors = run_colors([*(f"run {n}" for n in range(34)), *SERIES])
    assert {name: colors[name] for name in SERIES} == SERIES
    assert len({color.lower() for color in colors.values()} - {"#ffffff"}) == 40
    for names in (["run 17"], ["run 14"], [*SERIES, "other", "run 14"]):
        assert run_colors(names)[names[-1]] == "#000000"
    colors = run_colors(["run 17", "run 14"])  # One gives way, only in the same figure.
    assert colors["run 17"] == "#000000" != colors["run 14"]


class TestLossCurves:
    def test_each_run_has_its_color_and_its_name_at_its_end(self):
        axes = plot_loss_curves([HIGH, STAGES])
        assert drawn(axes)[0][0] == [[1, 0.5], [2, 0.02], [3, 0.03]]
        assert [line.get_color() for line in axes.lines] == [SERIES["high"], SERIES["two-stage"]]
        labels = [(text.get_text(), text.get_color(), text.xy) for text in axes.texts]
        assert labels == [("two-stage", "#009E73", (4, 0.01)), ("high", "#D55E00", (3, 0.03))]

    def test_several_metrics_are_told_apart_and_validation_is_dashed(self):
        table = table_of("run", [1, 0.5], val_loss=[2, 1], mae=[3, 2])
        axes = plot_loss_curves(table, metric=["loss", "val_loss", "mae"])
        assert [line.get_linestyle() for line in axes.lines] == ["-", "--", "-"]
        assert drawn(axes)[1] == ["run (training)", "run (validation)", "run (mae)"]
        label = "training loss and validation loss and mae (log scale)"
        assert (axes.get_xlabel(), axes.get_ylabel()) == ("epoch", label)

    def test_epochs_without_a_value_are_bridged(self):
        table = table_of("run", [4, 3, 2, 1], val_loss=[np.nan, 2, np.nan, 1])
        assert drawn(plot_loss_curves(table, metric="val_loss"))[0] == [[[2, 2], [4, 1]]]

    @pytest.mark.filterwarnings("error")
    @pytest.mark.parametrize(("last", "scale"), [(0.01, "log"), (0, "linear"), (-3, "linear")])
    def test_the_axis_is_logarithmic_if_all_losses_are_positive(self, last, scale):
        axes = plot_loss_curves([table_of("a", [1, last]), table_of("b", [2])], with_rates=True)
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
        stopped, diverged = table_of("a", [2, 1], planned=5), table_of("b", [1, np.nan])
        axes = plot_loss_curves([stopped, diverged, table_of("c", [np.inf]), HIGH])
        expected = ["a\nepoch 2 of 5", "b\ndiverged in epoch 2", "c\ndiverged in epoch 1", "high"]
        assert sorted(drawn(axes)[1]) == expected

    def test_labels_that_would_collide_are_apart(self):
        ends = {"a": 0.1, "b": 0.1, "c": 0.101, "d": 0.099, "e": 5}
        tables = [table_of(name, [1] + 99 * [end]) for name, end in ends.items()]
        tables += [table_of("ends before", [1] + 97 * [0.1], planned=100)]
        for with_rates in (False, True):
            boxes = drawn(plot_loss_curves(tables, with_rates=with_rates))[2]
            assert [Bbox.count_overlaps(box, boxes) for box in boxes] == [1] * 6  # Only itself.


def test_rates_are_drawn_beneath_at_their_true_height_on_the_same_epochs():
    losses, rates = plot_loss_curves([HIGH, STAGES], with_rates=True).figure.axes
    assert losses.get_shared_x_axes().joined(losses, rates)
    assert losses.get_position().y0 > rates.get_position().y1
    assert (losses.get_xlabel(), rates.get_xlabel()) == ("", "epoch")
    assert (rates.get_yscale(), rates.get_ylabel()) == ("log", "learning rate")
    below, above = rates.lines  # Where they're equal, both are seen.
    assert below.get_ydata().tolist() == [0.1, 0.1, 0.1]
    assert above.get_ydata().tolist() == [0.1, 0.1, 0.001, 0.001]
    assert below.get_linewidth() > above.get_linewidth() > 0
    assert above.get_color() == SERIES["two-stage"]
    rates.figure.canvas.draw()
    assert [label.get_text() for label in rates.get_yticklabels()] == ["0.001", "0.1"]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("rates", [np.nan, [0.1, np.nan], [0.1, 0.0]])
def test_a_rate_that_has_no_logarithm_does_no_harm(rates):
    drawn(plot_loss_curves(table_of("run", [1, 0.5], learning_rate=rates), with_rates=True))


def test_a_bar_lasts_until_the_target_is_reached_for_good():
    never, once = table_of("low", [3]), table_of("one", [0.01], seconds=9)
    figure = plot_training_times([HIGH, STAGES, never, once], target=0.025)
    (axes,) = figure.axes
    _, words, boxes = drawn(axes)
    names = [label.get_text() for label in axes.get_yticklabels()]
    found = zip(names, [bar.get_width() for bar in axes.patches], words, strict=True)
    ends = [("one", 9, "after 1 of 1 epochs"), ("low", 0, "never in 1 epochs")]
    ends += [("two-stage", 2, "after 2 of 4 epochs"), ("high", 0, "never in 3 epochs")]
    assert [*found] == ends
    assert axes.patches[2].get_facecolor() == plt.cm.colors.to_rgba(SERIES["two-stage"])
    assert axes.get_title() == "Time until training loss stays at 0.025 or below"
    assert all(box.x1 < figure.bbox.x1 for box in boxes)


def test_bars_have_the_colors_of_the_curves_and_need_times():
    clash = [table_of("a", [1]), table_of("c", [1])]  # Both names ask for the same color.
    curves = [line.get_color() for line in plot_loss_curves(clash).lines]
    bars = plot_training_times(iter(clash), target=2).axes[0].patches
    colors = [plt.cm.colors.to_hex(bar.get_facecolor()) for bar in bars[::-1]]
    assert colors == [color.lower() for color in curves]
    with pytest.raises(ValueError, match='The run "run 1" has no "seconds"'):
        plot_training_times(pd.DataFrame({"loss": [1]}), target=2)


def test_every_form_of_runs_gives_the_same_figures(tmp_path, compiled, fit):
    # The dollar signs of a name are drawn as such.
    record, path, figures = fit(compiled(), r"$\no formula$"), tmp_path / "runs.csv", set()
    tables = [record.to_frame(), HIGH, STAGES]
    pd.concat(tables).to_csv(path, index=False)
    for runs in ([record, HIGH, STAGES], tables, pd.concat(tables), path):
        curves, times = plot_loss_curves(runs), plot_training_times(runs, target=0.025).axes[0]
        bars = [bar.get_width() for bar in times.patches]
        figures.add(str([*drawn(curves), *drawn(times), bars]))
    assert len(figures) == 1


@pytest.mark.parametrize("metric", ["val_loss", ["loss", "mae"]])
def test_an_error_leaves_no_figure_half_drawn(metric):
    with pytest.raises(ValueError, match='The run "high" has no "(val_loss|mae)"'):
        plot_loss_curves([HIGH, STAGES], metric=metric)
    with pytest.raises(ValueError, match="There's no run"):
        plot_training_times([], target=1)
    assert plt.get_fignums() == []
