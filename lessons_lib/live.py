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
PICTURE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 380" width="800" height="380">
<image width="800" height="380" href="data:image/png;base64,{}"/>
<polyline points="{}" fill="none" stroke="{}" stroke-width="2"/>
<text x="388" y="18" text-anchor="middle" font-size="16" font-family="sans-serif">{}</text></svg>"""


class Progress:
    """How far a fit is: one output under a notebook's cell, replaced several times a second.

    Args:
        live: See `TrainingRecord`.
        verbose: What `fit` was given: Keras's own progress takes the place of a line of text.
        last: The record's row of the epoch before this fit, None if there was none.
    """

    def __init__(self, live: bool | str, verbose: object, last: dict | None = None):
        self._live, self._slow, self._rate = live, 0, (last or {}).get("learning_rate")
        self._shown_at, self._id, self._limits = None, str(uuid4()), (math.inf, 0)
        self._visible = (live or not verbose) and hasattr(get_ipython(), "kernel")

    def is_due(self, rate: float) -> bool:
        """Says whether the output is more than 0.3 seconds old.

        If a live fit begins with another rate than the last one, it shows its first ten
        epochs one by one, slowly enough to see what the loss does.
        """
        self._slow, self._rate = self._slow - 1 if self._rate in (None, rate) else 10, None
        time.sleep(pause := 0.1 if self._visible and self._live and self._slow > 0 else 0)
        return self._visible and time.perf_counter() - self._shown_at > (0 if pause else 0.3)

    def show(self, text: str, frame: pd.DataFrame, *, done: bool = False) -> None:
        """Shows a text, or for a live run its curve, and at the end its figure."""
        update, self._shown_at = self._shown_at is not None, time.perf_counter()
        if self._visible:
            content, kind = {"text/plain": text}, "image/png" if done else "image/svg+xml"
            known = frame[frame["loss"].abs() < math.inf] if "loss" in frame else frame[:0]
            if len(known) and (self._live is True or self._live and not done):
                content[kind] = self._picture(text, frame, known, done)
            how = {"metadata": {"image/png": {"width": 800}}, "raw": True}
            display(content, **how, display_id=self._id, update=update)

    def _picture(self, text, frame, known, done):
        """Draws the run so far: a PNG at the end, before that an SVG, which is much faster."""
        loss, (low, high) = known["loss"], self._limits
        latest = loss[known["stage"] == known["stage"].max()]
        if stale := loss.min() < low or latest.max() > high:
            # With room for what comes, so that the axes rarely change.
            low, high = loss.min() / 1.5, max(1.1 * latest.max(), 2 * loss.median())
            self._limits = (low, high) if low > 0 else (2 * low - 1, loss.max() + 1)
        if stale or done:
            self._axes = axes = plots.plot_loss_curves(frame)
            axes.set(xlim=(0, frame["planned_epochs"].iloc[0] + 1), ylim=self._limits)
            axes.set_title(f"Loss after {len(known)} epochs: {loss.iloc[-1]:.3g}" * done, pad=9)
            # What grows is drawn on top; the marks of later fits stay.
            for artist in [*axes.lines[:2], axes.texts[-1]] * (not done):
                artist.remove()
            axes.figure.savefig(picture := io.BytesIO(), dpi=200, pil_kwargs={"compress_level": 1})
            plots.plt.close(axes.figure)
            self._png = base64.b64encode(picture.getvalue()).decode()
        places = known[["epoch", "loss"]].clip(upper=[math.inf, self._limits[1]], axis=1)
        places = self._axes.transData.transform(places) * (1, -1) + (0, 380)
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        (color,) = plots.run_colors(frame["run"].tail(1)).values()
        return self._png if done else PICTURE.format(self._png, points, color, escape(text))
