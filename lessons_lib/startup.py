"""What must be settled before TensorFlow and Keras start: one backend, no start-up lines."""

import ctypes
import gc
import os
import platform
import warnings

from IPython import get_ipython

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
backend = os.environ.setdefault("KERAS_BACKEND", "tensorflow")
if backend == "tensorflow":
    import keras

    # It may have been imported before, with another backend from its configuration file.
    backend = keras.config.backend()
if backend != "tensorflow":
    raise ImportError(
        f'Keras is set to the backend "{backend}", but these lessons need "tensorflow": remove '
        "the environment variable KERAS_BACKEND, import lessons_lib before keras, and restart "
        "the kernel."
    )

import tensorflow as tf  # noqa: E402

# It would warn of retracing, because a lesson builds many models.
tf.get_logger().setLevel("ERROR")
# The lessons' data shuffles itself; `fit` would warn that it does not do so again.
warnings.filterwarnings("ignore", message="`shuffle=True` was passed")
# A run's name in a script that the font lacks shows as boxes; that is enough.
warnings.filterwarnings("ignore", message="Glyph .* missing from font")


def say_what_to_run(shell, kind, error, trace, tb_offset=None):
    """Shows a NameError with one more sentence: mostly a cell above was not run."""
    error.add_note(
        f"Does a cell above give `{error.name}` its value? Run that one first: in "
        "JupyterLab's menu, Run - Run All Above Selected Cell."
    )
    shell.showtraceback((kind, error, trace), tb_offset=tb_offset)


def free_memory(result):
    """Frees what a cell has left: models and figures are circles of objects, freed late else."""
    gc.collect()
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).malloc_trim(0)  # It would keep the memory for later.


if shell := get_ipython():
    shell.set_custom_exc((NameError,), say_what_to_run)
    # What is imported need not be looked through for what can be freed.
    gc.freeze()
    shell.events.register("post_run_cell", free_memory)
