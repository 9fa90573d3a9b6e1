"""Binder builds the environment that the lock describes."""

import os
import re
import subprocess
import sys

from tests.notebooks import ROOT

PYTHON = ROOT.joinpath("binder", "runtime.txt").read_text().strip().removeprefix("python-")


def test_contributing_makes_the_lock_for_binders_python():
    (command,) = re.findall(r".*uv pip compile.*", ROOT.joinpath("CONTRIBUTING.md").read_text())
    assert "--python-platform linux " in command
    assert command.endswith(f" {PYTHON} requirements.txt -o binder/requirements.txt")


def test_binder_installs_the_lock_for_its_python_before_it_copies_the_sources():
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug", "."]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    # File names in it are escaped: "-2e" is a dot, "-2d" a dash.
    dockerfile = (run.stderr + run.stdout).replace("-2e", ".").replace("-2d", "-")
    assert f"environment.py-{PYTHON}-linux" in dockerfile
    install = re.search(r'pip install .*-r "?binder/requirements.txt', dockerfile).start()
    assert install < re.search(r"COPY .*src/ \$\{REPO_DIR\}", dockerfile).start()
    assert "binder/postBuild" in dockerfile
    assert os.access(ROOT / "binder" / "postBuild", os.X_OK)
