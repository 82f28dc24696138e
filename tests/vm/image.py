# SPDX-License-Identifier: Apache-2.0
"""The virtual machine's root file system, kernel and initrd: Debian 12, made once and kept by what goes into it."""
import hashlib, os, shutil, subprocess, sys, time

SUITE = "bookworm"
# What the tests in the machine use; what the package rt needs is added to it.
PACKAGES = ["systemd-sysv", "dbus", "udev", "kmod", "linux-image-cloud-amd64", "busybox-static", "iproute2", "nftables",
            "procps", "docker-registry", "inotify-tools", "sqlite3"]
# The initrd brings up the disk and nothing else; ext4 is built into the kernel.
BOOT_MODULES = ["virtio_pci", "virtio_blk"]
# Timers and consoles that only take time here.
MASKED = ["getty@.service", "serial-getty@.service", "apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer",
          "e2scrub_all.timer", "fstrim.timer", "docker-registry.service", "systemd-tmpfiles-clean.timer"]
UNIT = """[Unit]
Description=The tests of rt
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'mkdir -p /media/payload && mount -t erofs -o ro /dev/disk/by-id/virtio-payload /media/payload && \
exec /media/payload/guest/main'
StandardOutput=journal+console
StandardError=journal+console
[Install]
WantedBy=default.target
"""
# There is a cpuset from the start to the end: with the first and the last one the kernel changes its own code where all
# allocations pass, and the emulator may lose that race (machine.py).
CPUSET = """[Unit]
Description=A cpuset
DefaultDependencies=no
Before=sysinit.target
[Service]
AllowedCPUs=0-1
ExecStart=/bin/sleep infinity
[Install]
WantedBy=sysinit.target
"""
UNITS = {"rt-vm.service": (UNIT, "default.target"), "rt-vm-cpuset.service": (CPUSET, "sysinit.target")}
INIT = """#!/bin/busybox sh
bb=/bin/busybox
$bb mount -t devtmpfs dev /dev
$bb mount -t proc proc /proc
$bb mount -t sysfs sys /sys
for module in $($bb cat /modules); do $bb insmod /$module; done
until [ -b /dev/vda ]; do $bb usleep 10000; done
$bb mount -t ext4 /dev/vda /root || exec $bb sh
for place in dev proc sys; do $bb mount --move /$place /root/$place; done
exec $bb switch_root /root /sbin/init
"""
SIZE = "8G"  # of the file system; the file has holes
UNUSED_DAYS = 7


def say(text):
    print(f"vm: {text}", file=sys.stderr, flush=True)


def run(command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode != 0:
        raise SystemExit(f"vm: '{' '.join(command)}' failed:\n{done.stdout[-4000:]}")
    return done.stdout


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, mode)


def bootstrap(root, packages):
    excluded = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("doc", "man", "locale")]
    run(["mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(packages)}", *excluded, SUITE, root],
        env={**os.environ, "INITRD": "No"})
    write(f"{root}/etc/hostname", "rt-vm\n")
    write(f"{root}/etc/fstab", "")
    write(f"{root}/etc/machine-id", "")
    for unit, (text, target) in UNITS.items():
        write(f"{root}/etc/systemd/system/{unit}", text)
        os.makedirs(f"{root}/etc/systemd/system/{target}.wants", exist_ok=True)
        os.symlink(f"../{unit}", f"{root}/etc/systemd/system/{target}.wants/{unit}")
    for unit in MASKED:
        path = f"{root}/etc/systemd/system/{unit}"
        os.path.lexists(path) and os.unlink(path)
        os.symlink("/dev/null", path)


def make_initrd(root, work, out):
    version = os.listdir(f"{root}/lib/modules")[0]
    lines = run(["chroot", root, "modprobe", "--all", "--show-depends", "--set-version", version, *BOOT_MODULES])
    modules = list(dict.fromkeys(line.split()[1] for line in lines.splitlines() if line.startswith("insmod")))
    for name in ("bin", "dev", "proc", "sys", "root"):
        os.makedirs(f"{work}/{name}")
    shutil.copy(f"{root}/bin/busybox", f"{work}/bin/busybox")
    for module in modules:
        shutil.copy(root + module, work)
    write(f"{work}/modules", " ".join(os.path.basename(module) for module in modules))
    write(f"{work}/init", INIT, 0o755)
    files = "\n".join(os.path.relpath(os.path.join(at, name), work) for at, directories, names in os.walk(work)
                      for name in [*directories, *names])
    with open(out, "wb") as file:
        subprocess.run(["chroot", work, "/bin/busybox", "cpio", "-o", "-H", "newc"], input=files.encode(), stdout=file,
                       stderr=subprocess.DEVNULL, check=True)


def build(directory, packages):
    root, work = f"{directory}/root", f"{directory}/initrd.d"
    bootstrap(root, packages)
    make_initrd(root, work, f"{directory}/initrd")
    kernels = [name for name in os.listdir(f"{root}/boot") if name.startswith("vmlinuz-")]
    shutil.copy(f"{root}/boot/{kernels[0]}", f"{directory}/vmlinuz")
    shutil.rmtree(f"{root}/boot")
    run(["mke2fs", "-q", "-t", "ext4", "-d", root, f"{directory}/root.img", SIZE])
    shutil.rmtree(root)
    shutil.rmtree(work)


def forget_unused(cache, keep):
    """Those that no run has used for some days."""
    for name in os.listdir(cache):
        path = f"{cache}/{name}"
        if name.startswith("vm-") and path != keep and time.time() - os.stat(path).st_mtime > UNUSED_DAYS * 86400:
            shutil.rmtree(path, ignore_errors=True)


def image(cache, needed):
    """The directory with root.img, vmlinuz and initrd; needed: packages besides those that the tests use."""
    packages = sorted({*PACKAGES, *needed})
    with open(__file__, "rb") as file:
        what = file.read() + " ".join(packages).encode()
    final = f"{cache}/vm-{hashlib.sha256(what).hexdigest()[:16]}"
    os.makedirs(cache, exist_ok=True)
    if not os.path.exists(final):
        say("making the image; this takes minutes and is done once")
        half = f"{final}.{os.getpid()}.half"
        try:
            os.makedirs(half)
            build(half, packages)
            os.rename(half, final)
        finally:
            shutil.rmtree(half, ignore_errors=True)
    os.utime(final)
    forget_unused(cache, final)
    return final
