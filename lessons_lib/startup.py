"""What must be set before TensorFlow loads: the backend, and no start-up messages."""

import os
import warnings
from platform import python_version

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras  # noqa: E402
import tensorflow as tf  # noqa: E402

if keras.config.backend() != "tensorflow":
    raise ImportError(f"""Keras uses the backend "{keras.config.backend()}", but these lessons need
"tensorflow". Remove the environment variable KERAS_BACKEND, and restart the kernel.""")
# TensorFlow would warn about retracing, because a lesson builds many models.
tf.get_logger().setLevel("ERROR")
# The lessons' data shuffles itself; `fit` would warn that it can't do it again.
warnings.filterwarnings("ignore", message="`shuffle=True` was passed")
# If the font lacks a character of a run's name, a box is good enough.
warnings.filterwarnings("ignore", message="Glyph .* missing from font")


def show_versions() -> None:
    """Prints the versions of Python, Keras, and TensorFlow."""
    print(f"Python {python_version()}, Keras {keras.__version__}, TensorFlow {tf.__version__}")
