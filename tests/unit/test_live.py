"""What a notebook shows while a model trains."""

import re
from types import SimpleNamespace
from xml.etree import ElementTree

from lessons_lib import TrainingRecord, live
from tests.conftest import table_of
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure


class Notebook:
    """Stands for a notebook's kernel, its clock, and the outputs under its cells."""

    kernel = object()

    def __init__(self):
        self.seconds, self.tick, self.contents, self.outputs = 100.0, 0, [], {}

    def clock(self):
        self.seconds += self.tick
        return self.seconds

    def display(self, content, *, raw, display_id, update):
        assert update == (display_id in self.outputs)
        self.outputs[display_id] = content
        self.contents.append(content)


@pytest.fixture
def notebook(monkeypatch):
    notebook = Notebook()
    monkeypatch.setattr(live, "get_ipython", lambda: notebook)
    monkeypatch.setattr(live, "display", notebook.display)
    monkeypatch.setattr(live, "time", SimpleNamespace(perf_counter=notebook.clock))
    return notebook


class TestLineOfText:
    def test_it_starts_at_once_and_ends_with_the_last_epoch(self, notebook, compiled, fit):
        # The clock stands still, so no update is due, but the last epoch shows anyway.
        last = fit(compiled(0.03), "high", epochs=3).to_frame().iloc[-1]
        assert [content["text/plain"] for content in notebook.contents] == [
            "high: starting ...",
            f"high: epoch 3 of 3, learning rate 0.03, training loss {last['loss']:.4f}, "
            f"validation loss {last['val_loss']:.4f}",
        ]
        assert len(notebook.outputs) == 1

    def test_where_keras_shows_its_own_progress_it_keeps_quiet(self, notebook, compiled, fit):
        fit(compiled(), "run", epochs=1, verbose=2)
        assert notebook.contents == []

    def test_outside_a_notebook_nothing_is_shown(self, notebook, monkeypatch, compiled, fit):
        monkeypatch.setattr(live, "get_ipython", lambda: None)
        fit(compiled(), TrainingRecord("run", live=True))
        assert notebook.contents == []


class TestGrowingCurve:
    @pytest.mark.parametrize("verbose", [0, 1, "auto"])
    def test_it_grows_with_each_epoch_and_ends_as_the_figure_of_the_run(
        self, notebook, compiled, fit, verbose
    ):
        notebook.tick = 0.33  # An update is due three times a second.
        fit(compiled(), TrainingRecord("run", live=True), epochs=3, verbose=verbose)
        start, *pictures, figure = notebook.contents
        assert "image/svg+xml" not in start
        drawn = [content["image/svg+xml"].count(",") for content in pictures]
        assert drawn == sorted(set(drawn))
        assert len(drawn) == 3
        assert isinstance(figure, Figure)
        assert len(notebook.outputs) == 1
        # What's still open the notebook would show once more.
        assert plt.get_fignums() == []

    def test_a_second_fit_continues_the_curve_of_the_first(self, notebook, compiled, fit):
        model, record = compiled(0.03), TrainingRecord("run", live=True)
        fit(model, record, epochs=2)
        model.optimizer.learning_rate = 0.001
        fit(model, record, epochs=2)
        again, figure = notebook.contents[2:]
        assert "<polyline" in again["image/svg+xml"]
        assert len(figure.axes) == 2, "with the learning rates, because there are two"

    @pytest.mark.parametrize(
        "losses",
        [[1], [2, 2, 2], [np.nan], [1, np.nan], [np.inf, 3], [0, 1], [-3, 2], [1e-30, 1e30]],
        ids=str,
    )
    def test_any_losses_make_a_picture(self, losses):
        frame = table_of("run <1> & 2", losses)
        picture = ElementTree.fromstring(live.growing_curve(frame, "epoch 1 & more"))
        (curve,) = picture.iter("{http://www.w3.org/2000/svg}polyline")
        places = [float(number) for number in re.split("[ ,]", curve.get("points")) if number]
        assert len(places) == 2 * np.isfinite(losses).sum()
        assert all(0 <= place <= 800 for place in places)

    def test_a_run_without_a_loss_shows_its_line_instead(self, notebook):
        frame = table_of("run", [1]).drop(columns="loss")
        live.Progress(live=True, quiet=False).show("epoch 1", frame, done=True)
        assert notebook.contents == [{"text/plain": "epoch 1"}]
