"""What a notebook shows while a model trains, and what its stop button does then."""

import signal
import threading
import time
from html import escape
from uuid import uuid4

from lessons_lib.plots import plot_loss_curves, run_colors
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython import get_ipython
from IPython.display import display

PICTURE = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 340" width="700" font-family="sans-serif"
font-size="15"><rect width="800" height="340" fill="white"/><text x="70" y="18">{text}</text>
<path d="M70 30V300H780" fill="none" stroke="black"/>
<text x="64" y="40" text-anchor="end">{high:.2g}</text>
<text x="64" y="300" text-anchor="end">{low:.2g}</text>
<text x="70" y="322">epoch 1</text><text x="780" y="322" text-anchor="end">epoch {last}</text>
<text x="425" y="322" text-anchor="middle">training loss (log scale)</text>
<path d="{changes}" stroke="gray" stroke-dasharray="3"/>
<polyline points="{points}" fill="none" stroke="{color}" stroke-width="2"/></svg>"""


class Progress:
    """How far a run is: one output under a notebook's cell, replaced by each later one.

    Args:
        live: Whether it is the curve of the loss so far, and at the end the figure of the
            run, instead of one line of text. Outside a notebook nothing is shown.
    """

    # Seconds between two shows that may be left out: eyes and browsers take no more.
    INTERVAL = 1 / 3

    def __init__(self, live: bool):
        self._live, self._shown, self._id = live, None, str(uuid4())

    def is_due(self) -> bool:
        """Says whether there is a notebook whose output is old enough to be replaced."""
        old = self._shown is None or time.perf_counter() - self._shown > self.INTERVAL
        return old and in_notebook()

    def show(self, text: str, frame: pd.DataFrame, *, done: bool = False) -> None:
        """Shows a text, or the run of a table as it is now."""
        if not in_notebook():
            return
        content = {"text/plain": text}
        if self._live and done:
            several = frame["learning_rate"].nunique() > 1
            content = plot_loss_curves(frame, learning_rates=several).figure
            plt.close(content)  # Else the notebook would show it once more.
        elif self._live and len(frame):
            content["image/svg+xml"] = growing_curve(frame, text)
        update = self._shown is not None
        display(content, raw=isinstance(content, dict), display_id=self._id, update=update)
        self._shown = time.perf_counter()


class StopButton:
    """The stop button during a fit: it ends the fit with its epoch, without a traceback.

    Only once in a cell: pressed again it interrupts as always, so that a cell with many
    fits can be stopped, too.
    """

    used_in = None

    def __init__(self, model):
        self.pressed, self._model, self._before = False, model, None
        # Python takes signals in its main thread only.
        main = threading.current_thread() is threading.main_thread()
        if main and in_notebook() and get_ipython().execution_count != StopButton.used_in:
            self._before = signal.signal(signal.SIGINT, self._press)

    def _press(self, number, frame):
        self.pressed = self._model.stop_training = True
        StopButton.used_in = get_ipython().execution_count
        self.release()

    def release(self) -> None:
        """Gives the button back what it did before."""
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
            self._before = None


def in_notebook() -> bool:
    """Says whether a notebook shows what this process displays."""
    return hasattr(get_ipython(), "kernel")


def growing_curve(frame: pd.DataFrame, text: str) -> str:
    """Draws a run's loss so far, and where its rate changed, as an SVG with a text above.

    By hand, for a redraw by matplotlib takes as long as ten epochs.
    """
    name, last = frame["run"].iloc[0], frame["planned_epochs"].iloc[0]
    frame = frame[np.isfinite(frame["loss"]) & (frame["loss"] > 0)]
    low, high = frame["loss"].min() / 1.1, frame["loss"].max() * 1.1
    x = 70 + 710 * (frame["epoch"] - 1) / max(last - 1, 1)
    y = 300 - 270 * np.log(frame["loss"] / low) / np.log(high / low)
    changed = frame["learning_rate"].diff().abs() > 0
    return PICTURE.format(
        **{"text": escape(text), "low": low, "high": high, "last": last},
        color=run_colors([name])[name],
        points=" ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True)),
        changes="".join(f"M{place:.0f} 30V300" for place in x[changed]),
    )
