"""A panel to try rates with: sliders, a button that trains, and the curve beside others."""

from collections.abc import Callable

from lessons_lib.compare import Runs, to_tables
from lessons_lib.plots import plot_loss_curves
import ipywidgets
import matplotlib.pyplot as plt
from IPython.display import display


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
    wide = {"style": {"description_width": "10em"}, "layout": {"width": "32em"}}
    rates = [float(f"{digit}e{power}") for power in range(-6, 1) for digit in (1, 2, 3, 5)]
    rates = {"options": [(f"{rate:g}", rate) for rate in rates]} | wide
    high = ipywidgets.SelectionSlider(value=0.03, description="high rate", **rates)
    low = ipywidgets.SelectionSlider(value=0.0001, description="low rate", **rates)
    half, last = epochs // 2, epochs - 1
    switch = ipywidgets.IntSlider(half, 1, last, description="switch after epoch", **wide)
    seed = ipywidgets.IntSlider(0, 0, 20, description="seed", **wide)
    button, reset = (ipywidgets.Button(description=text) for text in ("Train", "Reset"))
    output = ipywidgets.Output()

    def on_train(_):
        button.disabled = reset.disabled = True
        output.clear_output(wait=True)
        stages = [(high.value, switch.value), (low.value, epochs - switch.value)]
        with output:
            try:
                frame = train(f"try {len(tries) + 1}", stages, seed.value).to_frame()
            finally:
                button.disabled = reset.disabled = False
            output.clear_output(wait=True)
            axes = plot_loss_curves([*runs, frame], behind=tries, top=top, learning_rates=True)
            display(axes.figure)
            plt.close(axes.figure)
            if not frame["loss"].iloc[-1] < 1:
                print("A rate is too high: this is worse than always predicting the mean price.")
            tries.append(frame)

    def on_reset(_):
        tries.clear()
        output.clear_output()

    button.on_click(on_train)
    reset.on_click(on_reset)
    buttons = ipywidgets.HBox([button, reset])
    display(ipywidgets.VBox([high, low, switch, seed, buttons, output]))
