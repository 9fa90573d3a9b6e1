"""What GitHub runs is what README and CONTRIBUTING say."""

import re

from lessons_lib import build_model
from tests.notebooks import ROOT, command
import keras
import numpy as np
import yaml

PYTEST = " ".join(command("test")[-1][1:])


def commands(workflow):
    path = ROOT / ".github" / "workflows" / f"{workflow}.yml"
    jobs = yaml.safe_load(path.read_text("utf-8"))["jobs"]
    return {name: [s["run"] for s in job["steps"] if "run" in s] for name, job in jobs.items()}


def test_every_system_runs_the_commands_of_readme_and_contributing():
    # .ci/run takes it from README itself. Binder's own scripts run on Linux only.
    assert commands("tests")["unix"][-1] == ".ci/run"
    ignored, slow = " --ignore tests/project/test_binder.py", f"{PYTEST} -m slow"
    windows = rf".venv\Scripts\python {PYTEST}{ignored}", rf".venv\Scripts\python {slow}"
    assert commands("tests")["windows"][-2:] == [*windows]
    assert commands("newest")["newest"][-2:] == [f"python {PYTEST}", f"python {slow}"]
    (sphinx,) = re.findall(r"-m sphinx .*", ROOT.joinpath("CONTRIBUTING.md").read_text("utf-8"))
    assert commands("site")["build"][-1] == f"python {sphinx}"


def test_todays_keras_ignores_an_assigned_optimizer():
    # If this fails, Keras has changed: README, lessons 3, 4 and 9, and record.py say so.
    model = build_model(0)
    model.compile(optimizer=keras.optimizers.Adam(0.03), loss="mse")
    data = np.ones((8, 6)), np.ones((8, 1))
    model.fit(*data, verbose=0)
    model.optimizer = keras.optimizers.Adam(0.0)
    weights = model.get_weights()
    model.fit(*data, verbose=0)
    assert not all(map(np.array_equal, weights, model.get_weights()))
