# SPDX-License-Identifier: Apache-2.0
"""Private memory of what stays behind for each running container."""
import os, shutil

from part_start import podman_command, podman_run_options, taken_by_crun
from support import BenchError, Row, Samples, output_of

CONTAINERS = 50


def private_mb(pid):
    with open(f"/proc/{pid}/smaps_rollup") as file:
        fields = dict(line.split(":", 1) for line in file if ":" in line and line.startswith(("Private", "Pss")))
    return sum(int(fields[name].split()[0]) for name in ("Private_Clean", "Private_Dirty")) / 1024


def processes(program, arguments):
    """Ids of the running processes of program that have one of arguments somewhere on their command line."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().decode(errors="replace")
            if os.path.basename(os.readlink(f"/proc/{pid}/exe")) == program and any(wanted in words for wanted in arguments):
                yield int(pid)
        except OSError:
            continue  # it has ended, or is a kernel thread


def conmon(workspace, samples):
    base = podman_command(workspace, "podman-memory")
    output_of([*base, "import", f"{workspace.directory}/rootfs.tar", "localhost/rt-bench"])
    try:
        run = [*base, "run", *podman_run_options(workspace), "-d", "localhost/rt-bench", "sleep", "600"]
        for _ in range(5):
            output_of(taken_by_crun(run))
        for pid in processes("conmon", [workspace.run]):
            samples.add(private_mb(pid))
    finally:
        output_of(taken_by_crun([*base, "rm", "-f", "-t", "0", "-a"]))


def measure_memory(workspace, runs, report):
    shim = Row(f"rt-shim, private, of {CONTAINERS}", unit="MB", goal=0.3, accepted=1.0)
    image = workspace.image()
    started = []
    try:
        for _ in range(CONTAINERS):
            started.append(output_of(workspace.rtctl("run", "-d", image, "sleep", "600")).strip())
        for pid in processes("rt-shim", started):
            shim.add(private_mb(pid))
        if len(shim.values) != CONTAINERS:
            raise BenchError(f"found {len(shim.values)} shims of {CONTAINERS}")
    except BenchError as error:
        shim.failure = str(error)
        shim.values.clear()
    finally:
        for first in range(0, len(started), 10):
            output_of(workspace.rtctl("rm", "-f", *started[first:first + 10]))
    rows = [shim]
    if shutil.which("podman") and shutil.which("conmon"):
        rows.append(Samples("conmon, private, of 5", unit="MB"))
        try:
            conmon(workspace, rows[-1])
        except BenchError as error:
            rows[-1].failure = str(error)
    report.add("memory", rows)
