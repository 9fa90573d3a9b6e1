"""Runs the tests where learners run the lessons; for a maintainer, before a release:

    python -m tests.release                       all tests in each environment, an hour or two
    python -m tests.release "3.13" "no network"   in those with one of these in their name
    python -m tests.release --quick -- tests/test_record.py notebooks/01*

What stands after `--` goes to pytest. Each environment has a fresh clone of the last commit and
a fresh venv; with `--quick` the clone uses this Python and its packages, whatever the
environment's own Python or TensorFlow would be. One line says of each whether it has passed,
failed, or cannot be run here. Other Pythons are taken from PATH.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tests.notebooks import COMMANDS, ROOT

READ_ONLY = 'mount --bind . "$PWD" && mount -o remount,ro,bind "$PWD" && cd "$PWD" && exec "$@"'


class Environment(NamedTuple):
    """Where the tests run.

    Attributes:
        python: The version of Python; "" for that of this script.
        package: What is installed in the place of tensorflow-cpu.
        inside: The command that runs another command there.
        folder: The name of the clone's folder.
        variables: Environment variables.
    """

    python: str = ""
    package: str = ""
    inside: tuple[str, ...] = ()
    folder: str = "lessons"
    variables: tuple[str, ...] = ()


ENVIRONMENTS = {
    "Python 3.11": Environment(python="3.11"),
    "Python 3.12": Environment(python="3.12"),
    "Python 3.13": Environment(python="3.13"),
    "tensorflow": Environment(package="tensorflow>=2.21,<2.22"),
    "one core": Environment(inside=("taskset", "--cpu-list", "0")),
    # Of data in each process: a limit of all memory together takes a control group.
    "2 GB": Environment(inside=("prlimit", f"--data={2 * 2**30}")),
    # Kernels talk to the tests over the loopback device.
    "no network": Environment(
        inside=("unshare", "-rn", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
    ),
    # The home is a new folder in all environments, and can be written.
    "read-only checkout": Environment(inside=("unshare", "-rm", "sh", "-c", READ_ONLY, "sh")),
    "spaces and umlauts": Environment(folder="Große Schritte, danach kleine"),
    # Without them, Python takes UTF-8 in the place of the C locale's ASCII.
    "C locale, ASCII": Environment(variables=("LC_ALL=C", "PYTHONUTF8=0", "PYTHONCOERCECLOCALE=0")),
}


class NotHereError(Exception):
    """An environment is not to be had on this machine."""


def run(command, **options):
    """Runs a command; gives the error code and what it has printed."""
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
        errors="replace", **options,
    )  # fmt: skip
    return done.returncode, done.stdout.strip()


def prepared(command, **options):
    """Runs what the tests need first."""
    try:
        code, printed = run(command, **options)
    except FileNotFoundError as problem:
        raise NotHereError(f"{problem.filename} is not installed") from problem
    if code:
        raise NotHereError(printed.splitlines()[-1] if printed else f"{command[0]} fails")


def new_venv(environment, clone):
    """Installs the lessons as README does; gives the venv's Python."""
    python = sys.executable
    if environment.python:
        python = shutil.which(f"python{environment.python}")
        if not python:
            raise NotHereError(f"there is no python{environment.python} in PATH")
    prepared([python, "-m", "venv", ".venv"], cwd=clone)
    python = clone / ".venv" / "bin" / "python"
    prepared([python, "-m", "pip", "install", "-q", "-e", ".[tests]"], cwd=clone)
    if environment.package:
        prepared([python, "-m", "pip", "uninstall", "-q", "-y", "tensorflow-cpu"], cwd=clone)
        # Both have the same files, so what is there must be written again.
        prepared([python, "-m", "pip", "install", "-q", environment.package], cwd=clone)
    return python


def tested(environment, parts, quick):
    """Runs tests in an environment; gives what pytest has to say."""
    with tempfile.TemporaryDirectory() as folder:
        clone, home = Path(folder, environment.folder), Path(folder, "home")
        home.mkdir()
        prepared(["git", "clone", "-q", ROOT, clone])
        prepared([*environment.inside, "true"], cwd=clone)
        python = sys.executable if quick else new_venv(environment, clone)
        variables = dict(text.split("=", 1) for text in environment.variables)
        variables |= {"HOME": str(home), "PYTHONPATH": str(clone)}
        words = COMMANDS[1][-1]
        options = words[words.index("pytest") + 1 :]
        command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, *parts]
        return run([*environment.inside, *command], cwd=clone, env=os.environ | variables)


def main(arguments):
    wanted, parts = arguments, []
    if "--" in arguments:
        where = arguments.index("--")
        wanted, parts = arguments[:where], arguments[where + 1 :]
    quick = "--quick" in wanted
    wanted = [text for text in wanted if text != "--quick"]
    failed = False
    for name, environment in ENVIRONMENTS.items():
        if wanted and not any(text in name for text in wanted):
            continue
        start = time.perf_counter()
        try:
            code, printed = tested(environment, parts, quick)
        except NotHereError as problem:
            print(f"{name}: cannot be run here: {problem}", flush=True)
            continue
        failed |= bool(code)
        lines = printed.splitlines()
        what = [line for line in lines if line.startswith(("FAILED", "ERROR"))] if code else []
        verdict = "failed" if code else "passed"
        seconds = time.perf_counter() - start
        print(f"{name}: {verdict} in {seconds:.0f} s: {lines[-1].strip('= ')}", *what, sep="\n  ")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
