"""What holds for any runs, whatever their losses, rates, and names."""

import math
import warnings

from lessons_lib import plot_loss_curves, plot_training_times, summarize
from tests.conftest import table_of
import matplotlib.pyplot as plt
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

usual, odd = st.floats(1e-9, 1e9), st.sampled_from([math.nan, math.inf, -math.inf, 0.0, -1.0])
losses = st.lists(usual, min_size=1, max_size=9) | st.lists(usual | odd, min_size=1, max_size=9)
runs = st.tuples(losses, st.sampled_from([0.03, 0.001, math.nan]), st.integers(0, 2))


@settings(max_examples=50, deadline=None)
@given(losses, usual)
def test_a_target_is_reached_where_no_later_epoch_is_above_it(values, target):
    reached = summarize(table_of("run", values), target=target)["epochs_to_target"].iloc[0]
    ends = [n for n in range(len(values)) if all(loss <= target for loss in values[n:])]
    assert (pd.isna(reached) and not ends) or reached == ends[0] + 1


@settings(max_examples=8, deadline=None)  # A figure takes a moment.
@given(st.dictionaries(st.text(min_size=1), runs, min_size=1, max_size=4), st.booleans())
def test_any_runs_can_be_compared_and_drawn_without_a_warning(several, with_rates):
    tables = pd.concat(
        table_of(name, losses, learning_rate=rate, planned=len(losses) + ahead)
        for name, (losses, rate, ahead) in several.items()
    )
    with warnings.catch_warnings(action="error"):
        # What matplotlib says of very long names.
        warnings.filterwarnings("ignore", "constrained_layout|Glyph")
        plot_loss_curves(tables, with_rates=with_rates).figure.canvas.draw()
        plot_training_times(tables, target=1).canvas.draw()
    plt.close("all")
    assert list(summarize(tables)["epochs"]) == [len(losses) for losses, *_ in several.values()]
