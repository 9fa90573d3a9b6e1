"""What is shown while a model trains."""

import time
from uuid import uuid4

from IPython import get_ipython
from IPython.display import display


class ProgressLine:
    """One line of text under a notebook's cell, in which a new text replaces the old one.

    Outside a notebook it shows nothing.
    """

    # Seconds between two texts that need not be shown: a browser cannot draw more.
    INTERVAL = 0.2

    def __init__(self):
        self._shown, self._id = None, str(uuid4())

    def show(self, text: str, *, always: bool = True) -> None:
        """Shows a text; unless `always`, only if the last one is old enough."""
        now, first = time.perf_counter(), self._shown is None
        if (always or first or now - self._shown > self.INTERVAL) and hasattr(
            get_ipython(), "kernel"
        ):
            display({"text/plain": text}, raw=True, display_id=self._id, update=not first)
            self._shown = now
