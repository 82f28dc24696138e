# SPDX-License-Identifier: Apache-2.0
"""What the machine is given on a read-only disk: the package, the tests as they were built, an image in a registry."""
import importlib.machinery, importlib.util, os, shutil, subprocess, tarfile

from image import run

WHOLE = ["bin", "lib", "libexec", "tests/attack", "tests/fixtures"]
SOURCE_FILES = ["tests/fixtures/docker_api.json", "docs"]  # that tests read
LAYER_FILES, LAYER_FILE_SIZE = 60, 40000


def copy_build(build, out):
    """Programs, plugins and tests, without what they were made from."""
    for at, directories, names in os.walk(build):
        place = os.path.relpath(at, build)
        directories[:] = [name for name in directories if name not in ("CMakeFiles", "package", "vm", "Testing")]
        whole = any(place == name or place.startswith(name + "/") for name in WHOLE)
        for name in names:
            path = f"{at}/{name}"
            if whole or (place == "tests" and name.endswith("_root_test")):
                os.makedirs(f"{out}/{place}", exist_ok=True)
                shutil.copy2(path, f"{out}/{place}/{name}")


def copy_source(source, out):
    for name in SOURCE_FILES:
        os.makedirs(os.path.dirname(f"{out}/{name}"), exist_ok=True)
        copy = shutil.copytree if os.path.isdir(f"{source}/{name}") else shutil.copy2
        copy(f"{source}/{name}", f"{out}/{name}")


def images(source):
    """scripts/make-test-image as a module."""
    loader = importlib.machinery.SourceFileLoader("make_test_image", f"{source}/scripts/make-test-image")
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


def busybox_tree(directory):
    for name in ("bin", "etc", "proc", "sys", "dev", "tmp"):
        os.makedirs(f"{directory}/{name}")
    shutil.copy2("/bin/busybox", f"{directory}/bin/busybox")
    for name in ("sh", "cat", "sleep", "sha256sum", "echo", "true", "ls", "dd", "touch", "mknod", "head", "wc"):
        os.symlink("busybox", f"{directory}/bin/{name}")


def data_tree(directory):
    """Files that do not compress, with their sums in /data/sums."""
    os.makedirs(f"{directory}/data")
    for number in range(LAYER_FILES):
        with open(f"{directory}/data/{number}", "wb") as file:
            file.write(os.urandom(LAYER_FILE_SIZE))
    with open(f"{directory}/data/sums", "w") as file:
        subprocess.run(["sha256sum", *[f"data/{number}" for number in range(LAYER_FILES)]], cwd=directory, stdout=file,
                       check=True)


def make_registry(source, work, out):
    """docker-registry's storage with the image bench/two-layers: busybox, and files on top of it."""
    made, tars = images(source), []
    for name, fill in (("base", busybox_tree), ("data", data_tree)):
        os.makedirs(f"{work}/{name}")
        fill(f"{work}/{name}")
        tars.append(f"{work}/{name}.tar")
        with tarfile.open(tars[-1], "w") as archive:
            archive.add(f"{work}/{name}", ".")
    manifest, descriptor = made.make_layout(f"{work}/layout", tars)
    made.make_registry(out, f"{work}/layout", manifest, descriptor)
    shutil.copy2(tars[0], f"{os.path.dirname(out)}/busybox.tar")


def write_portions(path, portions):
    """A line each, as guest/portion takes it."""
    with open(path, "w") as file:
        for number, (program, names) in enumerate(portions):
            file.write(f"{program}.{number} {':'.join(names)}\n")


def make(source, build, package, portions, directory):
    """The disk's image, below directory; portions: of the build tree's tests, as suite.py makes them."""
    stage, work = f"{directory}/payload", f"{directory}/registry.d"
    shutil.copytree(f"{source}/tests/vm/guest", f"{stage}/guest")
    shutil.copy2(package, f"{stage}/rt.deb")
    copy_build(build, f"{stage}/build")
    copy_source(source, f"{stage}/source")
    os.makedirs(work)
    make_registry(source, work, f"{stage}/registry")
    write_portions(f"{stage}/portions", portions)
    with open(f"{stage}/settings", "w") as file:
        file.write(f"build='{build}'\nsource='{source}'\n")
    out = f"{directory}/payload.img"
    run(["mkfs.erofs", "--quiet", "-T0", "--all-root", out, stage])
    shutil.rmtree(stage)
    shutil.rmtree(work)
    return out
