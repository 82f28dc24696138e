// SPDX-License-Identifier: Apache-2.0
// What has to be looked up on the host before a container's options mean anything there: the nodes of its
// devices, the numbers of disks, the kernel. Nothing that is not asked for is looked at.
#pragma once

#include "core/base/file.hpp"
#include "core/container/spec.hpp"

#include <map>
#include <string>
#include <vector>

namespace rt {

struct DeviceNumber {
    unsigned major = 0, minor = 0;
    bool operator==(const DeviceNumber&) const = default;
};

struct HostDevice {
    std::string path; // in the container
    char type = 'c';  // or 'b'
    DeviceNumber number{};
    unsigned mode = 0, uid = 0, gid = 0;
    std::string access; // "rwm"
};

struct HostFacts {
    std::vector<HostDevice> devices;
    std::map<std::string, DeviceNumber> disks; // by path, those that block IO limits name
    std::string kernel;                        // release; only where a seccomp profile is given
    std::string architecture;                  // Go's name; likewise
};

// invalid_argument, in docker's words: it asks for CPUs or memory nodes that this host does not have.
Result<void> refuse_missing_cpus(const ContainerSpec& spec, const Path& root = "/");

// Devices: directories with all that is in them; with --privileged every node below /dev. root: where /dev
// and /sys are (tests). not_found and invalid_argument name the option's value.
Result<HostFacts> look_at_host(const ContainerSpec& spec, const Path& root = "/");

} // namespace rt
