"""What a notebook shows while a model trains: a line of text, or a curve that grows."""

import time
from html import escape
from uuid import uuid4

from lessons_lib import plots
import numpy as np
import pandas as pd
from IPython import get_ipython
from IPython.display import display

PICTURE = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 340" width="700" font-family="sans-serif">
<rect width="800" height="340" fill="white"/><path d="M70 30V300H780" fill="none" stroke="black"/>
<text x="70" y="18">{text}</text><text x="10" y="40">{high:.2g}</text><text x="10" y="300">{low:.2g}
</text><text x="70" y="322">epoch 1</text><text x="350" y="322">training loss{axis}</text><text
x="780" y="322" text-anchor="end">epoch {last:.0f}</text>
<polyline points="{points}" fill="none" stroke="{color}" stroke-width="2"/></svg>"""


class Progress:
    """How far a fit is: one output under a notebook's cell, replaced several times a second.

    Args:
        live: Whether it's the loss curve so far, and at the end the figure of the run,
            instead of one line of text.
        quiet: Whether to show nothing. Outside a notebook there's nothing to see anyway.
    """

    def __init__(self, live: bool, quiet: bool):
        self._live, self._shown_at, self._id = live, None, str(uuid4())
        self._visible = not quiet and hasattr(get_ipython(), "kernel")

    def is_due(self) -> bool:
        """Says whether the output is more than 0.3 seconds old."""
        return self._visible and time.perf_counter() - self._shown_at > 0.3

    def show(self, text: str, frame: pd.DataFrame, *, done: bool = False) -> None:
        """Shows a text, or for a live run its curve, and at the end its figure."""
        update, self._shown_at = self._shown_at is not None, time.perf_counter()
        if not self._visible:
            return
        content = {"text/plain": text}
        if self._live and len(frame) and "loss" in frame:
            content["image/svg+xml"] = growing_curve(frame, text)
            if done:
                several = frame["learning_rate"].nunique() > 1
                content = plots.plot_loss_curves(frame, with_rates=several).figure
                plots.plt.close(content)  # Otherwise the notebook would show it once more.
        display(content, raw=isinstance(content, dict), display_id=self._id, update=update)


def growing_curve(frame: pd.DataFrame, text: str) -> str:
    """Draws a run's loss so far as an SVG with a text above.

    By hand, because a redraw by matplotlib takes as long as ten epochs.
    """
    name, last = frame["run"].iloc[0], frame["planned_epochs"].iloc[0]
    frame = frame[np.isfinite(frame["loss"])]
    low, high = frame["loss"].min(), frame["loss"].max()
    scale, axis = (np.log, " (log scale)") if low > 0 else (np.asarray, "")
    x = 70 + 710 * (frame["epoch"] - 1) / max(last - 1, 1)
    y = 300 - 270 * (scale(frame["loss"]) - scale(low)) / max(scale(high) - scale(low), 1e-9)
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    color, text = plots.run_colors([name])[name], escape(text)
    return PICTURE.format(**locals())  # Its fields are the names above.
