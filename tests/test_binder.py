"""Binder builds the environment that the lock describes."""

import importlib.metadata
import os
import re
import subprocess
import sys

from tests.lessons import ROOT
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

BINDER = ROOT / "binder"
PYTHON = BINDER.joinpath("runtime.txt").read_text().strip().removeprefix("python-")
# What Binder runs on, for the conditions in requirements.
MACHINE = {
    "python_version": PYTHON,
    "python_full_version": f"{PYTHON}.0",
    "sys_platform": "linux",
    "platform_system": "Linux",
    "platform_machine": "x86_64",
    "os_name": "posix",
    "platform_python_implementation": "CPython",
    "implementation_name": "cpython",
}


def listed(path):
    lines = (line.split("#")[0].strip() for line in path.read_text().splitlines())
    return [line for line in lines if line]


@pytest.fixture(scope="module")
def lock():
    pins = (line.split("==") for line in listed(BINDER / "requirements.txt"))
    return {canonicalize_name(name): version for name, version in pins}


@pytest.fixture(scope="module")
def wanted():
    lines = listed(ROOT / "requirements.txt")
    assert lines.pop() == "-e ."
    requirements = map(Requirement, lines)
    return [one for one in requirements if not one.marker or one.marker.evaluate(MACHINE)]


def test_the_lock_is_flat_and_exact():
    for line in listed(BINDER / "requirements.txt"):
        assert re.fullmatch(r"[\w.-]+==[\w.+!]+", line), line


def test_the_lock_has_what_requirements_ask_for(lock, wanted):
    for requirement in wanted:
        version = lock[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), requirement


def test_the_lock_has_what_the_requirements_need_themselves(lock, wanted):
    waiting, seen = list(wanted), set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        assert name in lock, f"{name} is needed and not locked"
        key = (name, frozenset(requirement.extras))
        if key in seen:
            continue
        seen.add(key)
        try:
            needs = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue  # Needed on Binder's machine only, not on this one.
        for need in map(Requirement, needs):
            extras = requirement.extras or {""}
            if not need.marker or any(need.marker.evaluate(MACHINE | {"extra": e}) for e in extras):
                waiting.append(need)


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


def test_binder_runs_post_build_and_start(dockerfile):
    assert "binder/postBuild" in dockerfile
    assert "binder/start" in dockerfile
    for script in ("postBuild", "start"):
        assert os.access(BINDER / script, os.X_OK)


def test_post_build_fails_when_a_line_of_it_fails():
    assert "\nset -e\n" in (BINDER / "postBuild").read_text()


def test_start_silences_tensorflow_and_hands_over_to_the_given_command():
    command = [BINDER / "start", sys.executable, "-c", "import tensorflow; print('ready', 1 + 1)"]
    quiet = {"TF_CPP_MIN_LOG_LEVEL", "TF_ENABLE_ONEDNN_OPTS"}
    environment = {name: value for name, value in os.environ.items() if name not in quiet}
    run = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert (run.returncode, run.stdout, run.stderr) == (0, "ready 2\n", "")
