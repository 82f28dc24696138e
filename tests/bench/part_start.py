# SPDX-License-Identifier: Apache-2.0
"""A container start to end, next to the floor and to other engines; and the start of rtctl itself."""
import json, os, resource, shutil, subprocess

from support import BenchError, Row, Samples, enter_mount_namespace, interleave, output_of, spawn_ms


class Floor:
    """rt-floor as a process that makes one run each time it is asked."""

    def __init__(self, workspace):
        command = [f"{workspace.build}/tests/rt-floor", "--rootfs", workspace.root_file_system(), "--runs", "10000",
                   "--step"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def measure(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise BenchError("rt-floor ended early")
        return float(line)

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=30)


def crun(workspace):
    bundle = f"{workspace.directory}/bundle"
    os.makedirs(bundle)
    output_of(["crun", "spec"], cwd=bundle)
    with open(f"{bundle}/config.json") as file:
        spec = json.load(file)
    spec["process"].update({"args": ["true"], "terminal": False})
    spec["process"].pop("rlimits", None)  # raising a hard limit is refused on some hosts
    spec["root"] = {"path": workspace.root_file_system(), "readonly": True}
    with open(f"{bundle}/config.json", "w") as file:
        json.dump(spec, file)
    command = ["crun", "--root", f"{workspace.run}/crun", "--cgroup-manager=cgroupfs", "run", "--bundle", bundle,
               f"rt-bench-{os.getpid()}"]
    return measure_by_crun(command)


UNIFIED = "/sys/fs/cgroup/unified"


def measure_by_crun(command):
    """crun 1.8, also below podman, refuses the hybrid layout of cgroups, and takes pure v1."""
    return Elsewhere(UNIFIED, command).measure if os.path.ismount(UNIFIED) else lambda: spawn_ms(command)


def taken_by_crun(command):
    """The same for a command whose time does not matter."""
    if not os.path.ismount(UNIFIED):
        return command
    return ["unshare", "--mount", "sh", "-c", f'umount {UNIFIED} && exec "$@"', "sh", *command]


class Elsewhere:
    """A process in a mount namespace without one of the mounts; it measures a command whenever it is asked."""

    def __init__(self, without, command):
        self.questions, self.answers = Pipe(), Pipe()
        if os.fork() == 0:
            for descriptor in set(range(3, 256)) - {self.questions.read, self.answers.write}:
                try:
                    os.close(descriptor)  # most of all the pipes of other contenders, which would not see their end
                except OSError:
                    pass
            enter_mount_namespace()
            subprocess.run(["umount", without], check=True)
            while os.read(self.questions.read, 1):
                try:
                    answer = f"{spawn_ms(command)}\n"
                except BenchError as error:
                    answer = f"{error}\n"
                os.write(self.answers.write, answer.encode())
            os._exit(0)

    def measure(self):
        os.write(self.questions.write, b"x")
        answer = os.read(self.answers.read, 4096).decode().strip()
        try:
            return float(answer)
        except ValueError:
            raise BenchError(answer) from None


class Pipe:
    def __init__(self):
        self.read, self.write = os.pipe()


def podman(workspace):
    base = podman_command(workspace, "podman")
    output_of([*base, "import", f"{workspace.directory}/rootfs.tar", "localhost/rt-bench"])
    return measure_by_crun([*base, "run", *podman_run_options(workspace), "--rm", "localhost/rt-bench", "true"])


def podman_command(workspace, name, root=None):
    return ["podman", "--root", root or f"{workspace.directory}/{name}", "--runroot", f"{workspace.run}/{name}",
            "--storage-driver", "overlay", "--cgroup-manager", "cgroupfs"]


def podman_run_options(workspace):
    """Cgroups where the bench looks for what is left; and limits that this host allows: by default podman raises hard
    ones, which is refused even to root where it lacks CAP_SYS_RESOURCE."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)
    with open("/proc/sys/kernel/pid_max") as file:
        most = int(file.read())  # podman lowers its own limit to that, and cannot raise it again
    processes = [most if limit == resource.RLIM_INFINITY else min(limit, most)
                 for limit in resource.getrlimit(resource.RLIMIT_NPROC)]
    return [f"--cgroup-parent=/{workspace.cgroup}", f"--ulimit=nofile={files[0]}:{files[1]}",
            f"--ulimit=nproc={processes[0]}:{processes[1]}"]


def docker(workspace):
    output_of(["docker", "import", f"{workspace.directory}/rootfs.tar", "rt-bench"])
    return lambda: spawn_ms(["docker", "run", "--rm", "rt-bench", "true"])


def docker_usable():
    return shutil.which("docker") and subprocess.run(["docker", "info"], capture_output=True).returncode == 0


def add_peers(workspace, contenders):
    peers = [("crun alone (no overlay, no network)", shutil.which("crun"), crun),
             ("podman run --rm", shutil.which("podman"), podman), ("docker run --rm", docker_usable(), docker)]
    for name, usable, prepare in peers:
        if not usable:
            continue
        samples = Samples(name)
        contenders.append((samples, None))
        try:
            contenders[-1] = (samples, prepare(workspace))
        except (BenchError, OSError) as error:
            samples.failure = str(error)


def phases(workspace):
    """Where the time of one more start went, as rtctl recorded it."""
    name = f"phases-{os.getpid()}"
    output_of(workspace.rtctl("run", "--name", name, "bench", "true"))
    shown = json.loads(output_of(workspace.rtctl("inspect", name)))
    output_of(workspace.rtctl("rm", "-f", name))
    first = shown[0] if isinstance(shown, list) else shown
    return first["Rt"]["Phases"]


def measure_start(workspace, runs, report):
    image = workspace.image()
    floor = Floor(workspace)
    try:
        floor_row = Samples("floor (system calls only)")
        run = Row("rtctl run --rm IMAGE true", floor=floor_row, goal=2.0, accepted=3.0)
        none = Row("the same with --network none", floor=floor_row)
        contenders = [(floor_row, floor.measure),
                      (run, lambda: spawn_ms(workspace.rtctl("run", "--rm", image, "true"), quiet=False)),
                      (none, lambda: spawn_ms(workspace.rtctl("run", "--rm", "--network", "none", image, "true")))]
        add_peers(workspace, contenders)
        interleave(contenders, runs)
        report.add("start", [samples for samples, _ in contenders])
        report.details["phases_us"] = phases(workspace) if not run.failure else []
    finally:
        floor.close()
        if docker_usable():
            subprocess.run(["docker", "rmi", "rt-bench"], capture_output=True)


def measure_version(workspace, runs, report):
    version = Row("rtctl --version", accepted=3.0)
    spawn = Samples("a static program that does nothing")
    nothing = f"{workspace.root_file_system()}/bin/true"
    interleave([(spawn, lambda: spawn_ms([nothing])),
                (version, lambda: spawn_ms([f"{workspace.build}/bin/rtctl", "--version"]))], runs * 2)
    report.add("program start", [version, spawn])
