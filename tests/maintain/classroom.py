"""Measures a class on one server: a JupyterHub whose learners all run lesson 3 at once.

    python -m tests.maintain.classroom          1 learner, then 8, then 20
    python -m tests.maintain.classroom 5 10     1 learner, then 5, then 10

Each learner has a server of their own, and in it a kernel that runs a copy of the lesson cell
by cell, over HTTP and a websocket, as a browser does. Prints memory and times of each class.
Ends with an error if a cell fails. Everything that it starts and writes is gone afterwards.

Memory is PSS: a page that several processes share counts in equal parts for each. So the
learners' figures add up to what the machine needs. Times depend on the machine and on what
else runs there: compare them with those of the one learner.
"""

import asyncio
import contextlib
import json
import os
import secrets
import shutil
import signal
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

from tests.notebooks import LESSONS, ROOT, code_cells, read_notebook
import httpx
import psutil
from jupyter_client.jsonutil import json_default
from jupyter_client.session import Session
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

LESSON = LESSONS[2]
MEGABYTES_LEFT_FREE = 6000
# For the size of a server: what its system takes, what learners may need beyond what was
# measured (TLJH advises 20 to 40 percent), and how many of them share a core.
MEGABYTES_OF_SYSTEM, ROOM_TO_PLAY, LEARNERS_PER_CORE = 1000, 1.4, 4
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
c.JupyterHub.services = [{{"name": "teacher", "api_token": "{token}"}}]
scopes = ["admin:users", "admin:servers", "access:servers"]
c.JupyterHub.load_roles = [{{"name": "teacher", "scopes": scopes, "services": ["teacher"]}}]
"""


@dataclass
class Learner:
    """One learner and what is measured of them: memory in MB, times in seconds."""

    name: str
    server: psutil.Process | None = None
    socket: object = None
    idle: float = 0
    peak: float = 0
    seconds: float = 0
    processor_seconds: float = 0
    failed: int = 0

    def processes(self):
        return [self.server, *self.server.children(recursive=True)]

    def look(self):
        """Notes the largest memory seen; gives that of now."""
        now = sum(map(megabytes, self.processes()))
        self.peak = max(self.peak, now)
        return now

    def processor(self):
        times = [process.cpu_times() for process in self.processes()]
        return sum(each.user + each.system for each in times)


def megabytes(process):
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.memory_full_info().pss / 2**20
    return 0


async def until(condition):
    async with asyncio.timeout(SECONDS_TO_START):
        while not await condition():
            await asyncio.sleep(0.5)


@contextlib.asynccontextmanager
async def running_hub(folder):
    """Starts a hub; gives its process and a client that may do what an administrator may."""
    from jupyterhub.utils import random_port

    ports, token = [random_port() for _ in range(3)], secrets.token_hex(16)
    names = {"folder": folder, "python": sys.executable, "root": ROOT, "seconds": SECONDS_TO_START}
    (folder / "config.py").write_text(CONFIG.format(*ports, **names, token=token))
    log = folder / "hub.log"
    words = [sys.executable, "-m", "jupyterhub", "-f", "config.py"]
    with log.open("w") as output:
        # In a session of its own, so that Ctrl-C reaches this program alone, which then cleans up.
        options = {"stdout": output, "stderr": output, "start_new_session": True}
        hub = psutil.Popen(words, cwd=folder, **options)
    client = httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{ports[0]}",
        headers={"Authorization": f"token {token}"},
        timeout=SECONDS_TO_START,
    )

    async def answers():
        with contextlib.suppress(httpx.TransportError):
            return (await client.get("/hub/api/")).is_success

    try:
        await until(answers)
        yield hub, client
    except (httpx.HTTPError, TimeoutError) as error:
        print(log.read_text()[-3000:], file=sys.stderr)
        sys.exit(f"The hub did not do what was asked ({error!r}); above are its last lines.")
    finally:
        # It ends its servers and kernels; what is left of them is killed.
        everything = [*hub.children(recursive=True), hub]
        hub.terminate()
        for process in psutil.wait_procs(everything, timeout=60)[1]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


async def open_lesson(learner, client):
    """Starts a learner's server, opens their copy of the lesson, and waits for its kernel."""
    user, own = f"/hub/api/users/{learner.name}", f"/user/{learner.name}"
    (await client.post(f"{user}/server")).raise_for_status()

    async def ready():
        server = (await client.get(user)).json()["servers"].get("", {})
        if server.get("ready"):
            learner.server = psutil.Process(server["state"]["pid"])
        return learner.server

    await until(ready)
    for part in (f"lab/tree/{LESSON.name}", f"api/contents/{LESSON.name}"):
        (await client.get(f"{own}/{part}")).raise_for_status()
    session = {"path": LESSON.name, "name": LESSON.name, "type": "notebook", "kernel": {}}
    answer = (await client.post(f"{own}/api/sessions", json=session)).raise_for_status()
    address = f"{client.base_url}{own[1:]}/api/kernels/{answer.json()['kernel']['id']}/channels"
    request = HTTPRequest(
        address.replace("http", "ws", 1),
        headers={"Authorization": client.headers["Authorization"]},
        request_timeout=SECONDS_TO_START,
    )
    learner.socket = await websocket_connect(request)
    # The answer says that the kernel is up.
    await run_cell(learner.socket, "")


async def run_cell(socket, code):
    """Runs one cell to its end; gives its status: "ok", "error", or what became of the kernel."""
    message = Session().msg("execute_request", {"code": code, "store_history": True})
    await socket.write_message(json.dumps(message | {"channel": "shell"}, default=json_default))
    status, running = None, True
    while status is None or running:
        answer = await socket.read_message()
        if answer is None:
            return "connection lost"
        # Binary messages are those of widgets.
        answer = json.loads(answer) if isinstance(answer, str) else {"parent_header": {}}
        state = answer.get("content", {}).get("execution_state")
        if state in ("restarting", "dead"):
            return f"kernel {state}"
        if answer["parent_header"].get("msg_id") == message["header"]["msg_id"]:
            running = running and state != "idle"
            status = answer["content"]["status"] if answer["channel"] == "shell" else status
    return status


async def run_lesson(learner, cells):
    """Runs all cells; a failed one does not keep the others from running."""
    before, start = learner.processor(), time.perf_counter()
    for number, cell in enumerate(cells, start=1):
        try:
            async with asyncio.timeout(SECONDS_PER_CELL):
                status = await run_cell(learner.socket, cell.source)
        except TimeoutError:
            status = f"longer than {SECONDS_PER_CELL} s"
        if status != "ok":
            learner.failed += 1
            print(f"  {learner.name}, code cell {number}: {status}", flush=True)
    learner.seconds = time.perf_counter() - start
    learner.processor_seconds = learner.processor() - before


async def measure(count):
    """Runs a class of so many learners on a hub of its own; gives what was measured."""
    cells = code_cells(read_notebook(LESSON))
    learners = [Learner(f"learner{number:02}") for number in range(1, count + 1)]
    hub_megabytes = []

    def look(hub):
        servers = [learner.server for learner in learners]
        others = [each for each in hub.children() if each not in servers]
        hub_megabytes.append(sum(map(megabytes, [hub, *others])))
        for learner in learners:
            learner.look()

    async def watch(hub):
        while True:
            # In a thread, because reading the memory of many processes takes a while.
            await asyncio.to_thread(look, hub)
            await asyncio.sleep(2)

    with tempfile.TemporaryDirectory(prefix="classroom-") as folder:
        for learner in learners:
            Path(folder, learner.name).mkdir()
            shutil.copy(LESSON, Path(folder, learner.name))
        async with running_hub(Path(folder)) as (hub, client):
            users = {"usernames": [learner.name for learner in learners]}
            (await client.post("/hub/api/users", json=users)).raise_for_status()
            start = time.perf_counter()
            await asyncio.gather(*(open_lesson(learner, client) for learner in learners))
            opening = time.perf_counter() - start
            for learner in learners:
                learner.idle = learner.look()
            watching = asyncio.create_task(watch(hub))
            await asyncio.gather(*(run_lesson(learner, cells) for learner in learners))
            watching.cancel()
            look(hub)
    return SimpleNamespace(learners=learners, opening=opening, hub=max(hub_megabytes))
