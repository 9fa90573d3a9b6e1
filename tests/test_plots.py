from lessons_lib import (
    TrainingRecord,
    plot_learning_rates,
    plot_loss_curves,
    plot_training_times,
)
from lessons_lib.plots import colour_of
from tests.test_record import record_of
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure


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


def test_loss_curves_show_each_run_in_its_colour_with_its_name(records):
    axes = plot_loss_curves(records)
    assert isinstance(axes, Axes)
    assert [to_hex(line.get_color()).upper() for line in axes.lines] == [
        colour_of(record.name) for record in records
    ]
    assert sorted(texts(axes)) == sorted(record.name for record in records)
    np.testing.assert_array_equal(axes.lines[1].get_ydata(), [1, 0.5, 0.3, 0.2])
    assert axes.get_yscale() == "log"


def test_a_run_keeps_its_colour_whatever_it_is_drawn_with(records):
    alone = plot_loss_curves(records[2]).lines[0]
    together = plot_loss_curves([record_of("new", [1]), *records]).lines[-1]
    assert alone.get_color() == together.get_color()
    assert colour_of("another new one") == colour_of("another new one")


def test_validation_is_dashed_and_training_solid(compiled, fit):
    axes = plot_loss_curves(fit(compiled(), "run"), metrics=["loss", "val_loss"])
    assert [line.get_linestyle() for line in axes.lines] == ["-", "--"]
    assert sorted(texts(axes)) == ["run (training)", "run (validation)"]


def test_labels_of_lines_that_end_together_are_apart():
    axes = plot_loss_curves([record_of(name, [1, 0.1]) for name in "abc"])
    renderer = axes.figure.canvas.get_renderer()
    boxes = sorted((text.get_window_extent(renderer) for text in axes.texts), key=lambda b: b.y0)
    for lower, upper in zip(boxes, boxes[1:]):
        assert lower.y1 <= upper.y0 + 1


def test_a_target_is_drawn_and_named(records):
    axes = plot_loss_curves(records, target=0.05)
    assert "target 0.05" in texts(axes)


def test_existing_axes_are_used(records):
    _, axes = plt.subplots()
    assert plot_loss_curves(records, axes=axes) is axes


@pytest.mark.parametrize("losses", [[1, np.nan, np.nan], [np.nan, np.nan]])
def test_a_run_that_diverged_is_drawn_and_says_so(losses):
    axes = plot_loss_curves([record_of("high", losses), record_of("low", [1, 0.5, 0.2])])
    assert any("diverged in epoch" in text for text in texts(axes))


def test_learning_rates_share_the_epoch_axis_with_the_losses(records):
    losses = plot_loss_curves(records)
    rates = plot_learning_rates(records, under=losses)
    assert rates.figure is losses.figure
    assert rates.get_shared_x_axes().joined(rates, losses)
    np.testing.assert_array_equal(rates.lines[0].get_ydata(), [0.1, 0.1, 0.1])


def test_learning_rates_stand_alone_with_names(records):
    axes = plot_learning_rates(records)
    assert sorted(texts(axes)) == ["high", "low", "two-stage"]


def test_training_times_show_what_was_reached_and_what_never(records):
    figure = plot_training_times(records, target=0.025)
    assert isinstance(figure, Figure)
    everything, until = figure.axes
    assert [bar.get_width() for bar in everything.patches] == [4, 4, 3]
    assert [bar.get_width() for bar in until.patches] == [2, 0, 0]
    assert texts(until) == ["after 2 epochs", "never", "never"]


@pytest.mark.parametrize(
    "plot", [plot_loss_curves, plot_learning_rates, lambda r: plot_training_times(r, 1)]
)
def test_an_empty_record_is_explained(plot):
    with pytest.raises(ValueError, match="is empty"):
        plot([TrainingRecord("high")])


def test_a_metric_that_is_missing_is_explained(records):
    with pytest.raises(ValueError, match='the metric "val_loss"'):
        plot_loss_curves(records, metrics=["val_loss"])


@pytest.mark.parametrize("target", [-0.1, np.nan])
def test_a_bad_target_is_explained(records, target):
    for plot in (plot_loss_curves, plot_training_times):
        with pytest.raises(ValueError, match="must be a number above 0"):
            plot(records, target=target)
