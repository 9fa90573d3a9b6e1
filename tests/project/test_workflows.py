"""What GitHub runs is what README and CONTRIBUTING say."""

import itertools
import re

from lessons_lib import build_model
from tests.notebooks import NOTEBOOKS, ROOT, code_cells, read_notebook
from tests.maintain.publish import LINKS, publish
import keras
import numpy as np
import pytest
import yaml
from click.testing import CliRunner

GITHUB = ROOT / ".github"
WORKFLOWS = sorted(GITHUB.glob("workflows/*.yml"))
README = ROOT.joinpath("README.md").read_text("utf-8")
CONTRIBUTING = ROOT.joinpath("CONTRIBUTING.md").read_text("utf-8")


def commands(workflow):
    jobs = yaml.safe_load(GITHUB.joinpath("workflows", workflow).read_text("utf-8"))["jobs"]
    return {name: [s["run"] for s in job["steps"] if "run" in s] for name, job in jobs.items()}


def check_jsonschema(schema, *paths):
    """Gives its exit status and what it says; the schemas come with it."""
    main = pytest.importorskip("check_jsonschema").main
    run = CliRunner().invoke(main, ["--builtin-schema", schema, *map(str, paths)])
    return run.exit_code, run.output


def test_workflows_are_what_github_understands(tmp_path):
    assert check_jsonschema("vendor.github-workflows", *WORKFLOWS)[0] == 0
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(WORKFLOWS[0].read_text("utf-8").replace("runs-on:", "runs-in:"))
    assert check_jsonschema("vendor.github-workflows", wrong)[0] == 1


def test_dependabot_is_what_github_understands():
    status, said = check_jsonschema("vendor.dependabot", GITHUB / "dependabot.yml")
    assert status == 0, said


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_only_read_unless_a_job_says_more(path):
    assert yaml.safe_load(path.read_text("utf-8"))["permissions"] == {"contents": "read"}
    uses = re.findall(r"uses: *(\S+)", path.read_text("utf-8"))
    assert all(re.fullmatch(r"actions/[\w-]+@v\d+", action) for action in uses)


def test_every_system_runs_the_test_command_of_readme():
    (test_command,) = re.findall(r"^python3 -m venv .*-m (pytest .*)$", README, re.MULTILINE)
    jobs = commands("tests.yml")
    # .ci/run takes it from README itself.
    assert jobs["unix"][-1] == ".ci/run"
    assert f"-m {test_command} --ignore tests/test_binder.py" in jobs["windows"][-1]
    assert commands("newest.yml")["newest"][-1].endswith(f"-m {test_command}")


def test_the_site_is_published_by_the_command_of_contributing():
    (command,) = re.findall(r"-m sphinx .*", CONTRIBUTING)
    assert commands("site.yml")["build"][-1] == f"python {command}"


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


def test_publishing_sets_every_link_and_breaks_no_stored_output(tmp_path):
    tmp_path.joinpath("notebooks").mkdir()
    page, notes = tmp_path / "README.md", tmp_path / "notebooks" / "instructor_notes.md"
    page.write_bytes(README.encode("utf-8"))
    notes.write_bytes((ROOT / "notebooks" / notes.name).read_bytes())
    assert publish("a-first", "one", tmp_path) == [page, notes]
    binder = re.findall(r"mybinder.org/v2/gh/(.*?)/HEAD", page.read_text("utf-8"))
    assert set(binder) == {"a-first/one"}
    for link in [
        "git+https://github.com/a-first/one\n",
        "github.com%2Fa-first%2Fone&branch",
        "tree%2Fone%2Fnotebooks",
    ]:
        assert link in notes.read_text("utf-8")
    # A fork sets them once more; the second time there is nothing to do.
    assert publish("a-second", "one", tmp_path) == [page, notes]
    assert publish("a-second", "one", tmp_path) == []
    # The fingerprint is one of code and outputs: no link may stand there.
    for path in NOTEBOOKS:
        for cell, link in itertools.product(code_cells(read_notebook(path)), LINKS):
            assert not re.search(link, str(cell))
