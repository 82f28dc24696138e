# SPDX-License-Identifier: Apache-2.0
"""A thousand idle containers on one host: what the last of them takes next to the first, and all of them together."""
import os, re, socket, time

from part_many import in_groups, milliseconds_each
from part_memory import private_mb, processes
from support import BenchError, Row, Samples, output_of, spawn_ms

CROWD, ENDS = 1000, 20
SUBNET = "10.213.0.0/21"  # of the bench's own network namespace; a bridge has 1,023 ports at most
LISTINGS = 10


def start_all(workspace, options, first, last, names):
    """Starts the crowd; the first ends are timed after as many others, when nothing is cold any more."""
    command = workspace.rtctl("run", "-d", *options, workspace.image(), "sleep", "86400")
    output_of(workspace.rtctl("rm", "-f", *[output_of(command).strip() for _ in range(ENDS)]))
    for number in range(CROWD):
        name = f"crowd-{number}"
        taken = spawn_ms([*command[:-3], "--name", name, *command[-3:]])
        names.append(name)
        if number < ENDS:
            first.add(taken)
        elif number >= CROWD - ENDS:
            last.add(taken)


def left_behind(workspace, identities):
    """What of the crowd is still there: rows of ps, shims, mounts, links, cgroups, run directories."""
    found = output_of(workspace.rtctl("ps", "-a", "-q", "--no-trunc")).split()
    found += [f"process {pid}" for pid in processes("rt-shim", identities)]
    found += [f"mount {path}" for path in workspace.mounts_below(workspace.directory)]
    found += [f"link {name}" for _, name in socket.if_nameindex() if name.startswith("rtv")]
    found += [f"run directory {name}" for name in os.listdir(f"{workspace.run}/rt/containers")]
    for path in workspace.cgroups():
        found += [f"cgroup {path}/{name}" for name in os.listdir(path) if re.fullmatch("[0-9a-f]{64}", name)]
    return found


def crowd(workspace, name, options, runs):
    first = Samples(f"run -d, the first {ENDS}, {name}")
    last = Row(f"the last {ENDS} of {CROWD}", floor=first, goal=1.3)
    shim = Row("rt-shim, private, each", unit="MB", goal=0.3, accepted=1.0)
    together = Samples("all shims together", unit="MB")
    listing = Row(f"rtctl ps, {CROWD} running", goal=30)
    statistics = Samples("stats --no-stream")
    ending = Row("rm -f, each", goal=32)
    names = []
    try:
        start_all(workspace, options, first, last, names)
        identities = output_of(workspace.rtctl("ps", "-q", "--no-trunc")).split()
        for pid in processes("rt-shim", identities):
            shim.add(private_mb(pid))
        if len(shim.values) != CROWD:
            raise BenchError(f"found {len(shim.values)} shims of {CROWD}")
        together.add(sum(shim.values))
        for _ in range(min(runs, LISTINGS)):
            listing.add(spawn_ms(workspace.rtctl("ps")))
            statistics.add(spawn_ms(workspace.rtctl("stats", "--no-stream")))
        ending.add(milliseconds_each([workspace.rtctl("rm", "-f", *names)], CROWD))
        names = []
    finally:
        for group in in_groups(names):
            output_of(workspace.rtctl("rm", "-f", *group))
    patience = time.monotonic() + 10  # the kernel takes links away after their network namespaces
    while (left := left_behind(workspace, identities)) and time.monotonic() < patience:
        time.sleep(0.05)
    if left:
        raise BenchError(f"{len(left)} things are left of {CROWD} containers: {', '.join(left[:5])}")
    return [first, last, shim, together, listing, statistics, ending]


def measure_crowd(workspace, runs, report):
    report.add("crowd", crowd(workspace, "--network none", ["--network", "none"], runs))
    output_of(workspace.rtctl("network", "create", "--subnet", SUBNET, "crowd"))
    try:
        report.add("crowd on a bridge", crowd(workspace, "--network bridge", ["--network", "crowd"], runs))
    finally:
        output_of(workspace.rtctl("network", "rm", "crowd"))
