"""The line of text that shows how far a run is, while it trains in a notebook."""

from types import SimpleNamespace

from lessons_lib import TrainingRecord, live
from lessons_lib.live import ProgressLine
from tests.conftest import record_of
import pytest


class Notebook:
    """Stands for a notebook's kernel, its clock, and the outputs under its cells."""

    kernel = object()

    def __init__(self):
        self.seconds, self.tick = 100.0, 0
        self.texts, self.outputs = [], {}

    def clock(self):
        self.seconds += self.tick
        return self.seconds

    def display(self, data, *, raw, display_id, update):
        assert raw
        assert update == (display_id in self.outputs)
        self.outputs[display_id] = data["text/plain"]
        self.texts.append(data["text/plain"])

    @property
    def shown(self):
        """The texts that stand under the cells now."""
        return list(self.outputs.values())


@pytest.fixture
def notebook(monkeypatch):
    notebook = Notebook()
    monkeypatch.setattr(live, "get_ipython", lambda: notebook)
    monkeypatch.setattr(live, "display", notebook.display)
    monkeypatch.setattr(live, "time", SimpleNamespace(perf_counter=notebook.clock))
    return notebook


class TestLine:
    def test_a_new_text_replaces_the_old_one(self, notebook):
        line = ProgressLine()
        line.show("one")
        line.show("two")
        assert notebook.texts == ["one", "two"]
        assert notebook.shown == ["two"]

    def test_two_lines_do_not_touch_each_other(self, notebook):
        one, other = ProgressLine(), ProgressLine()
        one.show("one")
        other.show("other")
        one.show("one more")
        assert notebook.shown == ["one more", "other"]

    def test_texts_that_come_too_fast_are_left_out(self, notebook):
        line = ProgressLine()
        for text in ("first", "at once"):
            line.show(text, always=False)
        notebook.seconds += 0.1
        line.show("too early", always=False)
        notebook.seconds += 0.2
        line.show("in time", always=False)
        notebook.seconds += 0.1
        line.show("too early again", always=False)
        line.show("must be shown")
        line.show("last", always=True)
        assert notebook.texts == ["first", "in time", "must be shown", "last"]

    @pytest.mark.parametrize("shell", [None, object()], ids=["script", "terminal"])
    def test_outside_a_notebook_nothing_is_shown(self, notebook, monkeypatch, shell, capsys):
        monkeypatch.setattr(live, "get_ipython", lambda: shell)
        ProgressLine().show("one")
        assert notebook.texts == []
        assert capsys.readouterr().out == ""


class TestProgressOfARun:
    def test_it_starts_at_once_and_ends_with_the_last_epoch(self, notebook, compiled, fit):
        # The clock stands still: no epoch's text is in time, but the last one is shown anyway.
        record = fit(compiled(0.03), "high", epochs=3)
        last = record.to_frame().iloc[-1]
        assert notebook.texts == [
            "high: the first epoch, in which TensorFlow gets ready ...",
            f"high: epoch 3 of 3, learning rate 0.03, training loss {last['loss']:.4f}, "
            f"validation loss {last['val_loss']:.4f}",
        ]
        assert len(notebook.outputs) == 1

    def test_each_epoch_is_shown_if_there_is_time(self, notebook, compiled, fit):
        notebook.tick = 1
        fit(compiled(), record_of("run", [3, 2]), epochs=2)
        epochs = [text.partition(",")[0] for text in notebook.texts[1:]]
        assert epochs == ["run: epoch 3 of 4", "run: epoch 4 of 4", "run: epoch 4 of 4"]

    def test_without_validation_there_is_no_validation_loss(self, notebook, compiled, fit):
        fit(compiled(), "run", epochs=1, validation_data=None)
        assert "training loss" in notebook.texts[-1]
        assert "validation" not in notebook.texts[-1]

    def test_each_fit_has_a_line_of_its_own(self, notebook, compiled, fit):
        model, record = compiled(), TrainingRecord("run")
        fit(model, record, epochs=1)
        fit(model, record, epochs=1)
        assert [text.partition(",")[0] for text in notebook.shown] == [
            "run: epoch 1 of 1",
            "run: epoch 2 of 2",
        ]

    @pytest.mark.parametrize("verbose", [1, 2, "auto"])
    def test_where_keras_shows_its_own_progress_it_keeps_quiet(
        self, notebook, compiled, fit, verbose
    ):
        fit(compiled(), "run", epochs=1, verbose=verbose)
        assert notebook.texts == []


def test_a_line_that_is_gone_keeps_its_text(notebook):
    for text in ("one", "two", "three"):
        ProgressLine().show(text)
    assert notebook.shown == ["one", "two", "three"]
