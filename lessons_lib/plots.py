"""Figures that compare runs. A run keeps its color in all lessons."""

import itertools
import zlib
from collections.abc import Iterable

from lessons_lib.checks import positive_number
from lessons_lib.compare import Runs, summarize, to_tables
from lessons_lib.table import status_of
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython import get_ipython
from matplotlib.axes import Axes
from matplotlib.colors import XKCD_COLORS
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, NullLocator
from matplotlib.transforms import offset_copy
from matplotlib_inline.backend_inline import set_matplotlib_formats

# All figures of a lesson: legible from the last row, and sharp on a good screen.
style = {"font.size": 12, "axes.spines.top": False, "axes.spines.right": False}
plt.rcParams.update(style | {"figure.constrained_layout.use": True})
if get_ipython():
    set_matplotlib_formats("retina")

# The runs of the series have Okabe and Ito's colors (jfly.uni-koeln.de/color), all others
# those of Paul Tol's muted scheme. Both are made for color-blind readers.
COLORS = {
    "high": "#D55E00",
    "low": "#0072B2",
    "two-stage": "#009E73",
    "plateau": "#CC79A7",
    "exponential": "#E69F00",
    "cosine": "#56B4E9",
}
NAMES = {"loss": "training loss", "val_loss": "validation loss"}
OTHER_COLORS = ["#882255", "#999933", "#332288", "#AA4499", "#661100", "#000000"]


def run_colors(names: Iterable[str]) -> dict[str, str]:
    """Gives each run its color; no two of them share one.

    The runs of the series have fixed colors. Another name's color follows from the name,
    and gives way only to another run of the same figure.

    Args:
        names: The runs' names.

    Returns:
        For each name a color as matplotlib and pandas take it, like "#0072B2".
    """
    colors = {}
    for name in names:
        start = zlib.crc32(name.encode()) % len(OTHER_COLORS)
        wheel = [*OTHER_COLORS[start:], *OTHER_COLORS[:start], *XKCD_COLORS.values()]
        colors[name] = COLORS.get(name) or next(c for c in wheel if c not in colors.values())
    return colors


def plot_loss_curves(
    runs: Runs,
    *,
    metric: str | Iterable[str] = "loss",
    target: float | None = None,
    top: float | None = None,
    learning_rates: bool = False,
    behind: Runs = (),
) -> Axes:
    """Draws the loss of each run over its epochs, on a logarithmic axis.

    Args:
        runs: See `summarize`.
        metric: What to draw: "loss" (training, solid), "val_loss" (validation, dashed),
            any metric that all runs have, or a list of them.
        target: A loss to mark with a horizontal line, above 0.
        top: Where to cut the axis of the losses, above 0: the first epochs are often far
            above all that matters later.
        learning_rates: Whether to draw the learning rates beneath, on the same epochs.
            Runs of the same rate run side by side.
        behind: More runs, drawn in gray and without a label.

    Returns:
        The axes of the losses; those of the rates are `axes.figure.axes[1]`.

    Raises:
        ValueError: See `summarize`; or `top` is not a number above 0.
    """
    # Before there is a figure: a notebook would show it, half drawn, under the error.
    metrics = [metric] if isinstance(metric, str) else list(metric)
    if not metrics:
        raise ValueError('There is no metric to draw: give one, like "loss", or a list of them.')
    tables = to_tables(runs, *metrics)
    top = None if top is None else positive_number("top", top)
    target = None if target is None else positive_number("The target", target)
    colors = run_colors(tables)
    height, ratios = (6, [3, 1]) if learning_rates else (4.5, [1])
    grid = {"height_ratios": ratios, "sharex": True, "squeeze": False}
    figure, panels = plt.subplots(len(ratios), figsize=(8, height), **grid)
    axes = panels[0, 0]
    ends = []
    for frame, each in itertools.product(to_tables(behind).values() if behind else (), metrics):
        axes.plot(frame["epoch"], frame[each], color="0.8", linewidth=1, zorder=1)
    for (name, frame), each in itertools.product(tables.items(), metrics):
        style = "--" if each.startswith("val_") else "-"
        axes.plot(frame["epoch"], frame[each], style, color=colors[name], linewidth=1.4)
        kind = f" ({NAMES.get(each, each).removesuffix(' loss')})" if len(metrics) > 1 else ""
        how = status_of(frame).replace("finished", "")
        # A run that diverged at once has no point, but still a label.
        points = [(1, np.inf), *frame.loc[np.isfinite(frame[each]), ["epoch", each]].to_numpy()]
        ends.append((*points[-1], f"{name}{kind}\n{how}".strip(), colors[name]))
    what = " and ".join(NAMES.get(each, each) for each in metrics)
    axes.set(yscale="log", ylabel=f"{what} (log scale)")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 5, 7)))
    axes.yaxis.set_minor_formatter(NullFormatter())
    if top is not None:
        axes.set_ylim(top=top)
    if target is not None:
        axes.axhline(target, color="0.4", linestyle=":", zorder=1)
        ends.append((max(x for x, *_ in ends), target, f"target {target:.3g}", "0.4"))
    if learning_rates:
        draw_learning_rates(panels[1, 0], tables, colors)
    panels[-1, 0].set_xlabel("epoch")
    panels[-1, 0].xaxis.get_major_locator().set_params(integer=True)
    for panel in panels[:, 0]:
        panel.yaxis.set_major_formatter("{x:g}")
    label_ends(axes, ends)
    return axes


def plot_training_times(runs: Runs, *, target: float, metric: str = "loss") -> Figure:
    """Draws how long each run took until a target was reached for good.

    Args:
        runs: See `summarize`.
        target: A value of `metric` to reach, above 0.
        metric: The metric that must reach the target.

    Returns:
        A figure of horizontal bars: the seconds, in the run's median epochs, until `metric`
        was at the target or below and stayed there; with the number of epochs beside.

    Raises:
        ValueError: See `summarize`.
    """
    summary = summarize(runs, target=target, metric=metric).iloc[::-1]
    colors = run_colors(summary.index)
    figure, axes = plt.subplots(figsize=(8, 1.2 + len(summary) / 2))
    seconds = summary["seconds_to_target"].fillna(0)
    bars = axes.barh(summary.index, seconds, color=[colors[name] for name in summary.index])
    axes.set_yticks(range(len(summary)), summary.index, parse_math=False)
    counts = zip(summary["epochs_to_target"], summary["epochs"], strict=True)
    words = [f"never in {n}" if pd.isna(reached) else f"after {reached}" for reached, n in counts]
    words = [f"{word} epochs".replace(" 1 epochs", " 1 epoch") for word in words]
    axes.bar_label(bars, words, padding=4)
    title = f"Until {NAMES.get(metric, metric)} stays at {target:g} or below"
    axes.set(title=title, xlabel="seconds", xmargin=0.35)
    return figure


def draw_learning_rates(axes: Axes, tables: dict[str, pd.DataFrame], colors: dict) -> None:
    """Draws each run's rate as steps; runs of the same rate run side by side."""
    for place, (name, frame) in enumerate(tables.items()):
        beside = offset_copy(axes.transData, axes.figure, 0, len(tables) - 1 - 2 * place, "points")
        style = {"color": colors[name], "linewidth": 2, "transform": beside}
        axes.step(frame["epoch"], frame["learning_rate"], where="mid", **style)
    rates = np.unique(pd.concat(tables.values())["learning_rate"].dropna().round(12))
    several = "\n(equal: side by side)" * (len(tables) > 1)
    axes.set_yscale("log")
    axes.set_ylabel(f"learning rate{several}", fontsize=10)
    rates = rates[np.isfinite(rates) & (rates > 0)]
    if len(rates):
        axes.set_ylim(rates.min() / 2.5, rates.max() * 2.5)
    if len(rates) <= 4:  # The labels of rates that are close would overlap.
        axes.set_yticks(rates[np.diff(rates, append=np.inf) > rates])
        axes.yaxis.set_minor_locator(NullLocator())


def label_ends(axes: Axes, ends: list[tuple[float, float, str, str]]) -> None:
    """Writes labels `(x, y, text, color)` at lines' ends; those that collide move apart."""
    # Only now the lines have their final place.
    axes.figure.draw_without_rendering()
    ends = sorted((x, np.clip(y, *axes.get_ylim()), text, color) for x, y, text, color in ends)
    spots = axes.transData.transform([end[:2] for end in ends]) * 72 / axes.figure.dpi
    # Ends that are closer than a label is wide have their labels in one column.
    columns = np.cumsum(np.diff(spots[:, 0], prepend=0) > 100)
    order = np.lexsort([spots[:, 1], columns])
    ends, heights, columns = [ends[i] for i in order], spots[order, 1], columns[order]
    sizes = np.array([16 * (1 + text.count("\n")) for _, _, text, _ in ends])
    room = np.where(columns[1:] == columns[:-1], (sizes[1:] + sizes[:-1]) / 2, -np.inf)
    places = heights.copy()
    for _ in range(100):
        push = np.maximum(room - np.diff(places), 0) / 2
        places[:-1] -= push
        places[1:] += push
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1}
    style = {"textcoords": "offset points", "va": "center", "annotation_clip": False, "bbox": box}
    for (x, y, text, color), shift in zip(ends, places - heights, strict=True):
        # A name may hold a dollar sign.
        axes.annotate(text, (x, y), (6, shift), color=color, parse_math=False, **style)
