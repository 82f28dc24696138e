# SPDX-License-Identifier: Apache-2.0
"""Pull and unpack of a real image of two layers from a registry on loopback, next to igzip and tar alone."""
import json, os, shutil, socket, subprocess, time, urllib.error, urllib.request

from part_start import podman_command
from support import BenchError, Row, Samples, interleave, output_of, spawn_ms

REPOSITORY = "bench/two-layers"


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


def measure_pull(workspace, runs, report):
    layout = make_pull_image()
    layers = layers_of(layout)
    registry = Registry(workspace, f"{layout}.registry")
    reference = f"{registry.address}/{REPOSITORY}:latest"
    config = workspace.write_config("pull")

    def pull():
        fresh(f"{workspace.directory}/pull")
        shutil.rmtree(f"{workspace.run}/pull", ignore_errors=True)
        return spawn_ms(workspace.rtctl("pull", reference, config=config))

    def podman():
        fresh(f"{workspace.directory}/podman-pull")
        base = podman_command(workspace, "podman-pull")
        return spawn_ms([*base, "pull", "--quiet", "--tls-verify=false", reference])

    floor = Samples("igzip -dc | tar -x, layers in parallel")
    contenders = [(floor, lambda: unpack(layers, f"{workspace.directory}/unpack")),
                  (Row("rtctl pull", floor=floor, goal=1.5, accepted=2.5), pull)]
    peers = [(Row("podman pull", floor=floor), podman)] if shutil.which("podman") else []
    try:
        interleave(contenders, runs)
        interleave(peers, min(runs, 5))  # seconds each, and only for comparison
    finally:
        registry.close()
        for name in ("pull", "unpack", "podman-pull"):
            shutil.rmtree(f"{workspace.directory}/{name}", ignore_errors=True)
    size = sum(os.path.getsize(layer) for layer in layers) / 1e6
    report.details["pull_image"] = {"layers": len(layers), "compressed_mb": round(size, 1)}
    report.add("pull and unpack", [samples for samples, _ in [*contenders, *peers]])
