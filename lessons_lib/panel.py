"""A panel to try rates with: sliders, a button that trains, and the curve beside others."""

from collections.abc import Callable

from lessons_lib.compare import Runs, to_tables
from lessons_lib.plots import plot_loss_curves
import ipywidgets
import matplotlib.pyplot as plt
from IPython.display import clear_output, display


def try_rates(train: Callable, runs: Runs, *, epochs: int = 200, top: float = 0.1) -> None:
    """Shows the panel under a notebook's cell.

    Args:
        train: Trains and gives the record: `train(name, stages, seed)`, with the stages as
            pairs `(learning_rate, epochs)`.
        runs: The runs to compare with, see `summarize`. Earlier tries stay in gray.
        epochs: Of each try, in both stages together.
        top: Where the axis of the losses is cut.
    """
    runs, tries = [*to_tables(runs).values()], []

    def on_train(high, low, switch, seed):
        high, low = (float(f"{rate:.1g}") for rate in (high, low))  # As the sliders show them.
        stages = [(high, switch), (low, epochs - switch)]
        frame = train(f"try {len(tries) + 1}", stages, seed).to_frame()
        clear_output(wait=True)
        axes = plot_loss_curves([*runs, frame], behind=tries, top=top, learning_rates=True)
        display(axes.figure)
        plt.close(axes.figure)
        if not frame["loss"].iloc[-1] < 1:
            print("A rate is too high: this is worse than always predicting the mean price.")
        tries.append(frame)

    def slider(kind, value, lowest, highest, name, **options):
        options |= {"style": {"description_width": "10em"}, "layout": {"width": "32em"}}
        return kind(value=value, min=lowest, max=highest, description=name, **options)

    rate = {"kind": ipywidgets.FloatLogSlider, "lowest": -6, "highest": 0, "readout_format": ".1g"}
    panel = ipywidgets.interactive(
        on_train,
        {"manual": True, "manual_name": "Train"},
        high=slider(value=0.03, name="high rate", **rate),
        low=slider(value=0.0001, name="low rate", **rate),
        switch=slider(ipywidgets.IntSlider, epochs // 2, 1, epochs - 1, "switch after epoch"),
        seed=slider(ipywidgets.IntSlider, 0, 0, 20, "seed"),
    )
    reset = ipywidgets.Button(description="Reset")
    reset.on_click(lambda _: (tries.clear(), panel.out.clear_output()))
    panel.children = [*panel.children[:-1], reset, panel.out]
    display(panel)
