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
    wide = {"style": {"description_width": "9em"}, "layout": {"width": "32em"}}
    rate = {"base": 10, "step": 0.1, "readout_format": ".2g"} | wide
    high = ipywidgets.FloatLogSlider(0.03, min=-4, max=1, description="high rate", **rate)
    low = ipywidgets.FloatLogSlider(0.0001, min=-6, max=0, description="low rate", **rate)
    switch = ipywidgets.IntSlider(
        epochs // 2, 1, epochs - 1, description="switch after epoch", **wide
    )
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
