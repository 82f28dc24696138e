# SPDX-License-Identifier: Apache-2.0
"""Pull and unpack of a real image of two layers from a registry on loopback, next to igzip and tar alone."""
import contextlib, json, os, shutil, socket, subprocess, time, urllib.error, urllib.request

from part_start import podman_command
from support import BenchError, Row, Samples, interleave, output_of, spawn_ms

REPOSITORY = "bench/two-layers"
LEAST_GB = 6  # of memory that is free for the rows on a tmpfs


class Registry:
    """docker-registry over a directory that nobody writes to."""

    def __init__(self, workspace, storage):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{probe.getsockname()[1]}"
        config = f"{workspace.directory}/registry.yml"
        with open(config, "w") as file:
            json.dump({"version": 0.1, "log": {"level": "error", "accesslog": {"disabled": True}},
                       "storage": {"filesystem": {"rootdirectory": storage},
                                   "maintenance": {"readonly": {"enabled": True}}},
                       "http": {"addr": self.address}}, file)
        self.process = subprocess.Popen(["docker-registry", "serve", config], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while not self.answers():
            if time.monotonic() > deadline or self.process.poll() is not None:
                self.close()
                raise BenchError("docker-registry does not start")
            time.sleep(0.05)

    def answers(self):
        try:
            return urllib.request.urlopen(f"http://{self.address}/v2/", timeout=2).status == 200
        except (urllib.error.URLError, OSError):
            return False

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(timeout=20)


def layers_of(layout):
    def blob(descriptor):
        return f"{layout}/blobs/sha256/{descriptor['digest'].removeprefix('sha256:')}"
    with open(f"{layout}/index.json") as file:
        index = json.load(file)
    with open(blob(index["manifests"][0])) as file:
        return [blob(layer) for layer in json.load(file)["layers"]]


def fresh(path):
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    os.sync()  # what the run before left to be written is not this one's cost
    return path


def unpack(layers, directory):
    """The floor: each layer through igzip and tar, all at once."""
    fresh(directory)
    start = time.perf_counter_ns()
    running = []
    for number, layer in enumerate(layers):
        target = f"{directory}/{number}"
        os.mkdir(target)
        inflate = subprocess.Popen(["igzip", "-dc", layer], stdout=subprocess.PIPE)
        running += [inflate, subprocess.Popen(["tar", "-x", "-C", target], stdin=inflate.stdout)]
        inflate.stdout.close()
    if any([process.wait() for process in running]):
        raise BenchError("igzip or tar failed")
    return (time.perf_counter_ns() - start) / 1e6


def make_pull_image():
    """The path of the image's OCI layout; made where it is not kept from an earlier run."""
    script = os.path.join(os.path.dirname(__file__), "../../scripts/make-test-image")
    return subprocess.run([script, "two-layers"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


class Place:
    """Where a pull ends: a directory of the bench's own. What the contenders put there goes before each run."""

    def __init__(self, workspace, reference, layers, directory, suffix):
        self.workspace, self.reference, self.layers = workspace, reference, layers
        self.directory, self.suffix = directory, suffix
        self.name = os.path.basename(directory)
        self.config = workspace.write_config(self.name, f"{directory}/rt")
        self.floor = Samples(f"igzip -dc | tar -x, in parallel{suffix}")

    def pull(self):
        fresh(f"{self.directory}/rt")
        shutil.rmtree(f"{self.workspace.run}/{self.name}", ignore_errors=True)
        return spawn_ms(self.workspace.rtctl("pull", self.reference, config=self.config))

    def podman(self):
        root = fresh(f"{self.directory}/podman")
        base = podman_command(self.workspace, self.name, root)
        return spawn_ms([*base, "pull", "--quiet", "--tls-verify=false", self.reference])

    def contenders(self):
        return [(self.floor, lambda: unpack(self.layers, f"{self.directory}/unpack")),
                (Row(f"rtctl pull{self.suffix}", floor=self.floor, goal=1.5, accepted=2.5), self.pull)]

    def peers(self):
        return [(Row(f"podman pull{self.suffix}", floor=self.floor), self.podman)] if shutil.which("podman") else []

    def measure(self, runs):
        contenders, peers = self.contenders(), self.peers()
        try:
            interleave(contenders, runs)
            interleave(peers, min(runs, 5))  # seconds each, and only for comparison
        finally:
            for entry in os.listdir(self.directory):
                shutil.rmtree(f"{self.directory}/{entry}", ignore_errors=True)
        return [samples for samples, _ in [*contenders, *peers]]


def available_gb():
    with open("/proc/meminfo") as file:
        kilobytes = next(int(line.split()[1]) for line in file if line.startswith("MemAvailable:"))
    return kilobytes / 1e6


@contextlib.contextmanager
def in_memory(directory):
    os.mkdir(directory)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=5g,mode=0700", "none", directory], check=True)
    try:
        yield directory
    finally:
        subprocess.run(["umount", "-l", directory], check=True)
        os.rmdir(directory)


def measure_pull(workspace, runs, report):
    layout = make_pull_image()
    layers = layers_of(layout)
    registry = Registry(workspace, f"{layout}.registry")
    reference = f"{registry.address}/{REPOSITORY}:latest"
    try:
        disk = f"{workspace.directory}/pull-disk"
        os.mkdir(disk)
        rows = Place(workspace, reference, layers, disk, "").measure(runs)
        # Where the disk is what all wait for, it hides what the processor does.
        if available_gb() >= LEAST_GB:
            with in_memory(f"{workspace.directory}/pull-memory") as memory:
                rows += Place(workspace, reference, layers, memory, ", tmpfs").measure(runs)
    finally:
        registry.close()
    size = sum(os.path.getsize(layer) for layer in layers) / 1e6
    report.details["pull_image"] = {"layers": len(layers), "compressed_mb": round(size, 1)}
    report.add("pull and unpack", rows)
