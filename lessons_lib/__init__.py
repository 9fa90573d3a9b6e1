"""Support for the lessons: data, models, the record of a run, comparisons, figures.

Import it before keras: what `startup` settles must be settled before TensorFlow is loaded.
"""

from lessons_lib import startup
from lessons_lib.compare import summarize
from lessons_lib.data import load_diamonds, read_diamonds
from lessons_lib.exercises import check_run, check_value
from lessons_lib.files import load_model, save_model
from lessons_lib.many import (
    back_to_start,
    build_many_models,
    load_many_diamonds,
    loss_of_each,
    sum_of_losses,
)
from lessons_lib.model import build_model
from lessons_lib.panel import try_rates
from lessons_lib.plots import plot_loss_curves, plot_training_times, run_colors
from lessons_lib.record import TrainingRecord
