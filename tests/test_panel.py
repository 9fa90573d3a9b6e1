"""The panel to try rates with, without a browser: its buttons are pressed by the test."""

from lessons_lib import panel
from lessons_lib.panel import try_rates
from tests.conftest import record_of
import ipywidgets
import numpy as np
import pytest
from matplotlib.figure import Figure


@pytest.fixture
def shown(monkeypatch):
    """What was displayed, in its order."""
    shown = []
    monkeypatch.setattr(panel, "display", shown.append)
    return shown


@pytest.fixture
def asked():
    """What the panel has asked for, one entry per training."""
    return []


@pytest.fixture
def widgets(shown, asked):
    """The widgets of a panel whose trainings end at once, by their descriptions."""

    def train(name, stages, seed):
        asked.append((name, stages, seed))
        return record_of(name, [2, np.nan if stages[0][0] == 1 else 0.01])

    try_rates(train, record_of("high", [1, 0.02]), epochs=10)
    (box,) = shown
    shown.clear()
    return {widget.description: widget for widget in box.children[:-1]}


def test_it_trains_with_what_the_sliders_say(widgets, asked):
    widgets["high rate"].value = 0.1
    widgets["low rate"].value = 0.001
    widgets["switch after epoch"].value = 3
    widgets["seed"].value = 5
    widgets["Train"].click()
    assert asked == [("try 1", [(0.1, 3), (0.001, 7)], 5)]


def test_it_starts_with_the_rates_of_the_lessons_and_a_switch_in_the_middle(widgets, asked):
    widgets["Train"].click()
    assert asked == [("try 1", [(0.03, 5), (0.0001, 5)], 0)]


def test_it_trains_at_the_rates_that_the_sliders_show_in_one_digit(widgets, asked):
    widgets["high rate"].value = 10**-1.4
    widgets["Train"].click()
    assert asked == [("try 1", [(0.04, 5), (0.0001, 5)], 0)]


def test_rates_are_logarithmic_and_reach_from_far_too_low_to_far_too_high(widgets):
    for name in ("high rate", "low rate"):
        slider = widgets[name]
        assert isinstance(slider, ipywidgets.FloatLogSlider)
        assert slider.base**slider.min <= 1e-6
        assert slider.base**slider.max >= 1


def test_the_last_try_has_a_label_and_earlier_ones_are_gray(widgets, shown):
    widgets["Train"].click()
    widgets["Train"].click()
    *_, figure = shown
    assert isinstance(figure, Figure)
    losses = figure.axes[0]
    assert sorted(text.get_text() for text in losses.texts) == ["high", "try 2"]
    assert losses.lines[0].get_color() == "0.8"


def test_reset_forgets_the_tries(widgets, shown, asked):
    widgets["Train"].click()
    widgets["Reset"].click()
    widgets["Train"].click()
    assert [name for name, *_ in asked] == ["try 1", "try 1"]
    assert len(shown[-1].axes[0].lines) == 2


def test_a_run_that_diverges_says_so_in_words(widgets, capsys):
    widgets["high rate"].value = 1
    widgets["Train"].click()
    said = "A rate is too high: this is worse than always predicting the mean price.\n"
    assert capsys.readouterr().out.endswith(said)


def test_while_it_trains_the_button_cannot_be_pressed_and_then_again(shown):
    seen = []

    def train(name, stages, seed):
        seen.append(button.disabled)
        raise KeyboardInterrupt

    try_rates(train, record_of("high", [1]))
    button = shown[0].manual_button
    with pytest.raises(KeyboardInterrupt):
        button.click()
    assert seen == [True]
    assert not button.disabled


def test_it_needs_a_run_to_compare_with():
    with pytest.raises(ValueError, match="There is no run to compare"):
        try_rates(print, [])


def test_all_widgets_have_a_description(widgets):
    assert all(widgets)
    assert all(isinstance(widget, ipywidgets.DOMWidget) for widget in widgets.values())
