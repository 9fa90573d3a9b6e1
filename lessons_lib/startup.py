"""What must be set before TensorFlow loads: the backend, and no start-up messages."""

import os
import warnings
from platform import python_version

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
backend = os.environ.setdefault("KERAS_BACKEND", "tensorflow")
if backend == "tensorflow":
    import keras

    # Keras may have been imported before, with the backend from its configuration file.
    backend = keras.config.backend()
if backend != "tensorflow":
    raise ImportError(f"""Keras uses the backend "{backend}", but these lessons need "tensorflow".
Remove the environment variable KERAS_BACKEND, import lessons_lib before keras, and restart.""")

import tensorflow as tf  # noqa: E402

# It would warn about retracing, because a lesson builds many models.
tf.get_logger().setLevel("ERROR")
# The lessons' data shuffles itself; `fit` would warn that it can't do it again.
warnings.filterwarnings("ignore", message="`shuffle=True` was passed")
# A run's name in a script that the font lacks shows as boxes, which is enough.
warnings.filterwarnings("ignore", message="Glyph .* missing from font")


def show_versions() -> None:
    """Prints the versions of Python, Keras, and TensorFlow."""
    print(f"Python {python_version()}, Keras {keras.__version__}, TensorFlow {tf.__version__}")
