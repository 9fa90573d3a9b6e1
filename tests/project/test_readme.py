"""What README promises."""

import json
import os
import re
import urllib.request

from tests.project.lab import jupyter_lab
from tests.notebooks import COMMANDS, ROOT, read_notebook
from tests.maintain.store import FIGURE, story_figure
import pytest

README = (ROOT / "README.md").read_text("utf-8")


def test_one_command_opens_a_lesson_and_one_runs_the_tests():
    first, second = COMMANDS
    install = [".venv/bin/python", "-m", "pip", "install", "-e"]
    assert first[1] == [*install, "."]
    assert second[1] == [*install, '".[tests]"']
    assert second[2][:3] == [".venv/bin/python", "-m", "pytest"]


def test_the_figure_is_the_one_that_lesson_3_draws():
    (path,) = (ROOT / "notebooks").glob("03_*.ipynb")
    assert FIGURE.relative_to(ROOT).as_posix() in README
    # pytest would take minutes to explain how two pictures differ.
    same = FIGURE.read_bytes() == story_figure(read_notebook(path))
    assert same, "run python -m tests.maintain.store 03"


@pytest.fixture
def jupyter(tmp_path):
    """Starts what the first command starts, without a display; gives what it prints."""
    words = COMMANDS[0][-1]
    assert words[:2] == [".venv/bin/jupyter", "lab"]
    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    environment["JUPYTER_RUNTIME_DIR"] = str(tmp_path)
    arguments = [*words[1:], "--ServerApp.port=0"]
    with jupyter_lab(arguments, tmp_path / "log", cwd=ROOT, env=environment) as address:
        yield address


def test_the_first_command_opens_the_first_lesson_behind_a_token(jupyter):
    assert "/lab/tree/notebooks/01_high_learning_rate.ipynb?token=" in jupyter
    host, token = re.match(r"(http://[^/]+).*token=(\w+)", jupyter).groups()
    contents = f"{host}/api/contents/notebooks/01_high_learning_rate.ipynb?content=0"
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(contents)
    request = urllib.request.Request(contents, headers={"Authorization": f"token {token}"})
    assert json.load(urllib.request.urlopen(request))["type"] == "notebook"
