// SPDX-License-Identifier: Apache-2.0
#include "core/doctor/finding.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace rt::doctor {
namespace {

using enum Severity;

// In the order in which they are looked for and told. docs/doctor.md has the same table; a test compares the
// two.
constexpr std::array kChecks{
    Check{"container.half-made", leftover, true, "its creation was killed before it was there"},
    Check{"container.half-removed", leftover, true, "its removal was begun and not brought to its end"},
    Check{"container.shim-dead", leftover, true, "recorded as running, and its shim is gone"},
    Check{"container.shim-stopped", error, true, "its shim is stopped (SIGSTOP) and answers nobody"},
    Check{"container.not-reaped", leftover, true, "it has ended, and its shim cannot get it cleaned up"},
    Check{"container.network-change", leftover, true, "a change of its networks was interrupted"},
    Check{"container.endpoint", leftover, true, "it does not run, and still has places in networks"},
    Check{"container.unrecorded", error, false, "it runs, and the database does not know it"},
    Check{"container.run-directory", leftover, true, "a run directory of none that runs"},
    Check{"container.name-link", leftover, true, "a name in the index of running ones that leads to none"},
    Check{"container.log", leftover, true, "a log file of none that exists", true},
    Check{"container.id-range", leftover, true, "ids of the host reserved for none that exists"},
    Check{"container.layer-missing", error, false, "its writable layer is gone"},
    Check{"shim.orphan", leftover, true, "a shim that no run directory leads to"},
    Check{"lock.unneeded", leftover, true, "a lock file of what exists no more"},
    Check{"network.endpoint", leftover, true, "an endpoint of no container"},
    Check{"network.lease", leftover, true, "an address lease of no endpoint"},
    Check{"network.name", leftover, true, "a name in a network that nobody has"},
    Check{"network.half-made", warning, false, "its creation or removal was interrupted"},
    Check{"network.broken", error, false,
          "a running container is not attached any more as its driver left it"},
    Check{"volume.half-removed", leftover, true, "its removal was begun and not brought to its end"},
    Check{"volume.use", leftover, true, "in use by a container that does not exist"},
    Check{"volume.mount", leftover, true, "mounted on the host for no container"},
    Check{"volume.directory", warning, false, "a directory among the volumes that is none"},
    Check{"image.blob-unneeded", leftover, true, "a blob that no image has"},
    Check{"image.part", leftover, true, "what an interrupted download or import left"},
    Check{"image.layer-unneeded", leftover, true, "an unpacked layer that no image has"},
    Check{"image.layer-missing", error, true, "a layer that is recorded as unpacked and is not there"},
    Check{"image.blob-missing", error, false, "a blob that an image needs is not there"},
    Check{"image.blob-damaged", error, false, "the content of a blob is not what its digest says (--verify)",
          false, true},
    Check{"state.damaged", error, false, "the database is not sound (--verify)", false, true},
    Check{"state.trial", leftover, true, "a directory of a look at a plugin that was killed"},
    Check{"storage.snapshot", leftover, true, "a writable layer of no container", true},
    Check{"storage.leftover", leftover, true, "what a storage driver finds of its own"},
    Check{"network.leftover", leftover, true, "what a network driver finds of its own"},
    Check{"isolation.leftover", leftover, true, "what an isolation driver finds of its own"},
    Check{"driver.missing", error, false, "a driver that something here needs is not in the wiring file"},
    Check{"driver.fault", error, false, "a driver does not work on this host, or is broken"},
    Check{"driver.warning", warning, false, "a driver's probe warns of something on this host"},
    Check{"host.name-servers", warning, false, "containers have nobody to ask for names"},
    Check{"host.space", warning, false, "a file system of rt is nearly full"},
    Check{"host.time", warning, false, "the clock is behind what is recorded"},
};

} // namespace

std::span<const Check> all_checks() {
    return kChecks;
}

const Check& check_named(std::string_view name) {
    const auto* const found = std::ranges::find(kChecks, name, &Check::name);
    if (found == kChecks.end()) std::abort();
    return *found;
}

} // namespace rt::doctor
