"""Starts JupyterLab, for tests that ask its server or look at it in a browser."""

import contextlib
import os
import re
import subprocess
import sys
import time
from pathlib import Path


@contextlib.contextmanager
def jupyter_lab(arguments, log, python=(sys.executable,), **options):
    """Runs `jupyter` with these arguments; gives the address that it prints to the log."""
    command = [*python, "-m", "jupyter", *arguments]
    # It looks for `jupyter-lab` in PATH, and that of another environment may come first.
    path = os.pathsep.join([str(Path(python[-1]).parent), os.environ["PATH"]])
    options["env"] = options.get("env", os.environ) | {"PATH": path}
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, **options)
    try:
        address = None
        deadline = time.monotonic() + 60
        while address is None and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.2)
            address = re.search(r"http://127\.0\.0\.1:\d+/lab\S+", log.read_text())
        assert address, log.read_text()
        yield address.group()
    finally:
        process.terminate()
        process.wait(timeout=90)
