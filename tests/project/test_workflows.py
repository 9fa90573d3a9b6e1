"""What GitHub runs is what README and CONTRIBUTING say."""

import re

from lessons_lib import build_model
from tests.notebooks import ROOT, command
import keras
import numpy as np
import pytest
import yaml
from click.testing import CliRunner

WORKFLOWS = {path.stem: path for path in ROOT.glob(".github/workflows/*.yml")}
PYTEST = " ".join(command("test")[-1][1:])


def commands(workflow):
    jobs = yaml.safe_load(WORKFLOWS[workflow].read_text("utf-8"))["jobs"]
    return {name: [s["run"] for s in job["steps"] if "run" in s] for name, job in jobs.items()}


def test_workflows_and_dependabot_are_what_github_understands():
    # The schemas come with the package: no network.
    main = pytest.importorskip("check_jsonschema").main
    dependabot = ROOT / ".github" / "dependabot.yml"
    for schema, *paths in [("github-workflows", *WORKFLOWS.values()), ("dependabot", dependabot)]:
        run = CliRunner().invoke(main, ["--builtin-schema", f"vendor.{schema}", *map(str, paths)])
        assert run.exit_code == 0, run.output


@pytest.mark.parametrize("path", WORKFLOWS.values(), ids=WORKFLOWS)
def test_a_workflow_may_only_read_unless_a_job_says_more(path):
    assert yaml.safe_load(path.read_text("utf-8"))["permissions"] == {"contents": "read"}
    uses = re.findall(r"uses: *(\S+)", path.read_text("utf-8"))
    assert all(re.fullmatch(r"actions/[\w-]+@v\d+", action) for action in uses)


def test_every_system_runs_the_commands_of_readme_and_contributing():
    # .ci/run takes it from README itself. Binder's own scripts run on Linux only.
    assert commands("tests")["unix"][-1] == ".ci/run"
    ignored, slow = " --ignore tests/project/test_binder.py", f"{PYTEST} -m slow tests"
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
