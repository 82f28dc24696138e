# SPDX-License-Identifier: Apache-2.0
"""What it costs rtd that many follow events and logs, and what that costs those who start containers."""
import select, socket, threading, time

from daemon import Api, Rtd
from support import BenchError, Row, Samples

EVENTS, LOGS, TALKERS, SECONDS = 500, 200, 10, 5
TALK = "while :; do echo 'a line of a log, as long as they usually are'; sleep 0.1; done"


class Followers:
    """Connections that read what comes and keep nothing of it."""

    def __init__(self, path):
        self.path, self.poll, self.connections, self.taken, self.lost = path, select.epoll(), {}, 0, 0
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.ends = False
        self.reader.start()

    def follow(self, target):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(self.path)
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: rt\r\n\r\n".encode())
        if not (head := connection.recv(1 << 16)).startswith(b"HTTP/1.1 200 "):
            raise BenchError(f"{target}: {head[:100]}")
        self.connections[connection.fileno()] = connection
        self.poll.register(connection.fileno(), select.EPOLLIN)

    def read(self):
        while not self.ends:
            for descriptor, _ in self.poll.poll(0.1):
                count = len(self.connections[descriptor].recv(1 << 16))
                self.taken += count
                if count == 0:
                    self.poll.unregister(descriptor)
                    self.lost += 1

    def check(self):
        if self.lost > 0 or self.taken == 0:
            raise BenchError(f"{self.lost} followers were hung up on, all have heard {self.taken} bytes")

    def close(self):
        self.ends = True
        self.reader.join()
        for connection in self.connections.values():
            connection.close()


def measure_followers(workspace, runs, report):
    image = workspace.image()
    alone = Samples("create, start, wait and remove, nobody follows")
    followed = Row(f"the same, {EVENTS} follow events and {LOGS} logs", floor=alone, goal=1.5)
    idle = Samples("private memory of rtd before", unit="MB")
    memory = Samples("the same with all of them", unit="MB")
    processor = Samples(f"processor for {LOGS} logs of 10 lines a second", unit="ms/s")
    with Rtd(workspace) as rtd:
        api = Api(rtd.socket)
        talkers = [api.ask("POST", "/containers/create", {"Image": image, "Cmd": ["sh", "-c", TALK]})["Id"]
                   for _ in range(TALKERS)]
        followers = None
        try:
            for talker in talkers:
                api.ask("POST", f"/containers/{talker}/start")
            idle.add(rtd.private_mb())
            for _ in range(runs):
                alone.add(api.life(image))
            followers = Followers(rtd.socket)
            for _ in range(EVENTS):
                followers.follow("/events")
            for number in range(LOGS):
                followers.follow(f"/containers/{talkers[number % TALKERS]}/logs?stdout=1&follow=1")
            time.sleep(1)  # what the logs hold by then has been read
            before = rtd.processor_ms()
            time.sleep(SECONDS)
            processor.add((rtd.processor_ms() - before) / SECONDS)
            for _ in range(runs):
                followed.add(api.life(image))
            memory.add(rtd.private_mb())
            followers.check()
        finally:
            if followers:
                followers.close()
            for talker in talkers:
                api.ask("DELETE", f"/containers/{talker}?force=1")
            api.close()
    report.add("followers", [alone, followed, idle, memory, processor])
