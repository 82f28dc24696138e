# SPDX-License-Identifier: Apache-2.0
"""Many containers on one host: what a listing of them takes, and ending and removing those that run."""
import time

from part_start import docker_usable
from support import BenchError, Row, Samples, output_of, spawn_ms

RESTING, RUNNING = 450, 50


def in_groups(identities, count=25):
    return [identities[first:first + count] for first in range(0, len(identities), count)]


def milliseconds_each(commands, count):
    start = time.perf_counter()
    for command in commands:
        output_of(command)
    return (time.perf_counter() - start) * 1000 / count


def stop_and_remove(command, identities):
    return milliseconds_each([[*command, "stop", "-t", "0", *identities], [*command, "rm", *identities]],
                             len(identities))


def docker(workspace, samples):
    try:
        output_of(["docker", "import", f"{workspace.directory}/rootfs.tar", "rt-bench"])
        started = [output_of(["docker", "run", "-d", "rt-bench", "sleep", "600"]).strip() for _ in range(RUNNING)]
        samples.add(stop_and_remove(["docker"], started))
        output_of(["docker", "rmi", "rt-bench"])
    except BenchError as error:
        samples.failure = str(error)


def measure_many(workspace, runs, report):
    listing = Row(f"rtctl ps, {RUNNING} running", goal=15)
    all_of_them = Row(f"rtctl ps -a, {RESTING + RUNNING} of which {RUNNING} running", goal=15)
    ending = Row(f"stop and rm of {RUNNING}, each", goal=32)
    image, resting, running = workspace.image(), [], []
    try:
        for _ in range(RESTING):
            resting.append(output_of(workspace.rtctl("create", image, "true")).strip())
        for _ in range(RUNNING):
            running.append(output_of(workspace.rtctl("run", "-d", image, "sleep", "600")).strip())
        for _ in range(runs):
            listing.add(spawn_ms(workspace.rtctl("ps")))
            all_of_them.add(spawn_ms(workspace.rtctl("ps", "-a")))
        ending.add(stop_and_remove(workspace.rtctl(), running))
        running = []
    finally:
        for group in in_groups(running + resting):
            output_of(workspace.rtctl("rm", "-f", *group))
    rows = [listing, all_of_them, ending]
    if docker_usable():
        rows.append(Samples(f"docker stop and rm of {RUNNING}, each"))
        docker(workspace, rows[-1])
    report.add("many", rows)
