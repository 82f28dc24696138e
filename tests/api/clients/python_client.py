#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What programs do with python3-docker: DOCKER_HOST says where. Ends with an error at the first surprise."""
import faulthandler
import io
import tarfile

import docker

faulthandler.dump_traceback_later(50, exit=True)  # where it hangs
client = docker.from_env(timeout=60)


def check(value, what):
    if not value:
        raise SystemExit(f"not as expected: {what}")


def expect(error, call, *arguments, **named):
    try:
        call(*arguments, **named)
    except error as problem:
        return problem
    raise SystemExit(f"no {error.__name__} from {call.__name__}")


def system():
    check(client.ping(), "ping")
    check(client.version()["ApiVersion"] == "1.50", "version")
    check(client.info()["Driver"] == "overlayfs", "info")
    check(client.df()["Images"], "df")


def run():
    check(client.containers.run("busybox", ["echo", "hello"], remove=True) == b"hello\n", "run")
    problem = expect(docker.errors.ContainerError, client.containers.run, "busybox", ["sh", "-c", "echo bad >&2; exit 3"],
                     remove=True)
    check(problem.exit_status == 3 and b"bad" in problem.stderr, "run that fails")
    expect(docker.errors.ImageNotFound, client.api.inspect_image, "nothing:here")
    expect(docker.errors.NotFound, client.containers.get, "nothing")


def life():
    container = client.containers.run(
        "busybox", ["sh", "-c", "echo one; echo two >&2; sleep 100"], detach=True, name="life", labels={"who": "python"},
        environment={"A": "b"}, mem_limit="64m", ports={"80/tcp": ("127.0.0.1", None)})
    for line in container.logs(stream=True, follow=True):
        if b"one" in line:
            break
    check(client.containers.list(filters={"label": "who=python"})[0].id == container.id, "list")
    code, output = container.exec_run(["sh", "-c", "echo $A; exit 4"], demux=True)
    check(code == 4 and output == (b"b\n", None), f"exec: {code} {output}")
    check(container.exec_run(["cat"], tty=True, detach=True) is not None, "detached exec")
    check(container.stats(stream=False)["memory_stats"]["limit"] == 64 << 20, "stats")
    first = next(container.stats(decode=True))
    check(first["id"] == container.id, "stream of stats")
    processes = container.top()["Processes"]
    check(any("sleep 100" in process[-1] for process in processes), f"top: {processes}")
    container.reload()
    check(container.attrs["NetworkSettings"]["Ports"]["80/tcp"][0]["HostIp"] == "127.0.0.1", "ports")
    container.pause()
    container.unpause()
    container.rename("renamed")
    container.update(mem_limit="128m", memswap_limit="256m")
    container.restart(timeout=0)
    container.stop(timeout=0)
    check(container.wait()["StatusCode"] == 137, "wait")
    check(b"two" in container.logs(stdout=False, stderr=True), "logs")
    container.remove(v=True)


def files():
    container = client.containers.create("busybox", "true")
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        entry = tarfile.TarInfo("file")
        entry.size = 5
        archive.addfile(entry, io.BytesIO(b"hello"))
    check(container.put_archive("/tmp", data.getvalue()), "put_archive")
    stream, stat = container.get_archive("/tmp/file")
    check(stat["size"] == 5, "stat")
    with tarfile.open(fileobj=io.BytesIO(b"".join(stream))) as archive:
        check(archive.extractfile("file").read() == b"hello", "get_archive")
    check(any(change["Path"] == "/tmp/file" for change in container.diff()), "diff")
    check(sum(len(piece) for piece in container.export()) > 1000, "export")
    container.remove()


def terminal():
    container = client.containers.create("busybox", ["cat"], tty=True, stdin_open=True)
    socket = container.attach_socket(params={"stdin": 1, "stdout": 1, "stream": 1})
    container.start()
    container.resize(30, 100)
    socket._sock.sendall(b"typed\n")
    seen = b""
    while seen.count(b"typed") < 2:  # the terminal's echo, and cat's
        seen += socket._sock.recv(100)
    socket.close()
    container.remove(force=True)


def things():
    network = client.networks.create("mine", labels={"a": "b"}, ipam=docker.types.IPAMConfig(
        pool_configs=[docker.types.IPAMPool(subnet="10.77.0.0/24")]))
    volume = client.volumes.create("data", labels={"a": "b"})
    container = client.containers.run("busybox", ["sleep", "100"], detach=True, network="mine", name="member",
                                      volumes={"data": {"bind": "/d", "mode": "rw"}})
    network.reload()
    check(network.attrs["IPAM"]["Config"][0]["Subnet"] == "10.77.0.0/24", "network")
    check(network.containers[0].id == container.id, "who is in the network")
    client.networks.get("bridge").connect(container, aliases=None)
    client.networks.get("bridge").disconnect(container)
    expect(docker.errors.APIError, volume.remove)
    container.remove(force=True)
    network.remove()
    volume.remove()
    check(client.volumes.prune()["VolumesDeleted"] in (None, []), "prune")


def images():
    image = client.images.get("busybox")
    check(image.tag("other", "1"), "tag")
    check("other:1" in client.images.get("other:1").tags, "tags")
    check(image.history()[0]["Id"] == image.id, "history")
    client.images.remove("other:1")
    check([one.id for one in client.images.list("busybox")] == [image.id], "list of images")


def events():
    stream = client.events(decode=True, filters={"type": "container", "event": ["create", "destroy"]})
    container = client.containers.create("busybox", "true")
    container.remove()
    check([next(stream)["Action"] for _ in range(2)] == ["create", "destroy"], "events")
    stream.close()


for part in (system, run, life, files, terminal, things, images, events):
    part()
    print(part.__name__, flush=True)
