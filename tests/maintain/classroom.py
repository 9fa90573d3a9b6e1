"""Measures a class on one server: a JupyterHub whose learners all run lesson 3 at once.

    python -m tests.classroom          1 learner, then as many as memory allows (8 to 20)
    python -m tests.classroom 8 20     1 learner, then 8, then 20

Each learner has a server of their own, and in it a kernel that runs a copy of the lesson cell
by cell, over HTTP and a websocket, as a browser does. Prints memory and time for each class.
Ends with an error if a cell fails. Everything that it starts and writes is gone afterwards.

Memory is PSS: a page that several processes share counts in equal parts for each. So the
learners' figures add up to what the machine needs. Times depend on the machine and on what
else runs there: compare them with those of the one learner.
"""

import argparse
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
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from tests.notebooks import ROOT, code_cells, read_notebook
import httpx
import psutil
from jupyter_client.jsonutil import json_default
from jupyter_client.session import Session
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

LESSON = ROOT / "notebooks" / "03_two_stage_fit.ipynb"
FEWEST, MOST = 8, 20
MEGABYTES_LEFT_FREE = 6000
# For the size of a server: what its system takes, what learners may need beyond what was
# measured (TLJH advises 20 to 40 percent), and how many of them share a core.
MEGABYTES_OF_SYSTEM, ROOM_TO_PLAY, LEARNERS_PER_CORE = 1000, 1.4, 4
SECONDS_TO_START, SECONDS_PER_CELL, SECONDS_BETWEEN_LOOKS = 300, 900, 2
PROXY = "configurable-http-proxy"
CONFIG = """\
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_port = {hub_port}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy_port}"
c.JupyterHub.db_url = "sqlite:///:memory:"
# Nobody may log in; the test's own token makes the users and opens their servers.
c.JupyterHub.authenticator_class = "dummy"
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = "{folder}/{{username}}"
c.Spawner.cmd = [{python!r}, "-m", "jupyterhub.singleuser"]
# Only matters where the tests run as root, as in a container.
c.Spawner.args = ["--allow-root"]
c.Spawner.environment = {{"PYTHONPATH": {root!r}}}
c.Spawner.start_timeout = c.Spawner.http_timeout = {seconds}
c.JupyterHub.services = [{{"name": "teacher", "api_token": {token!r}}}]
c.JupyterHub.load_roles = [
    {{
        "name": "teacher",
        "scopes": ["admin:users", "admin:servers", "access:servers"],
        "services": ["teacher"],
    }}
]
"""


@dataclass
class Learner:
    """One learner and what is measured of them: memory in MB, times in seconds."""

    name: str
    server: psutil.Process | None = None
    kernel: str = ""
    idle: float = 0
    peak: float = 0
    server_peak: float = 0
    seconds: float = 0
    processor_seconds: float = 0
    failed: list[int] = field(default_factory=list)

    def processes(self):
        with contextlib.suppress(psutil.NoSuchProcess):
            return [self.server, *self.server.children(recursive=True)]
        return []

    def look(self):
        """Notes the largest memory seen; returns the memory of now, in MB."""
        now = sum(map(megabytes, self.processes()))
        self.peak = max(self.peak, now)
        self.server_peak = max(self.server_peak, megabytes(self.server))
        return now


@dataclass
class Class:
    """What is measured of a class: its learners, seconds until all are ready, memory in MB."""

    learners: list[Learner]
    opening: float = 0
    hub: float = 0
    together: float = 0

    @property
    def for_each(self):
        return (self.together - self.hub) / len(self.learners)

    @property
    def failed(self):
        return sum(len(learner.failed) for learner in self.learners)

    def look(self, hub):
        """Notes the largest memory seen of the hub with its proxy, and of all together."""
        servers = [learner.server for learner in self.learners]
        others = [each for each in hub.children() if each not in servers]
        now = sum(map(megabytes, [hub, *others]))
        self.hub = max(self.hub, now)
        self.together = max(self.together, now + sum(each.look() for each in self.learners))

    async def watch(self, hub):
        while True:
            # In a thread, because reading the memory of many processes takes a while.
            await asyncio.to_thread(self.look, hub)
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)


def megabytes(process):
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.memory_full_info().pss / 2**20
    return 0


def processor_seconds(processes):
    times = [process.cpu_times() for process in processes]
    return sum(each.user + each.system for each in times)


@contextlib.asynccontextmanager
async def running_hub(folder):
    """Starts a hub; gives its process and a client that may do what an administrator may."""
    from jupyterhub.utils import random_port

    port, token = random_port(), secrets.token_hex(16)
    options = {"port": port, "hub_port": random_port(), "proxy_port": random_port()}
    options |= {"python": sys.executable, "root": str(ROOT), "seconds": SECONDS_TO_START}
    (folder / "config.py").write_text(CONFIG.format(**options, folder=folder, token=token))
    log = folder / "hub.log"
    with log.open("w") as output:
        # In a session of its own, so that Ctrl-C reaches this program alone, which then cleans up.
        hub = psutil.Popen(
            [sys.executable, "-m", "jupyterhub", "-f", "config.py"],
            cwd=folder,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    address = f"http://127.0.0.1:{port}"
    headers = {"Authorization": f"token {token}"}
    try:
        async with httpx.AsyncClient(
            base_url=address, headers=headers, timeout=SECONDS_TO_START
        ) as client:
            await until(lambda: answers(hub, client))
            yield hub, client
    except (httpx.HTTPError, HTTPClientError, TimeoutError) as error:
        print(log.read_text()[-3000:], file=sys.stderr)
        sys.exit(f"The hub did not do what was asked ({error!r}); above are its last lines.")
    finally:
        stop(hub)


def stop(hub):
    """Ends the hub, which ends its servers and kernels, and then whatever is left of them."""
    with contextlib.suppress(psutil.NoSuchProcess):
        everything = [*hub.children(recursive=True), hub]
        hub.terminate()
        _, left = psutil.wait_procs(everything, timeout=60)
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(left, timeout=10)


async def until(condition, seconds=SECONDS_TO_START):
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.5)


async def answers(hub, client):
    if not hub.is_running() or hub.status() == psutil.STATUS_ZOMBIE:
        raise TimeoutError("it has ended")
    with contextlib.suppress(httpx.TransportError):
        return (await client.get("/hub/api/")).is_success
    return False


async def open_lesson(learner, client):
    """Starts a learner's server and opens their copy of the lesson, which starts its kernel."""
    user = f"/hub/api/users/{learner.name}"
    (await client.post(f"{user}/server")).raise_for_status()

    async def ready():
        server = (await client.get(user)).json()["servers"].get("", {})
        if server.get("ready"):
            learner.server = psutil.Process(server["state"]["pid"])
        return server.get("ready")

    await until(ready)
    own = f"/user/{learner.name}"
    for part in (f"lab/tree/{LESSON.name}", f"api/contents/{LESSON.name}"):
        (await client.get(f"{own}/{part}")).raise_for_status()
    session = {"path": LESSON.name, "name": LESSON.name, "type": "notebook"}
    answer = await client.post(f"{own}/api/sessions", json=session | {"kernel": {}})
    learner.kernel = answer.raise_for_status().json()["kernel"]["id"]


async def connect(learner, client):
    host = f"{client.base_url.host}:{client.base_url.port}"
    address = f"ws://{host}/user/{learner.name}/api/kernels/{learner.kernel}/channels"
    token = {"Authorization": client.headers["Authorization"]}
    # The server answers once the kernel is up, which takes long where all start at once.
    request = HTTPRequest(address, headers=token, request_timeout=SECONDS_TO_START)
    return await websocket_connect(request)


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


async def run_lesson(learner, socket, cells):
    """Runs all cells; a failed one does not keep the others from running."""
    before = processor_seconds(learner.processes())
    start = time.perf_counter()
    for number, cell in enumerate(cells, start=1):
        try:
            async with asyncio.timeout(SECONDS_PER_CELL):
                status = await run_cell(socket, cell.source)
        except TimeoutError:
            status = f"longer than {SECONDS_PER_CELL} s"
        if status != "ok":
            learner.failed.append(number)
            print(f"  {learner.name}, code cell {number}: {status}", flush=True)
    learner.seconds = time.perf_counter() - start
    learner.processor_seconds = processor_seconds(learner.processes()) - before


async def measure(count):
    """Runs a class of so many learners on a hub of its own; returns what was measured."""
    cells = code_cells(read_notebook(LESSON))
    learners = [Learner(f"learner{number:02}") for number in range(1, count + 1)]
    with tempfile.TemporaryDirectory(prefix="classroom-") as folder:
        folder = Path(folder)
        for learner in learners:
            (folder / learner.name).mkdir()
            shutil.copy(LESSON, folder / learner.name)
        async with running_hub(folder) as (hub, client):
            users = {"usernames": [learner.name for learner in learners]}
            (await client.post("/hub/api/users", json=users)).raise_for_status()
            start = time.perf_counter()
            await asyncio.gather(*(open_lesson(each, client) for each in learners))
            sockets = await asyncio.gather(*(connect(each, client) for each in learners))
            # The answer to this says that the kernel is up; then the class is idle.
            await asyncio.gather(*(run_cell(socket, "") for socket in sockets))
            measured = Class(learners, opening=time.perf_counter() - start)
            for learner in learners:
                learner.idle = learner.look()
            watching = asyncio.create_task(measured.watch(hub))
            pairs = zip(learners, sockets, strict=True)
            await asyncio.gather(*(run_lesson(*pair, cells) for pair in pairs))
            watching.cancel()
            measured.look(hub)
    return measured


def report(measured, alone):
    """Prints the table of one class: memory in MB, times beside those of one learner alone."""
    learners = measured.learners
    middle = {
        name: statistics.median(getattr(each, name) for each in learners)
        for name in ("idle", "peak", "server_peak", "seconds", "processor_seconds")
    }
    largest = max(each.peak for each in learners)
    one = alone.learners[0].seconds
    slowest = max(each.seconds for each in learners) / one
    rows = {
        "memory of a learner, lesson open, nothing run": f"{middle['idle']:.0f} MB",
        "memory of a learner who runs it, at most": f"{middle['peak']:.0f} MB",
        "  of the learner with the most": f"{largest:.0f} MB",
        "  of the learner's server alone": f"{middle['server_peak']:.0f} MB",
        "memory of the hub and its proxy": f"{measured.hub:.0f} MB",
        "memory of all together": f"{measured.together:.0f} MB",
        "  for each learner, without the hub": f"{measured.for_each:.0f} MB",
        "time until all have the lesson open": f"{measured.opening / alone.opening:.1f} times",
        "time to run it, median": f"{middle['seconds'] / one:.1f} times",
        "time to run it, slowest learner": f"{slowest:.1f} times",
        "processor time of a learner": f"{middle['processor_seconds']:.0f} s",
        "failed cells": f"{measured.failed}",
    }
    print(f"\n{len(learners)} at once run {LESSON.name}; medians; times are beside one learner's")
    print(f"({alone.opening:.0f} s to open the lesson, {one:.0f} s to run it)")
    for name, value in rows.items():
        print(f"  {name:48}{value:>12}", flush=True)


def report_server(measured):
    """Prints the server that a class needs, if learners are as large as in this one."""
    each = max(learner.peak for learner in measured.learners) * ROOM_TO_PLAY
    base = MEGABYTES_OF_SYSTEM + measured.hub
    print(
        f"\nserver = {MEGABYTES_OF_SYSTEM} MB for its system + {measured.hub:.0f} MB for the hub"
        f" + {each:.0f} MB ({ROOM_TO_PLAY} times the largest) and 1/{LEARNERS_PER_CORE} core"
        f" for each learner"
    )
    for count in (10, 30, 100):
        gigabytes = (base + count * each) / 1024
        print(f"  {count:3} learners: {gigabytes:5.1f} GB, {count / LEARNERS_PER_CORE:4.1f} cores")


def missing():
    """Says in one sentence what is missing, or gives nothing."""
    if not Path("/proc/self/smaps_rollup").exists():
        return "The load test reads its figures from /proc, so it runs on Linux only."
    steps = []
    if find_spec("jupyterhub") is None:
        steps.append(f"{sys.executable} -m pip install jupyterhub")
    if shutil.which(PROXY) is None:
        steps.append(f"npm install -g {PROXY}")
    return steps and f"The load test needs more than the lessons: {' && '.join(steps)}"


def room_after(measured):
    """Returns how many learners the free memory suffices for, each as large as in this class."""
    free = psutil.virtual_memory().available / 2**20 - MEGABYTES_LEFT_FREE - measured.hub
    return int(free / measured.for_each)


async def main(counts):
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, load {load:.1f} before the start", flush=True)
    alone = measured = await measure(1)
    report(alone, alone)
    failed = alone.failed
    for count in counts or [max(FEWEST, min(room_after(alone), MOST))]:
        room = room_after(measured)
        if count > room:
            return (
                f"No class of {count}: beside {MEGABYTES_LEFT_FREE} MB that stay free, "
                f"memory suffices for {room} learners."
            )
        measured = await measure(count)
        report(measured, alone)
        failed += measured.failed
    report_server(measured)
    return f"failed cells: {failed}" if failed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Measures a class on one JupyterHub.")
    parser.add_argument("learners", type=int, nargs="*", help="sizes of the classes, as 8 20")
    counts = parser.parse_args().learners
    if min(counts, default=1) < 1:
        parser.error("a class has at least one learner")
    # A plain kill, as `timeout` sends it, cleans up like Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(missing() or asyncio.run(main(counts)))
    except KeyboardInterrupt:
        sys.exit("stopped; what was started has ended")
