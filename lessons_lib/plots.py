"""Figures that compare runs. A run keeps its colour in all lessons."""

import itertools
from collections.abc import Iterable

from lessons_lib.record import TrainingRecord, check_target, summarize, to_frames
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, NullLocator
from mpl_toolkits.axes_grid1 import make_axes_locatable

# The runs of the series have Okabe and Ito's colours (jfly.uni-koeln.de/color), all other
# runs those of Paul Tol's muted scheme, in the order in which they are first drawn. Both
# are made for colour-blind readers.
COLOURS = {
    "high": "#D55E00",
    "low": "#0072B2",
    "two-stage": "#009E73",
    "plateau": "#CC79A7",
    "exponential": "#E69F00",
    "cosine": "#56B4E9",
}
OTHER_COLOURS = itertools.cycle(["#882255", "#999933", "#332288", "#AA4499", "#000000"])
LINE_STYLES = {"loss": "-", "val_loss": "--"}
METRIC_LABELS = {"loss": "training loss", "val_loss": "validation loss"}


def colour_of(name: str) -> str:
    """Gives the colour of the run with this name, the same one every time."""
    if name not in COLOURS:
        COLOURS[name] = next(OTHER_COLOURS)
    return COLOURS[name]


def plot_loss_curves(
    records: TrainingRecord | Iterable[TrainingRecord],
    metrics: Iterable[str] = ("loss",),
    target: float | None = None,
    axes: Axes | None = None,
) -> Axes:
    """Draws the loss of each run over its epochs, on a logarithmic axis.

    Args:
        records: One record or several, of different names.
        metrics: What to draw: "loss" (training, solid), "val_loss" (validation,
            dashed), or any metric that all records have.
        target: A loss to mark with a horizontal line.
        axes: Where to draw; without it, in a new figure.

    Returns:
        The axes.

    Raises:
        ValueError: See `summarize`.
    """
    metrics = [metrics] if isinstance(metrics, str) else list(metrics)
    frames = to_frames(records, *metrics)
    axes = axes or plt.subplots(figsize=(8, 4.5), layout="constrained")[1]
    ends = []
    for record, frame in frames:
        for metric in metrics:
            (line,) = axes.plot(
                frame["epoch"],
                frame[metric],
                LINE_STYLES.get(metric, ":"),
                color=colour_of(record.name),
                linewidth=1.4,
            )
            label = record.name
            if len(metrics) > 1:
                label += f" ({METRIC_LABELS.get(metric, metric).split()[0]})"
            if record.status != "finished":
                label += f"\n{record.status}"
            ends.append((line, label))
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("epoch")
    labels = " and ".join(METRIC_LABELS.get(metric, metric) for metric in metrics)
    axes.set_ylabel(f"{labels} (log scale)")
    if target is not None:
        check_target(target)
        axes.axhline(target, color="0.4", linewidth=1, linestyle=(0, (1, 2)), zorder=1)
        axes.annotate(
            f"target {target:g}",
            (0.3, target),
            xycoords=axes.get_yaxis_transform(),
            xytext=(0, 4),
            textcoords="offset points",
            color="0.4",
        )
    label_ends(axes, ends)
    return axes


def plot_learning_rates(
    records: TrainingRecord | Iterable[TrainingRecord], under: Axes | None = None
) -> Axes:
    """Draws the learning rate of each run's epochs as steps, on a logarithmic axis.

    Args:
        records: One record or several, of different names.
        under: The axes of `plot_loss_curves`, to draw below them with the same epoch
            axis; without it, in a new figure.

    Returns:
        The axes.

    Raises:
        ValueError: See `summarize`.
    """
    frames = to_frames(records)
    if under is None:
        axes = plt.subplots(figsize=(8, 2.5), layout="constrained")[1]
    else:
        under.tick_params(labelbottom=False)
        under.set_xlabel("")
        panels = make_axes_locatable(under)
        axes = panels.append_axes("bottom", size="35%", pad=0.1, sharex=under)
    ends = []
    for position, (record, frame) in enumerate(frames):
        # Two runs at the same rate: the first one drawn shows as the wider line.
        (line,) = axes.step(
            frame["epoch"],
            frame["learning_rate"],
            where="mid",
            color=colour_of(record.name),
            linewidth=1.5 + 5 * (len(frames) - 1 - position) / len(frames),
        )
        ends.append((line, record.name))
    axes.set_yscale("log")
    rates = np.unique(np.round(np.concatenate([line.get_ydata() for line, _ in ends]), 9))
    if len(rates) <= 4:
        axes.set_yticks(rates)
        axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter("{x:g}")
    axes.margins(y=0.2)
    axes.set_xlabel("epoch")
    axes.set_ylabel("learning rate")
    if under is None:
        label_ends(axes, ends)
    return axes


def plot_training_times(
    records: TrainingRecord | Iterable[TrainingRecord],
    target: float,
    metric: str = "loss",
) -> Figure:
    """Draws what each run's epochs cost, and when it had reached a target for good.

    Args:
        records: One record or several, of different names.
        target: A value of `metric` to reach, above 0.
        metric: The metric that must reach the target.

    Returns:
        A figure of two panels with horizontal bars: the seconds of all epochs, and
        the seconds until `metric` was at the target or below and stayed there.

    Raises:
        ValueError: See `summarize`.
    """
    records = [records] if isinstance(records, TrainingRecord) else list(records)
    summary = summarize(records, target, metric).iloc[::-1]
    colours = [colour_of(name) for name in summary.index]
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(9, 1 + 0.45 * len(summary)), sharex=True, layout="constrained"
    )
    totals = left.barh(summary.index, summary["total_seconds"], color=colours)
    epochs = summary["epochs"].map("{} epochs".format)
    left.bar_label(totals, epochs, padding=4)
    left.set_title("All epochs")
    reached = summary["seconds_to_target"].replace("never", 0).astype(float)
    times = right.barh(summary.index, reached, color=colours)
    epochs = summary["epochs_to_target"].map(
        lambda count: count if count == "never" else f"after {count} epochs"
    )
    right.bar_label(times, epochs, padding=4)
    right.set_yticks([])
    label = METRIC_LABELS.get(metric, metric)
    right.set_title(f"Until {label} stays at {target:g} or below")
    for axes in (left, right):
        axes.set_xlabel("seconds")
        axes.margins(x=0.35)
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def label_ends(axes: Axes, ends: list) -> None:
    """Writes each line's label at its end, and moves labels apart that would collide."""
    spots = []
    for line, label in ends:
        points = line.get_xydata()
        drawn = points[np.isfinite(points).all(axis=1)]
        # A run that diverged at once has no point, but still a label.
        x, y = drawn[-1] if len(drawn) else (points[0, 0], axes.get_ylim()[1])
        spots.append((x, y, label, line.get_color()))
    taken = {}
    for x, y, label, colour in sorted(spots, key=lambda spot: spot[1]):
        height = axes.transData.transform((x, y))[1] * 72 / axes.figure.dpi
        shift = max(0, taken.get(x, 0) - height)
        taken[x] = height + shift + 13 * (1 + label.count("\n"))
        axes.annotate(
            label,
            (x, y),
            xytext=(6, shift),
            textcoords="offset points",
            verticalalignment="center",
            color=colour,
            annotation_clip=False,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1},
        )
    axes.spines[["top", "right"]].set_visible(False)
