# SPDX-License-Identifier: Apache-2.0
"""A detached container that writes 200 MB of lines: from its start to its end, with all of it in the log."""
from support import Row, interleave, output_of

import time

LINE = "the quick brown fox jumps over the lazy dog 0123456789 abcdefghijklmnopqrstuvwxyz ok"
SCRIPT = f"yes '{LINE}' | head -c 200000000"


def seconds(workspace, driver_options):
    start = time.perf_counter()
    identity = output_of(workspace.rtctl("run", "-d", "--network", "none", *driver_options, workspace.image(), "sh",
                                         "-c", SCRIPT)).strip()
    output_of(workspace.rtctl("wait", identity))
    end = time.perf_counter()
    output_of(workspace.rtctl("rm", identity))
    return end - start


def measure_log(workspace, runs, report):
    logged = Row("200 MB of lines into the log", unit="s", goal=1.5, accepted=5.3)
    interleave([(logged, lambda: seconds(workspace, []))], max(runs // 10, 3))
    report.add("log", [logged])
