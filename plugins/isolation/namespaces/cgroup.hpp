// SPDX-License-Identifier: Apache-2.0
// The cgroups of one container: one directory per hierarchy, made with its limits, entered, emptied and
// removed. Owns descriptors of the directories only; the cgroups themselves stay until remove(). One thread
// at a time.
#pragma once

#include "cgroup_layout.hpp"
#include "oci_config.hpp"

#include <functional>
#include <string>
#include <vector>

namespace rt::namespaces {

using Warn = std::function<void(const std::string&)>;

class Cgroup {
public:
    // path: see cgroup_path_for(). Nothing is made yet.
    Cgroup(const CgroupLayout& layout, std::string path) : layout_(&layout), path_(std::move(path)) {}

    // Removes what an earlier container of this path left behind. RTP_ALREADY_EXISTS: it holds processes.
    Result<void> check_free() const;

    // Makes the directories and writes the limits. Not undone after a failure:
    // remove() does that.
    Result<void> create(const Resources& resources, const std::vector<DeviceSpec>& devices, const Warn& warn);

    // What a process needs to enter: files into which it writes "0" itself (v1), and the directory that
    // CLONE_INTO_CGROUP takes (v2; -1: there is none). Moving oneself takes no global lock; being moved costs
    // milliseconds of waiting for an RCU grace period.
    Result<std::vector<UniqueFd>> open_entrances() const;
    Result<UniqueFd> open_unified() const;

    // Sends a signal to every process; returns how many there were.
    Result<int> signal_all(int number) const;
    // Kills what is left, waits until it is gone and removes the directories, also of cgroups made below by
    // the container.
    Result<void> remove(const std::function<Result<void>()>& check) const;

    // The directories as the host sees them, with the hierarchy each belongs to; those that do not exist left
    // out.
    struct Directory {
        const Hierarchy* hierarchy;
        std::string path;
    };
    [[nodiscard]] std::vector<Directory> directories() const;

private:
    [[nodiscard]] std::vector<Directory> wanted(const Resources& resources) const;
    const CgroupLayout* layout_;
    std::string path_;
};

} // namespace rt::namespaces
