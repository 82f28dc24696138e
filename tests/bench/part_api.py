# SPDX-License-Identifier: Apache-2.0
"""The daemon that serves docker's API: how fast it answers a listing that many ask for at once, and what it weighs."""
import os
import subprocess
import time

from support import BenchError, Row, Samples, output_of

CONTAINERS, RUNNING, CONNECTIONS, SECONDS = 100, 10, 16, 3
DOCKERD = 372  # requests per second of dockerd 28.5, measured the same way


def private_mb(pid):
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith("Private_")) / 1024


def wait_for_socket(path, process):
    deadline = time.monotonic() + 20
    while not os.path.exists(path):
        if process.poll() is not None or time.monotonic() > deadline:
            raise BenchError("rtd does not listen")
        time.sleep(0.01)


def measure_api(workspace, runs, report):
    each = Row(f"GET /containers/json of {CONTAINERS}, {CONNECTIONS} at once, each", goal=1000 / (10 * DOCKERD))
    slowest = Samples("the same, 99 of 100 answered within")
    start = Row(f"rtd up with {CONTAINERS} containers, {RUNNING} running", goal=50)
    idle = Row("private memory of rtd, idle", unit="MB", goal=15)
    after = Row("the same after the listings", unit="MB", goal=25)
    image, made = workspace.image(), []
    socket = f"{workspace.run}/rtd.sock"
    load = [f"{workspace.build}/tests/http-load", socket]
    try:
        for number in range(CONTAINERS):
            verb = ("run", "-d", image, "sleep", "600") if number < RUNNING else ("create", image, "true")
            made.append(output_of(workspace.rtctl(*verb)).strip())
        began = time.perf_counter()
        rtd = subprocess.Popen([f"{workspace.build}/bin/rtd", "--config", workspace.config, "--host", f"unix://{socket}",
                                "--group", ""], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for_socket(socket, rtd)
            output_of([*load, "/version", "1", "0.01"])
            start.add((time.perf_counter() - began) * 1000)
            idle.add(private_mb(rtd.pid))
            for _ in range(max(runs // 10, 1)):
                count, seconds, _, p99 = map(float, output_of(
                    [*load, "/containers/json?all=1", str(CONNECTIONS), str(SECONDS)]).split())
                each.add(seconds * 1000 / count)
                slowest.add(p99)
            after.add(private_mb(rtd.pid))
        finally:
            rtd.terminate()
            rtd.wait()
    finally:
        for first in range(0, len(made), 25):
            output_of(workspace.rtctl("rm", "-f", *made[first:first + 25]))
    report.add("api", [each, slowest, start, idle, after])
