"""What importing lessons_lib settles, each time in a new Python."""

import json
import os
import subprocess
import sys

from tests.notebooks import ROOT
import pytest

SET_BY_STARTUP = ("KERAS_BACKEND", "TF_CPP_MIN_LOG_LEVEL", "TF_ENABLE_ONEDNN_OPTS")


@pytest.fixture
def python(tmp_path):
    """Gives a function that runs lines in a new Python, whose Keras nobody has configured."""

    def run(*lines, configured=None, **variables):
        if configured:
            tmp_path.joinpath("keras.json").write_text(json.dumps({"backend": configured}))
        environment = {k: v for k, v in os.environ.items() if k not in SET_BY_STARTUP}
        return subprocess.run(
            [sys.executable, "-c", "\n".join(lines)],
            cwd=ROOT,
            env=environment | {"KERAS_HOME": str(tmp_path)} | variables,
            capture_output=True,
            text=True,
        )

    return run


TRY = (
    "import os",
    "try:",
    "    import lessons_lib",
    "except ImportError as error:",
    "    print(error)",
    "print(os.environ.get('KERAS_BACKEND'))",
)


def test_tensorflow_starts_without_a_word(python):
    run = python(
        "import lessons_lib, keras, tensorflow",
        "lessons_lib.build_model().predict(tensorflow.zeros((1, 6)), verbose=0)",
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_another_backend_is_refused_and_its_variable_kept(python):
    run = python(*TRY, KERAS_BACKEND="jax")
    assert run.stdout == (
        'Keras is set to the backend "jax", but these lessons need "tensorflow": remove the '
        "environment variable KERAS_BACKEND, import lessons_lib before keras, and restart the "
        "kernel.\njax\n"
    )


def test_keras_may_be_imported_before(python):
    run = python("import keras, lessons_lib", "print(lessons_lib.build_model().count_params())")
    assert (run.returncode, run.stdout) == (0, "1313\n"), run.stderr


def test_another_backend_in_keras_own_file_does_not_matter(python):
    run = python("import lessons_lib, keras", "print(keras.backend.backend())", configured="numpy")
    assert (run.returncode, run.stdout) == (0, "tensorflow\n"), run.stderr


def test_another_backend_of_a_keras_that_came_before_is_refused(python):
    # As if Keras had read it from its file; that backend itself need not be installed.
    run = python("import keras", "keras.config.backend = lambda: 'torch'", *TRY)
    assert 'Keras is set to the backend "torch"' in run.stdout
    assert "import lessons_lib before keras" in run.stdout


def test_after_each_cell_of_a_notebook_what_no_cell_names_is_freed(python):
    run = python(
        "from IPython.core.interactiveshell import InteractiveShell",
        "shell = InteractiveShell.instance()",
        "shell.run_cell('import lessons_lib, weakref')",
        "shell.run_cell('class Circle: pass')",
        "shell.run_cell('circle = Circle(); circle.me = circle; gone = weakref.ref(circle)')",
        "shell.run_cell('del circle')",
        "assert shell.user_ns['gone']() is None",
    )
    assert run.returncode == 0, run.stderr
