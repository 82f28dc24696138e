# SPDX-License-Identifier: Apache-2.0
"""A further process in a running container, next to the least that the kernel needs for it."""
import os

from support import Row, Samples, interleave, output_of, spawn_ms


def cgroup_places(pid):
    """The v2 directory ("" where there is none of its own), and each v1 hierarchy's tasks file."""
    unified, files = "", []
    for line in open(f"/proc/{pid}/cgroup"):
        number, controllers, path = line.strip().split(":", 2)
        if path == "/":
            continue
        if number != "0":
            name = controllers.removeprefix("name=")
            files += [file for file in [f"/sys/fs/cgroup/{name}{path}/tasks"] if os.path.exists(file)]
        else:
            unified = next((directory for directory in [f"/sys/fs/cgroup/unified{path}", f"/sys/fs/cgroup{path}"]
                            if os.path.exists(f"{directory}/cgroup.procs")), "")
    return unified, files


def measure_exec(workspace, runs, report):
    identity = output_of(workspace.rtctl("run", "-d", "--network", "none", "--name", "exec", workspace.image(),
                                         "sleep", "1000")).strip()
    try:
        pid = pid_of(workspace, identity)
        unified, files = cgroup_places(pid)
        program = [f"{workspace.build}/tests/rt-floor-exec", str(pid), unified, *files, "--", "/bin/true"]
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
