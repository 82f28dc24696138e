# SPDX-License-Identifier: Apache-2.0
"""The daemon that serves docker's API: how fast it answers a listing that many ask for at once, and what it weighs."""
import time

from daemon import Rtd
from support import Row, Samples, output_of

CONTAINERS, RUNNING, CONNECTIONS, SECONDS = 100, 10, 16, 3
DOCKERD = 372  # requests per second of dockerd 28.5, measured the same way


def measure_api(workspace, runs, report):
    each = Row(f"GET /containers/json of {CONTAINERS}, {CONNECTIONS} at once, each", goal=1000 / (10 * DOCKERD))
    slowest = Samples("the same, 99 of 100 answered within")
    start = Row(f"rtd up with {CONTAINERS} containers, {RUNNING} running", goal=50)
    idle = Row("private memory of rtd, idle", unit="MB", goal=15)
    after = Row("the same after the listings", unit="MB", goal=25)
    image, made = workspace.image(), []
    try:
        for number in range(CONTAINERS):
            verb = ("run", "-d", image, "sleep", "600") if number < RUNNING else ("create", image, "true")
            made.append(output_of(workspace.rtctl(*verb)).strip())
        began = time.perf_counter()
        with Rtd(workspace) as rtd:
            load = [f"{workspace.build}/tests/http-load", rtd.socket]
            output_of([*load, "/version", "1", "0.01"])
            start.add((time.perf_counter() - began) * 1000)
            idle.add(rtd.private_mb())
            for _ in range(max(runs // 10, 1)):
                count, seconds, _, p99 = map(float, output_of(
                    [*load, "/containers/json?all=1", str(CONNECTIONS), str(SECONDS)]).split())
                each.add(seconds * 1000 / count)
                slowest.add(p99)
            after.add(rtd.private_mb())
    finally:
        for first in range(0, len(made), 25):
            output_of(workspace.rtctl("rm", "-f", *made[first:first + 25]))
    report.add("api", [each, slowest, start, idle, after])
