"""What importing lessons_lib settles, each time in a new Python."""

import os
import subprocess
import sys
from platform import python_version

from tests.notebooks import ROOT
import keras
import pytest
import tensorflow as tf

# What would warn: TensorFlow's start, a shuffled `fit` on batches, a name the font lacks, and
# predictions of many models.
TRAIN_AND_DRAW = """
import lessons_lib as lib, keras
model, record = lib.build_model(), lib.TrainingRecord("\u8d70")
model.compile("sgd", loss="mse", run_eagerly=True)
model.fit(lib.load_diamonds()[0].take(1), verbose=0, callbacks=[record])
lib.plot_loss_curves(record).figure.canvas.draw()
for seed in range(7):
    lib.build_model(seed).predict(lib.load_diamonds()[1], verbose=0)
print(keras.config.backend())
lib.show_versions()
"""
TRY = "try: import lessons_lib\nexcept ImportError as error: print(error)\n"
REFUSED = """Keras uses the backend "{}", but these lessons need
"tensorflow". Remove the environment variable KERAS_BACKEND, and restart the kernel.
"""


@pytest.fixture
def python(tmp_path):
    """Gives a function that runs a text in a new Python, and gives its output and errors."""

    def run(text):
        set_here = ("KERAS_BACKEND", "TF_CPP_MIN_LOG_LEVEL", "TF_ENABLE_ONEDNN_OPTS")
        env = {name: text for name, text in os.environ.items() if name not in set_here}
        env |= {"KERAS_HOME": str(tmp_path), "MPLBACKEND": "agg"}
        options = {"cwd": ROOT, "env": env, "capture_output": True, "text": True}
        done = subprocess.run([sys.executable, "-c", text], **options)
        return done.stdout, done.stderr

    return run


def test_nothing_warns_whatever_backend_keras_own_file_names(python, tmp_path):
    (tmp_path / "keras.json").write_text('{"backend": "numpy"}')
    versions = f"Python {python_version()}, Keras {keras.__version__}, TensorFlow {tf.__version__}"
    assert python(TRAIN_AND_DRAW) == (f"tensorflow\n{versions}\n", "")


def test_keras_may_come_before_but_only_with_the_right_backend(python):
    # As if Keras had read another one from its file; that one need not be installed.
    other = "import keras; own, keras.config.backend = keras.config.backend, lambda: 'torch'\n"
    out, _ = python(f"{other}{TRY}keras.config.backend = own\n{TRY}print('accepted')")
    assert out == REFUSED.format("torch") + "accepted\n"
