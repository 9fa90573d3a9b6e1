"""Binder builds the environment that the lock describes."""

import json
import os
import re
import subprocess
import sys
import tomllib

from tests.notebooks import ROOT
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

BINDER = ROOT / "binder"
PYTHON = BINDER.joinpath("runtime.txt").read_text().strip().removeprefix("python-")
# What Binder runs on, for the conditions in requirements.
MACHINE = {"python_version": PYTHON, "sys_platform": "linux", "platform_machine": "x86_64"}


@pytest.fixture(scope="module")
def lock():
    pins = (line.split("==") for line in BINDER.joinpath("requirements.txt").read_text().split())
    return {canonicalize_name(name): version for name, version in pins}


def test_the_lock_is_flat_and_exact():
    # Also without -r, -c and -e: then Binder installs it before it copies the sources.
    for line in BINDER.joinpath("requirements.txt").read_text().splitlines():
        assert re.fullmatch(r"[\w.-]+==[\w.+!]+", line), line


def test_the_lock_has_what_requirements_ask_for(lock):
    lines = ROOT.joinpath("requirements.txt").read_text().splitlines()
    wanted = [Requirement(line) for line in lines if line and not line.startswith("#")]
    for requirement in wanted:
        if not requirement.marker or requirement.marker.evaluate(MACHINE):
            version = lock[canonicalize_name(requirement.name)]
            assert requirement.specifier.contains(version), requirement


def test_the_lock_has_nothing_that_only_the_tests_need(lock):
    project = tomllib.loads(ROOT.joinpath("pyproject.toml").read_text())["project"]
    named = {Requirement(line).name for line in project["optional-dependencies"]["tests"]}
    # docker comes with jupyter-repo2docker.
    assert not {*named, "docker"} & lock.keys()


def test_contributing_makes_the_lock_for_binders_python():
    (command,) = re.findall(r".*uv pip compile.*", ROOT.joinpath("CONTRIBUTING.md").read_text())
    assert "--python-platform linux " in command
    assert command.endswith(f" {PYTHON} requirements.txt -o binder/requirements.txt")


@pytest.fixture(scope="module")
def dockerfile():
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug", "."]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    # File names in it are escaped: "-2e" is a dot, "-2d" a dash.
    return (run.stderr + run.stdout).replace("-2e", ".").replace("-2d", "-")


def test_binder_takes_the_pinned_python(dockerfile):
    assert f"environment.py-{PYTHON}-linux" in dockerfile


def test_binder_installs_the_lock_before_it_copies_the_sources(dockerfile):
    install = re.search(r'pip install .*-r "?binder/requirements.txt', dockerfile)
    copy = re.search(r"COPY .*src/ ", dockerfile[install.end() :])
    assert copy
    assert not re.search(r"COPY .*src/ \$\{REPO_DIR\}", dockerfile[: install.start()])


def test_binder_runs_post_build(dockerfile):
    assert "binder/postBuild" in dockerfile
    assert os.access(BINDER / "postBuild", os.X_OK)


@pytest.mark.parametrize("status", [0, 1])
def test_post_build_succeeds_if_and_only_if_its_python_does(status, tmp_path):
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\nexit {status}\n")
    python.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "HOME": str(tmp_path)}
    run = subprocess.run([BINDER / "postBuild"], env=environment)
    assert run.returncode == status
    (settings,) = tmp_path.rglob("notification.jupyterlab-settings") if not status else [None]
    assert status or json.loads(settings.read_text()) == {"fetchNews": "false"}
