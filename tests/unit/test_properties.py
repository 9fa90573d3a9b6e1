"""What holds for any table of runs: whatever the losses, the stages, the names, the columns."""

import io
import math
import warnings

from lessons_lib import (
    TrainingRecord,
    check_run,
    check_value,
    plot_loss_curves,
    plot_training_times,
    summarize,
)
from lessons_lib.table import MEASURED
from tests.conftest import from_csv, table_of
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

often = settings(max_examples=40, deadline=None)
seldom = settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # A figure takes a moment.

usual = st.floats(1e-9, 1e9)
losses = st.one_of(
    st.lists(usual | st.sampled_from([math.nan, math.inf, -math.inf, 0.0]), min_size=1, max_size=9),
    st.builds(lambda loss, epochs: [loss] * epochs, usual, st.integers(1, 9)),
)
names = st.text(min_size=1, max_size=12).filter(str.strip)


@st.composite
def tables(draw, names=names):
    """A table of one run, in any number of stages."""
    values = draw(losses)
    stages = sorted(draw(st.lists(st.integers(1, 4), min_size=len(values), max_size=len(values))))
    rates = draw(st.lists(st.sampled_from([0.03, 0.001, 1e-4, math.nan]), min_size=4, max_size=4))
    return table_of(
        draw(names),
        values,
        stage=stages,
        learning_rate=[rates[stage - 1] for stage in stages],
        planned=len(values) + draw(st.integers(0, 2)),
        val_loss=draw(st.sampled_from([math.nan, 1.0])),
    )


@often
@given(tables())
def test_a_record_of_a_table_gives_the_same_table(frame):
    assert_frame_equal(TrainingRecord.from_frame(frame).to_frame(), frame)


@often
@given(st.lists(tables(), min_size=1, max_size=4, unique_by=lambda frame: frame["run"].iloc[0]))
def test_each_run_has_one_row_that_agrees_with_its_table(frames):
    summary = summarize(frames, target=1)
    assert list(summary.index) == [frame["run"].iloc[0] for frame in frames]
    for (_, row), frame in zip(summary.iterrows(), frames, strict=True):
        assert row["epochs"] == len(frame)
        assert np.array_equal(row["loss"], frame["loss"].iloc[-1], equal_nan=True)
        diverged = not np.isfinite(frame["loss"]).all()
        assert row["status"].startswith("diverged") == diverged


@often
@given(losses, usual)
def test_the_target_is_reached_where_no_later_epoch_is_above_it(values, target):
    reached = summarize(table_of("run", values), target=target)["epochs_to_target"].iloc[0]
    ends = [n for n in range(len(values)) if all(loss <= target for loss in values[n:])]
    assert (pd.isna(reached) and not ends) or reached == ends[0] + 1


@often
@given(tables(), st.lists(st.sampled_from([*MEASURED, "loss", "val_loss"]), unique=True))
def test_a_missing_column_does_no_harm_or_is_named(frame, missing):
    frame = frame.drop(columns=missing).assign(note="text", extra=1)
    if {"run", "epoch", "loss"} & {*missing}:
        with pytest.raises(ValueError, match="The table lacks the column"):
            summarize(frame)
    else:
        assert len(TrainingRecord.from_frame(frame).to_frame()) == len(frame)
        assert summarize(frame)["epochs"].tolist() == [len(frame)]


@pytest.mark.parametrize("column", [*MEASURED[1:], "loss", "val_loss"])
def test_a_column_that_holds_words_is_named(column):
    with pytest.raises(ValueError, match=f'The column "{column}" must hold numbers'):
        summarize(table_of("run", [2, 1]).assign(**{column: "text"}))


@pytest.mark.parametrize("name", ["NA", "None", "null"])
def test_a_name_that_a_csv_file_takes_for_nothing_does_not_lose_the_run(name, tmp_path):
    frame = from_csv(table_of(name, [2, 1]), tmp_path)
    assert summarize(frame)["epochs"].tolist() == [2]


stages = st.lists(st.tuples(st.sampled_from([0.03, 0.001]), st.integers(1, 5)), min_size=1)


@often
@given(stages, st.data())
def test_a_run_is_right_if_it_is_as_asked_and_only_then(stages, data):
    asked = [rate for rate, epochs in stages for _ in range(epochs)]
    assert said(check_run, table_of("run", np.ones(len(asked)), learning_rate=asked), stages)[0]
    changed = data.draw(st.integers(0, len(asked) - 1))
    wrong = asked[:changed] + [data.draw(st.sampled_from([0.5, math.nan]))] + asked[changed + 1 :]
    right, words = said(check_run, table_of("run", asked, learning_rate=wrong), stages)
    assert not right
    assert "nan" not in words


def test_the_number_of_steps_that_is_wrong_is_told():
    frame = table_of("run", [2, 1], steps=[4, 3])
    assert "4 steps in each epoch, not 3" in said(check_run, frame, [(0.1, 2)], steps=4)[1]


@often
@given(st.floats() | st.integers(-(10**9), 10**9) | st.fractions() | st.text())
def test_a_value_is_right_if_it_lies_between_and_only_then(value):
    within = not isinstance(value, str) and 1 <= value <= 3
    assert said(check_value, value, 1, 3)[0] == within


def said(check, *args, **options):
    """Runs a check: whether all is right, and its words."""
    with pytest.MonkeyPatch.context() as patch, io.StringIO() as out:
        patch.setattr("sys.stdout", out)
        check(*args, **options)
        words = out.getvalue()
    return words.endswith("All of it is right.\n"), words


@seldom
@given(st.lists(tables(), min_size=1, max_size=3), st.booleans())
def test_any_runs_can_be_drawn(frames, learning_rates):
    frames = [frame.assign(run=f"{n} {frame['run'].iloc[0]}") for n, frame in enumerate(frames)]
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "constrained_layout|Data has no positive|Glyph")
            axes = plot_loss_curves(frames, learning_rates=learning_rates)
            axes.figure.canvas.draw()
            plot_training_times(frames, target=1).canvas.draw()
    finally:
        plt.close("all")
    assert len(axes.texts) == len(frames)
