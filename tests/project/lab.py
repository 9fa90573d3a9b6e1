"""Starts JupyterLab, for tests that ask its server or look at it in a browser."""

import contextlib
import re
import subprocess
import sys
import time
from pathlib import Path


@contextlib.contextmanager
def jupyter_lab(arguments, log, python=(sys.executable,), **options):
    """Runs `jupyter` with these arguments; gives the address that it prints to the log."""
    # The script beside that Python, as in README: it looks for `jupyter-lab` there first.
    command = [*python[:-1], str(Path(python[-1]).parent / "jupyter"), *arguments]
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
