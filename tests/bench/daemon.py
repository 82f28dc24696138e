# SPDX-License-Identifier: Apache-2.0
"""An rtd of the bench's own, and a connection to it that is kept."""
import http.client, json, os, socket, subprocess, time

from support import BenchError


class Rtd:
    """Listens at .socket from the moment it is entered until it is left."""

    def __init__(self, workspace):
        self.socket = f"{workspace.run}/rtd.sock"
        self.command = [f"{workspace.build}/bin/rtd", "--config", workspace.config, "--host", f"unix://{self.socket}",
                        "--group", ""]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while not os.path.exists(self.socket):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise BenchError("rtd does not listen")
            time.sleep(0.002)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def private_mb(self):
        with open(f"/proc/{self.process.pid}/smaps_rollup") as file:
            return sum(int(line.split()[1]) for line in file if line.startswith("Private_")) / 1024

    def processor_ms(self):
        """Of all its threads, those that have ended too."""
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


class Api(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("rt")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)

    def ask(self, method, target, body=None, good=(200, 201, 204)):
        headers = {"Content-Type": "application/json"} if body is not None else {}
        self.request(method, target, json.dumps(body) if body is not None else None, headers)
        answer = self.getresponse()
        text = answer.read()
        if answer.status not in good:
            raise BenchError(f"{method} {target}: {answer.status} {text[:200].decode(errors='replace')}")
        return json.loads(text) if text else None

    def life(self, image):
        """Create, start, wait and remove, the milliseconds that it takes."""
        began = time.perf_counter()
        made = self.ask("POST", "/containers/create", {"Image": image, "Cmd": ["true"]})["Id"]
        self.ask("POST", f"/containers/{made}/start")
        self.ask("POST", f"/containers/{made}/wait")
        self.ask("DELETE", f"/containers/{made}")
        return (time.perf_counter() - began) * 1000
