# SPDX-License-Identifier: Apache-2.0
"""A container's life through the daemon: over one connection that is kept, and by docker's own client."""
import shutil, subprocess

from daemon import Api, Rtd
from part_start import Floor
from support import Row, Samples, interleave, output_of, spawn_ms


def measure_client(workspace, runs, report):
    image = workspace.image()
    floor = Floor(workspace)
    floor_row = Samples("floor (system calls only)")
    kept = Row("create, start, wait and remove over one connection", floor=floor_row, goal=2.5)
    try:
        with Rtd(workspace) as rtd:
            api = Api(rtd.socket)
            interleave([(floor_row, floor.measure), (kept, lambda: api.life(image))], runs)
            report.add("life through the daemon", [floor_row, kept])
            if shutil.which("docker"):
                measure_docker(rtd, image, runs, report)
            api.close()
    finally:
        floor.close()


def measure_docker(rtd, image, runs, report):
    """The client alone is a good part of it: so the floor is what it takes to ask for a version."""
    docker = ["docker", "-H", f"unix://{rtd.socket}"]
    held = output_of([*docker, "run", "-d", image, "sleep", "600"]).strip()
    version = Samples("docker version")
    run = Row("docker run --rm IMAGE true", floor=version, goal=2.5)
    execute = Row("docker exec C true", floor=version, goal=2.0)
    try:
        interleave([(version, lambda: spawn_ms([*docker, "version"])),
                    (run, lambda: spawn_ms([*docker, "run", "--rm", image, "true"])),
                    (execute, lambda: spawn_ms([*docker, "exec", held, "true"]))], runs)
    finally:
        subprocess.run([*docker, "rm", "-f", held], capture_output=True)
    report.add("docker's client", [version, run, execute])
