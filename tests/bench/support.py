# SPDX-License-Identifier: Apache-2.0
"""What the parts of the bench share: timing a program from spawn to exit, a workspace that leaves nothing, rows."""
import ctypes, json, os, shutil, statistics, subprocess, tempfile, time

NULL = [(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0), (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)]


class BenchError(Exception):
    pass


def spawn_ms(command, quiet=True):
    """Milliseconds from before the spawn of command to its end; an exit code other than 0 is a BenchError."""
    actions = NULL if quiet else NULL[:1]
    path = shutil.which(command[0]) or command[0]
    start = time.perf_counter_ns()
    pid = os.posix_spawn(path, command, os.environ, file_actions=actions)
    _, status = os.waitpid(pid, 0)
    end = time.perf_counter_ns()
    if status != 0:
        raise BenchError(f"'{' '.join(command)}' ended with status {os.waitstatus_to_exitcode(status)}")
    return (end - start) / 1e6


def output_of(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, **options)
    if done.returncode != 0:
        raise BenchError(f"'{' '.join(command)}' failed: {done.stderr.strip()[-400:]}")
    return done.stdout


def enter_mount_namespace(flags=0x00020000):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(flags) != 0:
        raise BenchError(f"unshare: {os.strerror(ctypes.get_errno())}; the bench needs root")
    private = (1 << 18) | (1 << 14)
    if libc.mount(b"none", b"/", None, private, None) != 0:
        raise BenchError(f"making mounts private: {os.strerror(ctypes.get_errno())}")


def enter_namespaces():
    """Links and mounts of the bench vanish with it."""
    enter_mount_namespace(0x00020000 | 0x40000000)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


class Samples:
    """The measurements of one contender, in the order in which they were made."""

    def __init__(self, name, unit="ms"):
        self.name, self.unit, self.values, self.failure = name, unit, [], None

    def add(self, value):
        self.values.append(value)

    @property
    def median(self):
        return statistics.median(self.values) if self.values else None

    def to_json(self):
        if not self.values:
            return {"name": self.name, "unit": self.unit, "failure": self.failure or "not measured"}
        ordered = sorted(self.values)
        return {"name": self.name, "unit": self.unit, "runs": len(ordered), "median": round(self.median, 3),
                "min": round(ordered[0], 3), "p90": round(ordered[len(ordered) * 9 // 10], 3),
                "samples": [round(value, 3) for value in self.values]}


class Row(Samples):
    """Samples with what they are held against: bounds are (goal, accepted), as factors of a floor or as values."""

    def __init__(self, name, unit="ms", floor=None, goal=None, accepted=None):
        super().__init__(name, unit)
        self.floor, self.goal, self.accepted = floor, goal, accepted

    @property
    def ratio(self):
        return self.median / self.floor.median if self.floor and self.values and self.floor.values else None

    def verdict(self):
        measured = self.ratio if self.floor else self.median
        if measured is None or (self.goal is None and self.accepted is None):
            return ""
        unit = "x" if self.floor else " " + self.unit
        if self.goal is not None and measured <= self.goal:
            return f"goal {self.goal:g}{unit}: met"
        if self.accepted is not None:
            goal = f"goal {self.goal:g}{unit}: missed, " if self.goal is not None else ""
            return f"{goal}bound {self.accepted:g}{unit}: {'met' if measured <= self.accepted else 'MISSED'}"
        return f"goal {self.goal:g}{unit}: missed"

    def to_json(self):
        more = {"ratio": self.ratio and round(self.ratio, 3), "goal": self.goal, "accepted": self.accepted,
                "verdict": self.verdict()}
        return super().to_json() | {key: value for key, value in more.items() if value}


def interleave(contenders, runs):
    """contenders: [(Samples, function that makes one measurement)]. One run of each in turn, so that whatever the
    machine does meanwhile hits all alike. A contender that fails is left out from then on."""
    for number in range(-2, runs):  # the first two are to warm up
        for samples, measure in contenders:
            if samples.failure:
                continue
            try:
                value = measure()
                if number >= 0:
                    samples.add(value)
            except (BenchError, OSError, subprocess.SubprocessError) as error:
                samples.failure = str(error)
                samples.values.clear()


class Workspace:
    """State of the bench's own: a directory, a run directory, a cgroup parent, and rtctl with a config for them."""

    def __init__(self, build):
        self.build = os.path.abspath(build)
        self.directory = tempfile.mkdtemp(prefix="rt-bench-", dir="/var/lib")
        self.run = tempfile.mkdtemp(prefix="rt-bench-", dir="/run")
        subprocess.run(["mount", "-t", "tmpfs", "none", self.run], check=True)  # as /run is on a booted host
        self.cgroup = os.path.basename(self.directory)
        self.config = self.write_config("rt")

    def write_config(self, name, root=None):
        path = f"{self.directory}/{name}.json"
        with open(path, "w") as file:
            json.dump({"root": root or f"{self.directory}/{name}", "run": f"{self.run}/{name}",
                       "cgroup_parent": f"/{self.cgroup}"}, file)
        return path

    def rtctl(self, *arguments, config=None):
        return [f"{self.build}/bin/rtctl", "--config", config or self.config, *arguments]

    def root_file_system(self):
        """A directory with a static busybox, the image of the start's contenders."""
        path = f"{self.directory}/rootfs"
        if not os.path.exists(path):
            for name in ("bin", "proc", "sys", "dev", "etc", "tmp"):
                os.makedirs(f"{path}/{name}")
            shutil.copy("/bin/busybox", f"{path}/bin/busybox")
            for name in ("true", "sleep", "sh", "yes", "head"):
                os.link(f"{path}/bin/busybox", f"{path}/bin/{name}")
        return path

    def image(self):
        """The same as an image of rtctl's."""
        path = f"{self.directory}/rootfs.tar"
        if not os.path.exists(path):
            subprocess.run(["tar", "-C", self.root_file_system(), "-cf", path, "."], check=True)
            output_of(self.rtctl("import", path, "bench"))
        return "bench"

    @staticmethod
    def mounts_below(directory):
        """What engines have mounted and left, the innermost first."""
        with open("/proc/self/mountinfo") as file:
            points = [line.split()[4] for line in file]
        return [point for point in reversed(points) if point.startswith(directory + "/")]

    def cgroups(self):
        """The parent of the bench's containers, in each hierarchy that there is."""
        hierarchies = [f"/sys/fs/cgroup/{name}" for name in os.listdir("/sys/fs/cgroup")]
        paths = [f"{hierarchy}/{self.cgroup}" for hierarchy in ["/sys/fs/cgroup", *hierarchies]]
        return [path for path in paths if os.path.isdir(path)]

    def close(self):
        if os.path.exists(f"{self.directory}/rt"):
            ids = subprocess.run(self.rtctl("ps", "-a", "-q"), capture_output=True, text=True).stdout.split()
            if ids:
                subprocess.run(self.rtctl("rm", "-f", *ids), capture_output=True)
        for path in self.mounts_below(self.directory):
            subprocess.run(["umount", "-l", path], capture_output=True)
        subprocess.run(["umount", "-l", self.run], check=True)
        for path in (self.directory, self.run):
            shutil.rmtree(path, ignore_errors=True)
        for path in self.cgroups():
            for below, _, _ in os.walk(path, topdown=False):
                try:
                    os.rmdir(below)
                except OSError:
                    pass  # something still runs in it: shown by the leak check of the caller
