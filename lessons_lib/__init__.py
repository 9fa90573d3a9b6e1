"""Support for the lessons: data, networks, the record of a run, comparisons, figures.

Used as `import lessons_lib as lib`, before `import keras`: what `startup` sets must be set
before TensorFlow loads.
"""

from lessons_lib.startup import show_versions  # isort: skip
from lessons_lib.data import load_diamonds, read_diamonds
from lessons_lib.exercises import check_run, check_value, print_claims
from lessons_lib.networks import (
    back_to_start,
    build_many_models,
    build_model,
    load_many_diamonds,
    loss_of_each,
    sum_of_losses,
)
from lessons_lib.plots import plot_loss_curves, plot_training_times, run_colors
from lessons_lib.record import TrainingRecord
from lessons_lib.runs import summarize
