"""What a notebook shows while a model trains."""

import base64
import io
from unittest.mock import Mock
from xml.etree import ElementTree

from lessons_lib import TrainingRecord, live
from tests.conftest import compiled, fit, table_of
import matplotlib.pyplot as plt
import numpy as np
import pytest
from keras.callbacks import LambdaCallback

TEXT, SVG, PNG = "text/plain", "image/svg+xml", "image/png"
LOSSES = [[1], [2, 2, 2], [1, np.nan], [np.inf, 3], [0, 1], [-3, 2], [1e-30, 1e30]]
# The losses and stages of a run, and how many epochs lie at the upper end of its axis.
CUTS = [([9, 4, 1.5, 1, 1, 1, 1], [1] * 7, 1), ([9, 4, 1.5, 1, 1, 1, 1], [1] * 4 + [2] * 3, 2)]
CUTS += [([1, 1, 1, 1, 8, 7], [1] * 4 + [2] * 2, 1)]
# Of a second fit: whether it's live, its rate after 0.03, its pictures, and its end.
CHANGES = [(True, 0.001, 10, PNG), ("while training", 0.001, 10, TEXT)]
CHANGES += [(True, 0.03, 0, PNG), (False, 0.001, 0, TEXT)]


class Notebook:
    """Stands for a notebook's kernel, its clock, and the outputs under its cells."""

    def __init__(self):
        self.kernel, self.seconds, self.tick, self.contents, self.outputs = self, 0, 0, [], {}

    def perf_counter(self):
        self.seconds += self.tick
        return self.seconds

    def sleep(self, seconds):
        self.seconds += seconds

    def display(self, content, *, metadata, raw, display_id, update):
        assert update == (display_id in self.outputs)
        assert metadata[PNG]["width"] == 800
        self.outputs[display_id] = content
        self.contents.append(content)


@pytest.fixture
def notebook(monkeypatch):
    notebook = Notebook()
    monkeypatch.setattr(live, "get_ipython", lambda: notebook)
    monkeypatch.setattr(live, "display", notebook.display)
    monkeypatch.setattr(live, "time", notebook)
    return notebook


def curve_of(content):
    """A growing picture's axes as a PNG, its curve's color, and the curve's points."""
    image, curve, text = ElementTree.fromstring(content[SVG])
    assert text.text == content[TEXT]
    points = [[*map(float, point.split(","))] for point in curve.get("points").split()]
    return image.get("href").split(",")[1], curve.get("stroke"), points


def assert_ends_as(growing, final):
    """The axes are the same, and the final line runs through the growing curve."""
    axes, color, points = curve_of(growing)
    axes, figure = [plt.imread(io.BytesIO(base64.b64decode(png))) for png in (axes, final[PNG])]
    np.testing.assert_array_equal(axes[64:, :150], figure[64:, :150])  # The same ticks.
    assert figure[:56, 200:].min() < axes[:56, 200:].min() == 1, "only the figure has a title"
    for x, y in points[1:]:  # The figure is twice as sharp.
        assert axes[round(2 * y), round(2 * x)].min() == 1, "the growing curve is drawn on top"
        assert plt.cm.colors.to_hex(figure[round(2 * y), round(2 * x)]) == color.lower()


class TestLineOfText:
    def test_it_starts_at_once_and_ends_with_the_last_epoch(self, notebook):
        # The clock stands still, so no update is due, but the last epoch shows anyway.
        last = fit(compiled(0.03), "high", epochs=3).to_frame().iloc[-1]
        losses = f"training loss {last['loss']:.4f}, validation loss {last['val_loss']:.4f}"
        end = f"high, epoch 3 of 3: learning rate 0.03, {losses}"
        assert notebook.contents == [{TEXT: "high: starting ..."}, {TEXT: end}]

    def test_where_keras_shows_its_own_progress_it_keeps_quiet(self, notebook):
        fit(compiled(), "run", epochs=1, verbose=2)
        assert notebook.contents == []

    def test_outside_a_notebook_nothing_is_shown_or_slow(self, notebook, monkeypatch):
        monkeypatch.setattr(live, "get_ipython", lambda: None)
        progress = live.Progress(True, 0, {"learning_rate": 0.03})
        progress.show("starting", table_of("run", []))
        assert (progress.is_due(0.001), notebook.contents, notebook.seconds) == (False, [], 0)

    @pytest.mark.parametrize("columns", [["run", "epoch"], ["run", "epoch", "loss"]])
    def test_it_is_all_there_is_of_a_run_without_a_finite_loss(self, notebook, columns):
        live.Progress(True, 0).show("epoch 1", table_of("run", [np.nan])[columns], done=True)
        assert notebook.contents == [{TEXT: "epoch 1"}]


class TestGrowingCurve:
    def test_it_grows_on_after_a_stop_and_ends_as_its_figure(self, notebook):
        notebook.tick = 0.33  # An update is due three times a second.
        model, record = compiled(), TrainingRecord("run", live=True)
        stop = LambdaCallback(on_epoch_end=Mock(side_effect=[None, KeyboardInterrupt]))
        with pytest.raises(KeyboardInterrupt):
            fit(model, record, epochs=9, after=[stop])
        fit(model, record, epochs=3, verbose="auto")
        *pictures, figure = [content for content in notebook.contents if len(content) == 2]
        curves = [curve_of(picture)[-1] for picture in pictures]
        assert [len(curve) for curve in curves] == [1, 2, 3, 4, 5]
        assert_ends_as(pictures[-1], figure)
        # One output per cell; and what's still open the notebook would show once more.
        assert (len(notebook.outputs), plt.get_fignums()) == (2, [])

    @pytest.mark.parametrize("case", CHANGES)
    def test_after_a_change_of_the_rate_it_shows_ten_epochs(self, notebook, case):
        kind, rate, frames, end = case
        model, record = compiled(0.03), TrainingRecord("run", live=kind)
        fit(model, record)
        model.optimizer.learning_rate = rate
        fit(model, record, epochs=12, validation_data=None)
        kinds = [[*content][-1] for content in notebook.contents]
        assert kinds == [TEXT, end, TEXT, *[SVG] * frames, end]
        assert notebook.seconds == pytest.approx(0.1 * frames)  # Slowly enough to see them.

    @pytest.mark.parametrize("case", CUTS)
    def test_one_that_continues_cuts_at_twice_the_median_not_itself(self, notebook, case):
        (losses, stages, at_top), progress = case, live.Progress(True, 0)
        for end in (-2, None):  # An axis drawn two epochs ago may be too low.
            progress.show("text", table_of("run", losses, stage=stages)[:end])
        heights = [y for x, y in curve_of(notebook.contents[-1])[-1]]
        assert heights.count(min(heights)) == at_top

    @pytest.mark.parametrize("losses", LOSSES, ids=str)
    def test_any_losses_make_a_picture(self, notebook, monkeypatch, losses):
        progress, frame = live.Progress(True, 0), table_of("run <1> & 2", losses)
        monkeypatch.setattr(plt, "close", closed := Mock(wraps=plt.close))
        for done in (False, True):
            progress.show("epoch 1 & more", frame, done=done)
        count = np.isfinite(losses).sum()
        assert len(curve_of(notebook.contents[0])[-1]) == count
        title = closed.call_args.args[0].axes[0].get_title()
        assert title.startswith(f"Loss after {count} epochs: ")
        assert_ends_as(*notebook.contents)
