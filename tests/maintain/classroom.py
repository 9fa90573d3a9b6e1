"""Measures a class on one server: a JupyterHub whose learners all run lesson 3 at once.

    python -m tests.maintain.classroom          1 learner, then 8, then 20
    python -m tests.maintain.classroom 5 10     1 learner, then 5, then 10

Each learner has a server, and in it a kernel that runs the lesson cell by cell. Prints memory
and times of each class, and ends with an error if a cell fails. Memory is PSS: a page that
several processes share counts in equal parts for each, so the figures of learners add up.
CONTRIBUTING.md says what to install for this.
"""

import asyncio
import contextlib
import os
import secrets
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.notebooks import LESSONS, ROOT, code_cells, read_notebook
import httpx
import pandas as pd
import psutil
from jupyter_client import AsyncKernelClient
from jupyterhub.utils import random_port

LESSON = LESSONS[2]
MEGABYTES_LEFT_FREE = 6000
SECONDS_TO_START, SECONDS_PER_CELL = 300, 900
CONFIG = """\
c.JupyterHub.bind_url = "http://127.0.0.1:{}"
c.JupyterHub.hub_port = {}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{}"
c.JupyterHub.db_url = "sqlite:///:memory:"
# Nobody may log in; this program's own token makes the users and opens their servers.
c.JupyterHub.authenticator_class = "dummy"
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = "{folder}/{{username}}"
c.Spawner.cmd = ["{python}", "-m", "jupyterhub.singleuser"]
# Only matters to root, as in a container.
c.Spawner.args = ["--allow-root"]
c.Spawner.environment = {{"PYTHONPATH": "{root}"}}
c.Spawner.start_timeout = c.Spawner.http_timeout = {seconds}
# A request for a server is answered when the server is ready.
c.JupyterHub.tornado_settings = {{"slow_spawn_timeout": {seconds}}}
c.JupyterHub.services = [{{"name": "teacher", "api_token": "{token}"}}]
scopes = ["admin:users", "admin:servers", "access:servers"]
c.JupyterHub.load_roles = [{{"name": "teacher", "scopes": scopes, "services": ["teacher"]}}]
"""


@dataclass
class Learner:
    """One learner, and what is measured of them: memory in MB, times in seconds."""

    name: str
    server: psutil.Process | None = None
    kernel: AsyncKernelClient | None = None
    idle: float = 0
    peak: float = 0
    seconds: float = 0
    failed: int = 0

    def look(self):
        """Notes the largest memory seen of server and kernel; gives that of now."""
        now = megabytes([self.server, *self.server.children(recursive=True)])
        self.peak = max(self.peak, now)
        return now


def megabytes(processes):
    total = 0
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            total += process.memory_full_info().pss / 2**20
    return total


@contextlib.asynccontextmanager
async def running_hub(folder):
    """Starts a hub; gives its process and a client that may do what an administrator may."""
    ports, token = [random_port() for _ in range(3)], secrets.token_hex(16)
    names = {"folder": folder, "python": sys.executable, "root": ROOT, "token": token}
    (folder / "config.py").write_text(CONFIG.format(*ports, **names, seconds=SECONDS_TO_START))
    words = [sys.executable, "-m", "jupyterhub", "-f", "config.py"]
    with (log := folder / "hub.log").open("w") as output:
        # In a session of its own, so that Ctrl-C reaches this program alone, which then cleans up.
        options = {"stdout": output, "stderr": output, "start_new_session": True}
        hub = psutil.Popen(words, cwd=folder, **options)
    address, headers = f"http://127.0.0.1:{ports[0]}", {"Authorization": f"token {token}"}
    client = httpx.AsyncClient(base_url=address, headers=headers, timeout=SECONDS_TO_START)

    async def answers():
        with contextlib.suppress(httpx.TransportError):
            return (await client.get("/hub/api/")).is_success

    try:
        async with asyncio.timeout(SECONDS_TO_START):
            while not await answers():
                await asyncio.sleep(0.5)
        yield hub, client
    except (httpx.HTTPError, TimeoutError) as error:
        sys.exit(f"{log.read_text()[-3000:]}\nThe hub did not do what was asked ({error!r}).")
    finally:
        # It ends its servers and kernels; what is left of them is killed.
        everything = [*hub.children(recursive=True), hub]
        hub.terminate()
        for process in psutil.wait_procs(everything, timeout=60)[1]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


async def open_lesson(learner, home, client):
    """Starts a learner's server, opens the lesson there, and waits for its kernel."""
    user, own = f"/hub/api/users/{learner.name}", f"/user/{learner.name}"
    home.mkdir()
    shutil.copy(LESSON, home)
    (await client.post(user)).raise_for_status()
    (await client.post(f"{user}/server")).raise_for_status()
    servers = (await client.get(user)).json()["servers"]
    learner.server = psutil.Process(servers[""]["state"]["pid"])
    for part in (f"lab/tree/{LESSON.name}", f"api/contents/{LESSON.name}"):
        (await client.get(f"{own}/{part}")).raise_for_status()
    session = {"path": LESSON.name, "name": LESSON.name, "type": "notebook", "kernel": {}}
    answer = (await client.post(f"{own}/api/sessions", json=session)).raise_for_status()
    (file,) = home.rglob(f"kernel-{answer.json()['kernel']['id']}.json")
    learner.kernel = AsyncKernelClient(connection_file=str(file))
    learner.kernel.load_connection_file()
    # Without a heartbeat: while many kernels start, a busy one would be taken for a dead one.
    learner.kernel.start_channels(hb=False)
    await learner.kernel.wait_for_ready(timeout=SECONDS_TO_START)


async def run_lesson(learner):
    """Runs all cells; a failed one does not keep the others from running."""
    start = time.perf_counter()
    for cell in code_cells(read_notebook(LESSON)):
        options = {"output_hook": lambda _: None, "timeout": SECONDS_PER_CELL}
        reply = await learner.kernel.execute_interactive(cell.source, **options)
        if (status := reply["content"]["status"]) != "ok":
            learner.failed += 1
            print(f"  {learner.name}, {cell.id}: {status}", flush=True)
    learner.seconds = time.perf_counter() - start
    learner.kernel.stop_channels()


async def measure(count):
    """Runs a class on a hub of its own; gives its learners, and the MB of the hub."""
    learners, most = [Learner(f"learner{number:02}") for number in range(1, count + 1)], 0
    with tempfile.TemporaryDirectory(prefix="classroom-") as name:
        async with running_hub(Path(name)) as (hub, client):
            opening = (open_lesson(each, Path(name, each.name), client) for each in learners)
            await asyncio.gather(*opening)
            for learner in learners:
                learner.idle = learner.look()
            servers = [learner.server for learner in learners]
            running = asyncio.gather(*map(run_lesson, learners))
            while not running.done():
                # In a thread, because reading the memory of many processes takes a while.
                for learner in learners:
                    await asyncio.to_thread(learner.look)
                others = [process for process in hub.children() if process not in servers]
                most = max(most, megabytes([hub, *others]))
                await asyncio.sleep(1)
            await running
    return learners, most


async def main(counts):
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before the start", flush=True)
    failed, alone = 0, None
    for count in [1, *counts]:
        room = psutil.virtual_memory().available / 2**20 - MEGABYTES_LEFT_FREE
        if alone and count * alone.peak > room:
            return f"Memory suffices for {room / alone.peak:.0f} learners, not for {count}."
        learners, hub = await measure(count)
        alone = alone or learners[0]
        table = pd.DataFrame(map(vars, learners)).drop(columns=["name", "server", "kernel"])
        table["times_as_long_as_alone"] = table["seconds"] / alone.seconds
        print(f"\n{count} at once run {LESSON.name}: seconds, and MB; the hub takes {hub:.0f} MB")
        print(table.agg(["median", "max"]).T.round(1), flush=True)
        failed += table["failed"].sum()
    return f"failed cells: {failed}" if failed else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main([int(text) for text in sys.argv[1:]] or [8, 20])))
