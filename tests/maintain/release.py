"""Runs the tests where learners run the lessons; for a maintainer, before a release:

    python -m tests.maintain.release                       everywhere: an hour or two
    python -m tests.maintain.release "3.13" "no network"   where one of these is in the name

Each environment has a fresh clone of the last commit and a fresh venv. One line says of each
whether it has passed, failed, or can't be run here. Other Pythons are taken from PATH.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.notebooks import LESSONS, ROOT, command

README = "install -e .[tests]"
# About the oldest versions that the lessons run with. They're installed as README says for an
# environment with a TensorFlow, and the kernels, in notebooks/, import what's installed.
COLAB = "install tensorflow-cpu==2.18.1 keras==3.8.0 ipython==7.34.0 ipykernel<7 pandas<3"
COLAB += " matplotlib ipywidgets nbval pytest-xdist"
CORE = tuple(path.relative_to(ROOT) for path in LESSONS[:3])
LOOPBACK = 'ip link set lo up && exec "$@"'
READ_ONLY = 'mount --bind . "$PWD" && mount -o remount,ro,bind "$PWD" && cd "$PWD" && exec "$@"'


class Environment(NamedTuple):
    """Where the tests run; by default as README says, and all tests."""

    python: str = sys.executable
    pip: tuple[str, ...] = (README,)
    tests: tuple[Path, ...] = ()
    # The command that runs another command there.
    inside: tuple[str, ...] = ()
    # The name of the clone's folder.
    folder: str = "lessons"


ENVIRONMENTS = {
    "Python 3.11": Environment("python3.11"),
    "Python 3.12": Environment("python3.12"),
    "Python 3.13": Environment("python3.13"),
    # Both have the same files, so the one must go first.
    "tensorflow": Environment(
        pip=(README, "uninstall -y tensorflow-cpu", "install tensorflow<2.22")
    ),
    "Colab": Environment("python3.11", (COLAB, "install --no-deps ."), tests=CORE),
    "one core": Environment(inside=("taskset", "--cpu-list", "0")),
    # Kernels talk to the tests over the loopback device.
    "no network": Environment(inside=("unshare", "-rn", "sh", "-c", LOOPBACK, "sh")),
    # The home is a new folder in all environments, and can be written.
    "read-only checkout": Environment(inside=("unshare", "-rm", "sh", "-c", READ_ONLY, "sh")),
    "spaces and umlauts": Environment(folder="Große Schritte, danach kleine"),
}


def run(words, *, check=True, **options):
    """Runs a command; gives its error code, and what it has printed."""
    options |= {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "errors": "replace"}
    return subprocess.run(words, check=check, encoding="utf-8", **options)


def tested(environment):
    """Runs tests in an environment; gives pytest's error code and lines."""
    with tempfile.TemporaryDirectory() as folder:
        clone, home = Path(folder, environment.folder), Path(folder, "home")
        home.mkdir()
        run(["git", "clone", "-q", ROOT, clone])
        run([*environment.inside, "true"], cwd=clone)
        run([environment.python, "-m", "venv", ".venv"], cwd=clone)
        python = clone / ".venv" / "bin" / "python"
        for words in environment.pip:
            run([python, "-m", "pip", *words.split(), "-q"], cwd=clone)
        words = [python, *command("test")[-1][1:], "-q", "-p", "no:cacheprovider"]
        words += ["-m", "slow or not slow", *environment.tests]
        options = {"cwd": clone, "env": os.environ | {"HOME": str(home)}}
        done = run([*environment.inside, *words], check=False, **options)
        return done.returncode, done.stdout.strip().splitlines()


def main(names):
    failed = False
    for name, environment in ENVIRONMENTS.items():
        if names and not any(text in name for text in names):
            continue
        try:
            code, lines = tested(environment)
        except (OSError, subprocess.CalledProcessError) as problem:
            said = (getattr(problem, "stdout", "") or "").strip().splitlines()
            print(f"{name}: cannot be run here: {(said or [problem])[-1]}", flush=True)
            continue
        failed |= bool(code)
        what = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
        verdict = "failed" if code else "passed"
        print(f"{name}: {verdict}: {lines[-1].strip('= ')}", *what, sep="\n  ", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
