"""What a notebook shows while a model trains, and what its stop button does then."""

import os
import re
import signal
from types import SimpleNamespace
from xml.etree import ElementTree

from lessons_lib import TrainingRecord, live
from tests.conftest import record_of, table_of
import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest
from jupyter_client.manager import start_new_kernel
from matplotlib.figure import Figure


class Notebook:
    """Stands for a notebook's kernel, its clock, and the outputs under its cells."""

    kernel, execution_count = object(), 1

    def __init__(self):
        self.seconds, self.tick = 100.0, 0
        self.contents, self.outputs = [], {}

    def clock(self):
        self.seconds += self.tick
        return self.seconds

    def display(self, content, *, raw, display_id, update):
        assert raw == isinstance(content, dict)
        assert update == (display_id in self.outputs)
        self.outputs[display_id] = content
        self.contents.append(content)

    @property
    def texts(self):
        return [content["text/plain"] for content in self.contents]

    @property
    def shown(self):
        """The texts that stand under the cells now."""
        return [content["text/plain"] for content in self.outputs.values()]


@pytest.fixture
def notebook(monkeypatch):
    notebook = Notebook()
    monkeypatch.setattr(live, "get_ipython", lambda: notebook)
    monkeypatch.setattr(live, "display", notebook.display)
    monkeypatch.setattr(live, "time", SimpleNamespace(perf_counter=notebook.clock))
    monkeypatch.setattr(live.StopButton, "used_in", None)
    return notebook


class TestLineOfText:
    def test_it_starts_at_once_and_ends_with_the_last_epoch(self, notebook, compiled, fit):
        # The clock stands still: no epoch's text is due, but the last one is shown anyway.
        record = fit(compiled(0.03), "high", epochs=3)
        last = record.to_frame().iloc[-1]
        assert notebook.texts == [
            "high: TensorFlow gets ready ...",
            f"high: epoch 3 of 3, learning rate 0.03, training loss {last['loss']:.4f}, "
            f"validation loss {last['val_loss']:.4f}",
        ]
        assert len(notebook.outputs) == 1

    def test_each_epoch_is_shown_if_the_last_text_is_old_enough(self, notebook, compiled, fit):
        notebook.tick = 1
        fit(compiled(), record_of("run", [3, 2]), epochs=2)
        epochs = [text.partition(",")[0] for text in notebook.texts[1:]]
        assert epochs == ["run: epoch 3 of 4", "run: epoch 4 of 4", "run: epoch 4 of 4"]

    def test_a_text_is_old_enough_after_a_third_of_a_second(self, notebook):
        progress = live.Progress(False)
        assert progress.is_due()
        progress.show("one", table_of("run", []))
        notebook.seconds += 0.3
        assert not progress.is_due()
        notebook.seconds += 0.1
        assert progress.is_due()

    def test_it_tells_the_time_left_but_not_from_the_first_epoch(self, notebook, compiled, fit):
        notebook.tick = 1
        record = record_of("run", [3, 2, 1], seconds=10.0)
        fit(compiled(), record, epochs=3)
        first, second, third, last = notebook.texts[1:]
        assert "left" not in first
        assert second.endswith(", 10 s left")
        assert third.endswith(", 0 s left")
        assert "left" not in last

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
        assert notebook.contents == []

    @pytest.mark.parametrize("shell", [None, object()], ids=["script", "terminal"])
    @pytest.mark.parametrize("grows", [False, True])
    def test_outside_a_notebook_nothing_is_shown(
        self, notebook, monkeypatch, compiled, fit, capsys, shell, grows
    ):
        monkeypatch.setattr(live, "get_ipython", lambda: shell)
        fit(compiled(), TrainingRecord("run", live=grows), epochs=2)
        assert notebook.contents == []
        assert capsys.readouterr().out == ""


class TestGrowingCurve:
    def test_it_grows_with_each_epoch_and_ends_as_the_figure_of_the_run(
        self, notebook, compiled, fit
    ):
        notebook.tick = 1
        fit(compiled(), TrainingRecord("run", live=True), epochs=3)
        start, *pictures, figure = notebook.contents
        assert "image/svg+xml" not in start
        drawn = [content["image/svg+xml"].count(",") for content in pictures]
        assert drawn == sorted(set(drawn))
        assert isinstance(figure, Figure)
        assert len(notebook.outputs) == 1
        # What is still open the notebook would show once more.
        assert plt.get_fignums() == []

    def test_a_second_fit_goes_on_from_the_curve_of_the_first(self, notebook, compiled, fit):
        model, record = compiled(0.03), TrainingRecord("run", live=True)
        fit(model, record, epochs=2)
        model.optimizer.learning_rate = 0.001
        fit(model, record, epochs=2)
        again, figure = notebook.contents[2:]
        assert "<polyline" in again["image/svg+xml"]
        assert len(figure.axes) == 2, "with the learning rates, for there are two"

    @pytest.mark.parametrize(
        "losses",
        [[1], [2, 2, 2], [np.nan], [1, np.nan], [np.inf, 3], [0, 1], [1e-30, 1e30]],
        ids=str,
    )
    def test_any_losses_make_a_picture(self, losses):
        frame = table_of("run <1> & 2", losses)
        picture = ElementTree.fromstring(live.growing_curve(frame, "epoch 1 & more"))
        (curve,) = picture.iter("{http://www.w3.org/2000/svg}polyline")
        places = [float(number) for number in re.split("[ ,]", curve.get("points")) if number]
        assert len(places) == 2 * sum(0 < loss < np.inf for loss in losses)
        assert all(0 <= place <= 800 for place in places)

    def test_it_marks_where_the_rate_has_changed(self):
        frame = table_of("run", [3, 2, 1], learning_rate=[0.1, 0.1, 0.01])
        assert live.growing_curve(frame, "").count("dasharray") == 1


class StopAtEpoch(keras.callbacks.Callback):
    """Presses stop in an epoch of each fit."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            os.kill(os.getpid(), signal.SIGINT)


class TestStopButton:
    @pytest.fixture(autouse=True)
    def usual_handler(self):
        # A shell that starts the tests in the background has SIGINT ignored.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        yield
        signal.signal(signal.SIGINT, before)

    def test_the_fit_ends_with_the_epoch_and_says_how_to_go_on(
        self, notebook, compiled, fit, capsys
    ):
        record = fit(compiled(), "run", epochs=5, after=[StopAtEpoch(1)])
        assert len(record.to_frame()) == 2
        assert capsys.readouterr().out.startswith("run: stopped after epoch 2 of 5. ")
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler

    def test_another_fit_goes_on(self, notebook, compiled, fit):
        model, record = compiled(), TrainingRecord("run")
        fit(model, record, epochs=5, after=[StopAtEpoch(1)])
        fit(model, record, epochs=3)
        assert record.to_frame()["epoch"].tolist() == [1, 2, 3, 4, 5]

    def test_a_second_press_in_the_same_cell_interrupts(self, notebook, compiled, fit):
        fit(compiled(), "one", epochs=5, after=[StopAtEpoch(0)])
        with pytest.raises(KeyboardInterrupt):
            fit(compiled(), "other", epochs=5, after=[StopAtEpoch(0)])

    def test_in_the_next_cell_it_ends_a_fit_again(self, notebook, compiled, fit):
        fit(compiled(), "one", epochs=5, after=[StopAtEpoch(0)])
        notebook.execution_count += 1
        record = fit(compiled(), "other", epochs=5, after=[StopAtEpoch(0)])
        assert len(record.to_frame()) == 1

    def test_outside_a_notebook_it_interrupts_as_always(self, compiled, fit):
        with pytest.raises(KeyboardInterrupt):
            fit(compiled(), "run", epochs=5, after=[StopAtEpoch(0)])


FIT = """\
from lessons_lib import TrainingRecord, build_model, load_diamonds
import keras
training, validation = load_diamonds()
model, record = build_model(), TrainingRecord("run")
model.compile(optimizer=keras.optimizers.Adam(0.03), loss="mse", steps_per_execution=25)
model.fit(training, epochs=100_000, verbose=0, callbacks=[record])
"""


def test_a_real_kernel_stops_with_a_sentence_and_goes_on():
    manager, client = start_new_kernel()
    outputs, pressed = [], []

    def hear(message):
        outputs.append(message)
        if message["msg_type"] == "update_display_data" and not pressed:
            pressed.append(manager.interrupt_kernel())

    try:
        reply = client.execute_interactive(FIT, output_hook=hear, timeout=60)
        assert reply["content"]["status"] == "ok"
        printed = "".join(message["content"].get("text", "") for message in outputs)
        assert "run: stopped after epoch " in printed
        more = "before = len(record.to_frame())\nmodel.fit(training, epochs=3, verbose=0, "
        more += "callbacks=[record])\nassert len(record.to_frame()) == before + 3"
        reply = client.execute_interactive(more, output_hook=outputs.append, timeout=60)
        assert reply["content"]["status"] == "ok"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
