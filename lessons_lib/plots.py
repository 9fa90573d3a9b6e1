"""Figures that compare runs, and the style of all figures, which importing this sets.

A run has the same color in all lessons.
"""

from collections.abc import Iterable

from lessons_lib.runs import NAMES, Runs, status_of, summarize, tables_of
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython import get_ipython
from matplotlib.colors import XKCD_COLORS
from matplotlib_inline.backend_inline import set_matplotlib_formats

# All figures of a lesson: legible from the last row, and sharp on a good screen.
plt.rcParams.update({"font.size": 12, "axes.spines.top": False, "axes.spines.right": False})
plt.rcParams["figure.constrained_layout.use"] = True
if get_ipython():
    set_matplotlib_formats("retina")

# The runs of the series have Okabe and Ito's colors (jfly.uni-koeln.de/color), all others
# those of Paul Tol's muted scheme. Both are made for color-blind readers.
COLORS = {"high": "#D55E00", "low": "#0072B2", "two-stage": "#009E73"}
COLORS |= {"plateau": "#CC79A7", "exponential": "#E69F00", "cosine": "#56B4E9"}
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
        wheel = [*OTHER_COLORS[sum(name.encode()) % 6 :], *OTHER_COLORS, *XKCD_COLORS.values()]
        colors[name] = COLORS.get(name) or next(c for c in wheel if c not in colors.values())
    return colors


def plot_loss_curves(
    runs: Runs, *, metric: str = "loss", top: float | None = None, with_rates: bool = False
) -> plt.Axes:
    """Draws the loss of each run over its epochs, on a log axis if all losses are positive.

    The thin line is the loss of each epoch, the bold one its moving median over a tenth of
    the epochs of a fit, at most 11. If there's one run, its later fits are marked, with
    their rates.

    Args:
        runs: See `summarize`.
        metric: What to draw: "loss" (training, solid), "val_loss" (validation, dashed), or
            any metric that all runs have.
        top: Where to cut the axis of the losses: the first epochs are often far above
            everything that matters later.
        with_rates: Whether to draw the learning rates beneath, on the same epochs.

    Returns:
        The axes of the losses; those of the rates are `axes.figure.axes[1]`.

    Raises:
        ValueError: See `summarize`; or a run lacks a metric.
    """
    # Checked before there's a figure: a notebook would show it, half drawn, under the error.
    tables = tables_of(runs, metric)
    ratios = [3, 1] if with_rates else [1]
    # A layout of our own: with rates a figure still fits on a projector, and it's drawn fast.
    figure = plt.figure(figsize=(8, 3 + 0.8 * len(ratios)), layout="none")
    figure.subplots_adjust(left=0.12, right=0.85, bottom=0.13, top=0.92, hspace=0.12)
    panels = figure.subplots(len(ratios), height_ratios=ratios, sharex=True, squeeze=False)[:, 0]
    axes, colors, ends = panels[0], run_colors(tables), []
    for name, frame in tables.items():
        known = frame[np.isfinite(frame[metric])]  # Epochs without a value are bridged.
        x, y, dashes = known["epoch"], known[metric], "--" if metric.startswith("val_") else "-"
        smooth = y.groupby(known["stage"].fillna(1)).transform(smoothed)
        axes.plot(x, y, color=colors[name], linewidth=0.8, alpha=0.5)
        axes.plot(x, smooth, dashes, color=colors[name], linewidth=2)
        # A run that diverged at once has no point, but it still gets a label.
        end = (x.iloc[-1], smooth.iloc[-1]) if len(known) else (1, np.inf)
        ends.append((*end, f"{name}\n{status_of(frame)}".removesuffix("\nfinished"), colors[name]))
        for fit in known.drop_duplicates("stage")[1:].itertuples() if len(tables) == 1 else []:
            axes.axvline(fit.epoch - 0.5, color="0.6", linestyle=":")
            text, at = f" fit {fit.stage}, rate {fit.learning_rate:g}", axes.get_xaxis_transform()
            axes.text(fit.epoch, 0.98, text, transform=at, va="top")
    if all(frame[metric].dropna().gt(0).all() for frame in tables.values()):
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(plt.LogLocator(subs=(1, 1.5, 2, 3, 5, 7)))
        axes.yaxis.set_minor_formatter(plt.NullFormatter())
    label = NAMES.get(metric, metric) + " (log scale)" * (axes.get_yscale() == "log")
    axes.set(ylabel=label, ylim=(None, top))
    if with_rates:
        draw_learning_rates(panels[1], tables, colors)
    panels[-1].set_xlabel("epoch")
    panels[-1].xaxis.get_major_locator().set_params(integer=True)
    for panel in panels:
        panel.yaxis.set_major_formatter("{x:g}")
    label_ends(axes, ends)
    return axes


def plot_training_times(runs: Runs, *, target: float) -> plt.Figure:
    """Draws how long each run took until its training loss reached a target for good.

    Epochs with the same number of steps count as equally long: with the time of the run whose
    median epoch is the fastest. What else differs is only how busy the machine was.

    Args:
        runs: See `summarize`.
        target: A training loss to reach.

    Returns:
        A figure of horizontal bars: the seconds until the loss was at the target or below and
        stayed there, with that number of epochs next to them.

    Raises:
        ValueError: See `summarize`; or a run has no times.
    """
    tables = tables_of(runs, "seconds")
    summary = summarize(tables.values(), target=target).iloc[::-1]
    steps = pd.Series({name: table["steps"].median() for name, table in tables.items()})
    paces = summary["median_epoch_seconds"].groupby(steps, dropna=False).transform("min")
    counts, colors = summary["epochs_to_target"], [*run_colors(tables).values()][::-1]
    figure, axes = plt.subplots(figsize=(8, 1.2 + len(summary) / 2))
    names, seconds = summary.index.str.replace("$", r"\$"), (counts * paces).fillna(0)
    words = ["not in this run" if pd.isna(n) else f"{n} epochs" for n in counts]
    axes.bar_label(axes.barh(names, seconds, color=colors), words, padding=4)
    axes.set(xlabel=f"seconds until the loss stays at {target:g} or below", xmargin=0.35)
    return figure


def smoothed(values: pd.Series) -> pd.Series:
    """Gives the moving median of values that fluctuate; the first stay as they are."""
    half = min(5, len(values) // 20) if (values.diff() > 0).mean() > 0.2 else 0
    # The last ones keep the last whole window: a shorter one would follow the noise.
    return values.rolling(2 * half + 1, center=True).median().ffill().fillna(values)


def draw_learning_rates(axes: plt.Axes, tables: dict[str, pd.DataFrame], colors: dict) -> None:
    """Draws each run's rate as steps; where rates are equal, a later line is thinner."""
    for width, (name, frame) in zip(range(len(tables) + 1, 1, -1), tables.items(), strict=True):
        axes.step("epoch", "learning_rate", data=frame, where="mid", color=colors[name], lw=width)
    axes.set(yscale="log", ylabel="learning rate", ymargin=0.15)
    rates = np.unique([r for table in tables.values() for r in table["learning_rate"] if r > 0])
    if 0 < len(rates) <= 4:  # The labels of more rates would overlap, and those of close ones.
        axes.set_yticks(rates[np.diff(rates, append=np.inf) > rates])
        axes.minorticks_off()


def label_ends(axes: plt.Axes, ends: list[tuple[float, float, str, str]]) -> None:
    """Writes labels `(x, y, text, color)` at lines' ends; one that would collide moves up."""
    placed, options = [], {"textcoords": "offset points", "va": "center", "annotation_clip": False}
    for x, y, text, color in sorted(ends, key=lambda end: end[1]):
        y = np.clip(y, *axes.get_ylim())
        left, height = axes.transData.transform((x, y)) * 72 / axes.figure.dpi
        half = 8 * (1 + text.count("\n"))
        place = max([height, *(top + half for other, top in placed if abs(other - left) < 100)])
        placed.append((left, place + half))
        axes.annotate(text, (x, y), (6, place - height), color=color, parse_math=False, **options)
