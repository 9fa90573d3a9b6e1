"""What a notebook shows while a model trains: a line of text, or a curve that grows."""

import base64
import io
import math
import time
from html import escape
from uuid import uuid4

from lessons_lib import plots
import pandas as pd
from IPython import get_ipython
from IPython.display import display

# A figure of the axes alone, and on top, in the same places, the curve so far.
PICTURE = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 400" width="800" height="400">
<image width="800" height="400" href="data:image/png;base64,{}"/>
<polyline points="{}" fill="none" stroke="{}" stroke-width="2"/>
<text x="384" y="20" text-anchor="middle" font-size="16" font-family="sans-serif">{}</text></svg>"""


class Progress:
    """How far a fit is: one output under a notebook's cell, replaced several times a second.

    Args:
        live: See `TrainingRecord`.
        quiet: Whether to show nothing. Outside a notebook there's nothing to see anyway.
        rate: The learning rate of the epoch before this fit, None if there was none.
    """

    def __init__(self, live: bool | str, quiet: bool, rate: float | None = None):
        self._live, self._rate, self._continues, self._slow = live, rate, rate is not None, 0
        self._shown_at, self._id, self._limits = None, str(uuid4()), (math.inf, 0)
        self._visible = not quiet and hasattr(get_ipython(), "kernel")

    def is_due(self, rate: float) -> bool:
        """Says whether the output is more than 0.3 seconds old.

        If a live fit begins with another rate than the last one, it shows its first ten
        epochs one by one, slowly enough to see what the loss does.
        """
        self._slow, self._rate = self._slow - 1 if self._rate in (None, rate) else 10, None
        pause = 0.15 if self._visible and self._live and self._slow > 0 else 0
        time.sleep(pause)
        return self._visible and time.perf_counter() - self._shown_at > (0 if pause else 0.3)

    def show(self, text: str, frame: pd.DataFrame, *, done: bool = False) -> None:
        """Shows a text, or for a live run its curve, and at the end its figure."""
        update, self._shown_at = self._shown_at is not None, time.perf_counter()
        if self._visible:
            content, kind = {"text/plain": text}, "image/png" if done else "image/svg+xml"
            frame = frame[frame["loss"].abs() < math.inf] if "loss" in frame else frame[:0]
            if len(frame) and (self._live is True or self._live and not done):
                content[kind] = self._picture(text, frame, done)
            how = {"metadata": {"image/png": {"width": 800}}, "raw": True}
            display(content, **how, display_id=self._id, update=update)

    def _picture(self, text, frame, done):
        """Draws the run so far: a PNG at the end, before that an SVG, which is much faster."""
        loss, (low, high) = frame["loss"], self._limits
        if stale := loss.min() < low or loss.max() > high and not self._continues:
            # With room for what comes, so that the axes rarely change.
            low = loss.min() / 1.5 if loss.min() > 0 else 1.5 * loss.min() - 1
            self._limits = low, 2 * loss.median() if self._continues else 1.1 * loss.max()
        if stale or done:
            self._axes = axes = plots.plot_loss_curves(frame)
            axes.set(xlim=(0, frame["planned_epochs"].iloc[0] + 1), ylim=self._limits)
            axes.set_title(text * done, fontsize=11)
            for artist in [*axes.lines, *axes.texts] * (not done):
                artist.remove()
            axes.figure.savefig(picture := io.BytesIO(), dpi=200)
            plots.plt.close(axes.figure)
            self._png = base64.b64encode(picture.getvalue()).decode()
        places = frame[["epoch", "loss"]].clip(upper=[math.inf, self._limits[1]], axis=1)
        places = self._axes.transData.transform(places) * (1, -1) + (0, 400)
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        (color,) = plots.run_colors(frame["run"].tail(1)).values()
        return self._png if done else PICTURE.format(self._png, points, color, escape(text))
