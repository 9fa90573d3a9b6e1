"""JupyterLab in a real browser: to test the lessons in it, and to take pictures of it."""

import contextlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.notebooks import ROOT, command
from playwright.sync_api import sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
# A machine like Binder's, where Linux can make one: one core, and 2 GB for a process.
SMALL = [sys.executable]
if shutil.which("prlimit"):
    SMALL = ["taskset", "-c", "0", "prlimit", f"--data={2 * 2**30}", *SMALL]
SECOND = 1000
# All cells must be on the page, so that they can be looked for.
SETTINGS = {"@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"}}
SETTINGS |= json.loads((ROOT / "binder" / "overrides.json").read_text())


@contextlib.contextmanager
def jupyter_lab(log, *options, python=(sys.executable,), folder=ROOT):
    """Starts JupyterLab with the options of README; gives host, page, and token."""
    # On Windows, to end the script `jupyter` wouldn't end what it starts.
    own = [word for word in command("start")[-1][2:] if word.split("=")[0] not in str(options)]
    words = [*python, "-m", "jupyterlab", *own, "--no-browser", "--port=0"]
    with log.open("w") as output:
        process = subprocess.Popen([*words, *options], cwd=folder, stdout=output, stderr=output)
    deadline, shown = time.monotonic() + 60, r"(http://127\.0\.0\.1:\d+)/(lab\S*)\?token=(\w+)"
    try:
        while (address := re.search(shown, log.read_text())) is None:
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
        yield address.groups()
    finally:
        process.terminate()
        process.wait(timeout=90)


@contextlib.contextmanager
def server(python=(sys.executable,)):
    """Starts JupyterLab on a copy of the notebooks; gives what `jupyter_lab` does."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "notebooks", Path(folder, "notebooks"))
        Path(folder, "overrides.json").write_text(json.dumps(SETTINGS))
        options = [f"--LabApp.{name}_dir={folder}" for name in ("app_settings", "workspaces")]
        options += ["--LabApp.expose_app_in_browser=True"]
        with jupyter_lab(Path(folder, "log"), *options, python=python, folder=folder) as address:
            yield address


@contextlib.contextmanager
def chromium():
    """Starts the browser."""
    with sync_playwright() as driver:
        # In a container root has no sandbox for it.
        yield driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])


class Lesson:
    """A lesson in JupyterLab, as its reader handles it."""

    def __init__(self, browser, server, stem, **options):
        host, _, token = server
        self.page = browser.new_page(**{"viewport": {"width": 1200, "height": 900}} | options)
        self.page.set_default_timeout(60 * SECOND)
        self.page.goto(f"{host}/lab/tree/notebooks/{stem}.ipynb?token={token}&reset")
        self.page.wait_for_selector(".jp-NotebookPanel .jp-CodeCell")
        self.page.wait_for_selector("text=Python 3 (ipykernel) | Idle")

    def command(self, name):
        self.page.evaluate("name => { window.jupyterapp.commands.execute(name) }", name)

    def cell(self, start):
        """The code cell whose text has this in it."""
        return self.page.locator(".jp-CodeCell").filter(has_text=start).first

    def write(self, start, text):
        """Replaces the text of a cell by another one, as if typed in."""
        self.cell(start).locator(".cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(text)

    def run(self, start):
        """Runs one cell; it is busy when this returns."""
        self.cell(start).locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")
        self.page.wait_for_timeout(SECOND / 5)

    def wait_until_idle(self, seconds=120):
        idle = ".jp-Notebook-ExecutionIndicator[data-status=idle]"
        self.page.wait_for_selector(idle, state="attached", timeout=seconds * SECOND)
