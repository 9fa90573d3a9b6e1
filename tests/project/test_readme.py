"""What README promises."""

import json
import urllib.request

from tests.maintain.store import FIGURE, story_figure
from tests.notebooks import LESSONS, ROOT, command, read_notebook
from tests.project.browser import jupyter_lab
import pytest

README = (ROOT / "README.md").read_text("utf-8")


def test_one_command_opens_a_lesson_and_one_runs_the_tests():
    venv, install, start = command("start")
    assert start[:2] == [".venv/bin/jupyter", "lab"]
    assert command("test")[:2] == [venv, [*install[:-1], '".[tests]"']]
    # Windows has the same options, but for the one that matters to root.
    options = [word for word in start[2:] if word != "--allow-root"]
    assert " ".join([r".venv\Scripts\jupyter lab", *options]) in README


def test_the_figure_is_the_one_that_lesson_3_draws():
    assert FIGURE.relative_to(ROOT).as_posix() in README
    same = FIGURE.read_bytes() == story_figure(read_notebook(LESSONS[2]))
    assert same, "run python -m tests.maintain.store 03"


def test_the_first_command_opens_the_first_lesson_behind_a_token_and_asks_no_question(tmp_path):
    with jupyter_lab(tmp_path / "log") as (host, page, token):
        assert page == f"lab/tree/notebooks/{LESSONS[0].name}"
        contents = f"{host}/api/contents/notebooks/{LESSONS[0].name}?content=0"
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(contents)
        file = json.load(urllib.request.urlopen(f"{contents}&token={token}"))
        assert file["type"] == "notebook"
        news = f"{host}/lab/api/settings/@jupyterlab/apputils-extension:notification?token={token}"
        schema = json.load(urllib.request.urlopen(news))["schema"]["properties"]["fetchNews"]
        assert schema["default"] == "false"
