"""JupyterLab in a real browser: to test the lessons in it, and to take pictures of it."""

import contextlib
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

from tests.project.lab import jupyter_lab
from tests.notebooks import COMMANDS, ROOT
from playwright.sync_api import sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SECOND = 1000
# All cells must be on the page, so that they can be looked for.
SETTINGS = """\
{"@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
 "@jupyterlab/apputils-extension:notification": {"fetchNews": "false"}}"""


@contextlib.contextmanager
def server(python=(sys.executable,)):
    """Starts JupyterLab as README does, on a copy of the notebooks; gives address and token."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / "notebooks", folder / "notebooks")
        folder.joinpath("settings").mkdir()
        folder.joinpath("settings", "overrides.json").write_text(SETTINGS)
        options = [f"--ServerApp.root_dir={folder}", f"--LabApp.app_settings_dir={folder}/settings"]
        options += [f"--LabApp.workspaces_dir={folder}", "--LabApp.expose_app_in_browser=True"]
        # README's own command, but for the browser that a test brings with it.
        arguments = [*COMMANDS[0][-1][1:], "--no-browser", "--port=0", *options]
        with jupyter_lab(arguments, folder / "log", python) as address:
            yield re.match(r"(http://[^/]+)/lab\S*?\?token=(\w+)", address).groups()


@contextlib.contextmanager
def small_machine():
    """Gives a command that starts Python as Binder's machine does: one core, 2 GB.

    The memory is limited where this process may make a control group. Python is that of
    LOCK_PYTHON, if this names one in which Binder's lock is installed.
    """
    start = [*("taskset", "-c", "0"), os.environ.get("LOCK_PYTHON", sys.executable)]
    old = Path("/sys/fs/cgroup/memory")  # Where the kernel still has the first version of them.
    group = (old if old.is_dir() else old.parent) / f"lessons-{os.getpid()}"
    limit = "memory.limit_in_bytes" if old.is_dir() else "memory.max"
    try:
        group.mkdir()
        group.joinpath(limit).write_text(str(2 * 1024**3))
    except OSError:
        yield start
        return
    yield ["sh", "-c", f'echo $$ > {group}/cgroup.procs && exec "$@"', "sh", *start]
    group.rmdir()


@contextlib.contextmanager
def chromium():
    """Starts the browser."""
    with sync_playwright() as driver:
        # In a container root has no sandbox for it.
        yield driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])


class Lesson:
    """A lesson in JupyterLab, as its reader handles it."""

    def __init__(self, browser, server, stem, **options):
        host, token = server
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
        self.page.wait_for_selector(
            ".jp-Notebook-ExecutionIndicator[data-status=idle]",
            state="attached",
            timeout=seconds * SECOND,
        )
