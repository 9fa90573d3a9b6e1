"""Support for the lessons: data, model, the record of a run, summaries, figures.

Import it before keras: it chooses Keras' backend and silences TensorFlow's start-up
lines, and both only work before TensorFlow is loaded.
"""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

from lessons_lib.data import load_diamonds, load_many_diamonds, read_diamonds  # noqa: E402
from lessons_lib.models import build_many_models, build_model  # noqa: E402
from lessons_lib.plots import (  # noqa: E402
    colour_of,
    plot_learning_rates,
    plot_loss_curves,
    plot_training_times,
)
from lessons_lib.record import TrainingRecord, summarize  # noqa: E402
import tensorflow as tf  # noqa: E402

# It would warn of retracing, because a lesson builds many models.
tf.get_logger().setLevel("ERROR")

__all__ = [
    "TrainingRecord",
    "build_many_models",
    "build_model",
    "colour_of",
    "load_diamonds",
    "load_many_diamonds",
    "plot_learning_rates",
    "plot_loss_curves",
    "plot_training_times",
    "read_diamonds",
    "summarize",
]
