"""Binder builds the environment that the lock describes."""

import os
import re

from tests.notebooks import ROOT

BINDER = ROOT / "binder"


def test_contributing_makes_the_lock_for_binders_python():
    python = BINDER.joinpath("runtime.txt").read_text().strip().removeprefix("python-")
    (command,) = re.findall(r".*uv pip compile.*", ROOT.joinpath("CONTRIBUTING.md").read_text())
    assert "--python-platform linux " in command
    assert command.endswith(f" {python} requirements.txt -o binder/requirements.txt")


def test_the_lock_is_flat_so_that_binder_installs_it_before_it_copies_the_lessons():
    for line in BINDER.joinpath("requirements.txt").read_text().splitlines():
        assert re.fullmatch(r"[\w.-]+==[\w.+-]+( ;.*)?", line), line
    assert os.access(BINDER / "postBuild", os.X_OK)
