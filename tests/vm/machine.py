# SPDX-License-Identifier: Apache-2.0
"""One virtual machine: boots the kernel directly, with a disk that each boot goes on with. No network, and nothing
listens on the host: the machine speaks over its serial console and a disk for results.

The emulator can lose a race with a kernel that changes its own code under way (jump labels do): processors then run a
breakpoint that is not there any more, for ever, which the kernel reports as a stall of RCU. Each boot writes to a file of
its own on top of the one before, so that such a boot can be done again."""
import glob, os, queue, re, subprocess, tarfile, threading, time

from image import run, say

MARK = "RT-VM: "
RESULTS_SIZE = 64 << 20
# The kernel's words. It says them again after a minute; one alone may be a host that stood still for a while.
STALL, AGAIN = re.compile("rcu_preempt (self-)?detected (expedited )?stall"), 120
# The checks of its clocks fail when the host is busy with other things.
KERNEL = "console=ttyS0 quiet panic=-1 mitigations=off random.trust_cpu=on no_timer_check tsc=reliable nowatchdog"


class Machine:
    """directory: where the disk, the console's text and the results of each boot go."""

    def __init__(self, image, payload, directory):
        self.image, self.payload, self.directory = image, payload, directory
        self.boots, self.disks = 0, []
        os.makedirs(directory, exist_ok=True)

    def boot(self, phases, keeps_its_disk):
        """phases: scripts in guest; keeps_its_disk: qemu will end in good order, so its disk may be written when it likes."""
        self.boots += 1
        below = ["qcow2", "-b", self.disks[-1]] if self.disks else ["raw", "-b", f"{self.image}/root.img"]
        self.disks.append(f"{self.directory}/disk-{self.boots}.qcow2")
        run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", *below, self.disks[-1]])
        return Boot(self, f"{self.boots}-{phases[0]}", phases, "unsafe" if keeps_its_disk else "writeback")

    def take_back(self):
        """Forgets what the last boot wrote."""
        os.unlink(self.disks.pop())
        for results in glob.glob(f"{self.directory}/*.results"):
            os.unlink(results)

    def remove(self):
        while self.disks:
            self.take_back()


class Lost(Exception):
    """A machine that does not come to its end, or leaves nothing."""


class Stalled(Lost):
    """A machine whose processors go round in circles."""


class Boot:
    """A running machine; ends it when the block that it is used in is left."""

    def __init__(self, machine, name, phases, cache):
        self.machine, self.name, self.phases = machine, name, phases
        self.results = f"{machine.directory}/{name}.results"
        self.console = open(f"{machine.directory}/{name}.console", "w")
        with open(self.results, "wb") as file:
            file.truncate(RESULTS_SIZE)
        drives = [(machine.disks[-1], "qcow2", "root", f",cache={cache}"),
                  (machine.payload, "raw", "payload", ",readonly=on"), (self.results, "raw", "results", "")]
        # It does not outlive us, however we end.
        command = ["setpriv", "--pdeathsig", "KILL", "qemu-system-x86_64",
                   "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
                   "-machine", "q35", "-cpu", "max", "-accel", "tcg,thread=multi", "-smp", "2", "-m", "4G",
                   "-kernel", f"{machine.image}/vmlinuz", "-initrd", f"{machine.image}/initrd", "-append",
                   f"{KERNEL} rt.phases={','.join(phases)}", "-serial", "stdio"]
        for file, form, serial, more in drives:
            command += ["-drive", f"if=none,id={serial},file={file},format={form}{more}",
                        "-device", f"virtio-blk-pci,drive={serial},serial={serial}"]
        self.started, self.lines = time.monotonic(), queue.Queue()
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True, errors="replace")
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.cut()
        self.reader.join()
        self.console.close()

    def read(self):
        stalled = float("-inf")  # when it last said so
        for line in self.process.stdout:
            self.console.write(f"{time.monotonic() - self.started:8.2f} {line}")
            self.console.flush()
            if MARK in line:
                self.lines.put(line.split(MARK, 1)[1].strip())
            if STALL.search(line):
                if time.monotonic() - stalled < AGAIN:
                    self.lines.put(Stalled(f"its processors stall; see {self.console.name}"))
                stalled = time.monotonic()
        self.lines.put(None)

    def marks(self, seconds):
        """What the machine says until it ends or the time is over."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                line = self.lines.get(timeout=left)
            except queue.Empty:
                break
            if line is None:
                return
            if isinstance(line, Stalled):
                raise line
            yield line
        raise Lost(f"not over after {seconds} s; see {self.console.name}")

    def cut(self):
        """As if the power failed."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def wait(self, seconds):
        """Until it has switched itself off."""
        for line in self.marks(seconds):
            say(f"{self.name}: {line}")
        _, _, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = 0
        say(f"{self.name}: {time.monotonic() - self.started:.0f} s, {usage.ru_utime + usage.ru_stime:.0f} s of processors")

    def unpack(self):
        """The directory with what the machine has left."""
        directory = f"{self.machine.directory}/{self.name}"
        try:
            with tarfile.open(self.results) as archive:
                archive.extractall(directory)
        except (OSError, tarfile.TarError) as problem:
            raise Lost(f"no results ({problem}); see {self.console.name}")
        os.unlink(self.results)
        return directory
