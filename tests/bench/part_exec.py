# SPDX-License-Identifier: Apache-2.0
"""A further process in a running container, next to the least that the kernel needs for it."""
import os

from support import Row, Samples, interleave, output_of, spawn_ms


def cgroup_files(pid):
    """Where a process moves itself by writing 0: tasks of each v1 hierarchy, cgroup.procs of v2."""
    files = []
    for line in open(f"/proc/{pid}/cgroup"):
        number, controllers, path = line.strip().split(":", 2)
        name = controllers.removeprefix("name=")
        candidates = [f"/sys/fs/cgroup/{name}{path}/tasks"] if number != "0" else [
            f"/sys/fs/cgroup/unified{path}/cgroup.procs", f"/sys/fs/cgroup{path}/cgroup.procs"]
        files += [file for file in candidates if path != "/" and os.path.exists(file)][:1]
    return files


def measure_exec(workspace, runs, report):
    identity = output_of(workspace.rtctl("run", "-d", "--network", "none", "--name", "exec", workspace.image(),
                                         "sleep", "1000")).strip()
    try:
        pid = pid_of(workspace, identity)
        program = [f"{workspace.build}/tests/rt-floor-exec", str(pid), *cgroup_files(pid), "--", "/bin/true"]
        floor = Samples("floor (system calls only)")
        by_id = Row("rtctl exec ID true", floor=floor, goal=1.5)
        by_name = Row("rtctl exec NAME true", floor=floor, goal=1.5)
        interleave([(floor, lambda: spawn_ms(program)),
                    (by_id, lambda: spawn_ms(workspace.rtctl("exec", identity, "true"))),
                    (by_name, lambda: spawn_ms(workspace.rtctl("exec", "exec", "true")))], runs)
        report.add("exec", [floor, by_id, by_name])
    finally:
        output_of(workspace.rtctl("rm", "-f", identity))


def pid_of(workspace, identity):
    """The first process: the shim's child that is no thread of anything else."""
    with open(f"{workspace.run}/rt/containers/{identity}/shim.pid") as file:
        shim = file.readline().split()[1]
    with open(f"/proc/{shim}/task/{shim}/children") as file:
        return int(file.read().split()[0])
