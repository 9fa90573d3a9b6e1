"""What importing lessons_lib settles, each time in a new Python."""

import os
import re
import subprocess
import sys

from tests.notebooks import ROOT

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


def python(text, home):
    """Runs a text in a new Python, with a home for Keras; gives its output and errors."""
    set_here = ("KERAS_BACKEND", "TF_CPP_MIN_LOG_LEVEL", "TF_ENABLE_ONEDNN_OPTS")
    env = {name: text for name, text in os.environ.items() if name not in set_here}
    env |= {"KERAS_HOME": str(home), "MPLBACKEND": "agg"}
    options = {"cwd": ROOT, "env": env, "capture_output": True, "text": True}
    done = subprocess.run([sys.executable, "-c", text], **options)
    return done.stdout, done.stderr


def test_nothing_warns_whatever_backend_keras_own_file_names(tmp_path):
    (tmp_path / "keras.json").write_text('{"backend": "numpy"}')
    out, warned = python(TRAIN_AND_DRAW, tmp_path)
    assert re.fullmatch(r"tensorflow\nPython 3[.\d]+, Keras 3\S+, TensorFlow 2\S+\n", out)
    # Where the full TensorFlow finds no GPU, it says so before it can be asked not to.
    no_gpu = ("I0000", "WARNING: All log messages before absl")
    assert [line for line in warned.splitlines() if not line.startswith(no_gpu)] == []


def test_keras_may_come_before_but_only_with_the_right_backend(tmp_path):
    # As if Keras had read another one from its file; that one need not be installed.
    other = "import keras; own, keras.config.backend = keras.config.backend, lambda: 'torch'\n"
    text = f"{other}{TRY}keras.config.backend = own\n{TRY}print('accepted')"
    out, _ = python(text, tmp_path)
    assert re.match(r'Keras uses the backend "torch",.*Remove .* KERAS_BACKEND', out, re.DOTALL)
    assert out.count("Keras uses") == out.count("accepted") == 1
