# SPDX-License-Identifier: Apache-2.0
"""What it costs rtd that many follow events and logs, and what that costs those who start containers."""
import os, select, socket, time

from daemon import Api, Rtd
from support import BenchError, Row, Samples

EVENTS, LOGS, TALKERS, SECONDS = 500, 200, 10, 5
TALK = "while :; do echo 'a line of a log, as long as they usually are'; sleep 0.1; done"


class Followers:
    """A process with connections that reads what comes and keeps nothing of it."""

    def __init__(self, path, targets):
        self.said, says = os.pipe()
        stops, self.stop = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.stop)
            try:
                follow_all(path, targets, says, stops)
            finally:
                os._exit(0)
        os.close(says)
        os.close(stops)
        self.hear("ready")

    def hear(self, wanted):
        heard = os.read(self.said, 4096).decode()
        if not heard.startswith(wanted):
            raise BenchError(heard or "the followers' process has ended")
        return heard

    def close(self):
        """Fails where they have heard nothing, or were hung up on."""
        os.close(self.stop)
        try:
            self.hear("good")
        finally:
            os.close(self.said)
            os.waitpid(self.pid, 0)


def follow_all(path, targets, says, stops):
    poll, connections, taken = select.epoll(), {}, 0
    for target in targets:
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(path)
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: rt\r\n\r\n".encode())
        if not (head := connection.recv(1 << 16)).startswith(b"HTTP/1.1 200 "):
            os.write(says, f"{target}: {head[:100]}".encode())
            return
        connections[connection.fileno()] = connection
        poll.register(connection.fileno(), select.EPOLLIN)
    poll.register(stops, select.EPOLLHUP)
    os.write(says, b"ready")
    while True:
        for descriptor, _ in poll.poll():
            if descriptor == stops:
                os.write(says, b"good" if taken > 0 else b"the followers have heard nothing")
                return
            count = len(connections[descriptor].recv(1 << 16))
            taken += count
            if count == 0:
                os.write(says, b"a follower was hung up on")
                return


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
            followers = Followers(rtd.socket, ["/events"] * EVENTS + [
                f"/containers/{talkers[number % TALKERS]}/logs?stdout=1&follow=1" for number in range(LOGS)])
            time.sleep(1)  # what the logs hold by then has been read
            before = rtd.processor_ms()
            time.sleep(SECONDS)
            processor.add((rtd.processor_ms() - before) / SECONDS)
            for _ in range(runs):
                followed.add(api.life(image))
            memory.add(rtd.private_mb())
        finally:
            if followers:
                followers.close()
            for talker in talkers:
                api.ask("DELETE", f"/containers/{talker}?force=1")
            api.close()
    report.add("followers", [alone, followed, idle, memory, processor])
