// SPDX-License-Identifier: Apache-2.0
// The cgroups of one container: one directory per hierarchy, made with its limits, entered, emptied and
// removed. Owns descriptors of the directories only; the cgroups themselves stay until remove(). One thread
// at a time.
#pragma once

#include "cgroup_layout.hpp"
#include "oci_config.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace rt::namespaces {

using Warn = std::function<void(const std::string&)>;

// In which v1 hierarchies a container gets a cgroup: where a limit or an account needs one, or in all, so
// that one who may mount them finds its own cgroup and not the host's root with its release_agent
// (CVE-2022-0492).
enum class Hierarchies { needed, all };

// What is asked of a container's cgroups.
struct CgroupSpec {
    const Resources& resources;
    const std::vector<DeviceSpec>& devices;
    const Warn& warn;
    Hierarchies hierarchies = Hierarchies::needed;
};

class LimitJournal;

class Cgroup {
public:
    // path: see cgroup_path_for(). Nothing is made yet.
    Cgroup(const CgroupLayout& layout, std::string path) : layout_(&layout), path_(std::move(path)) {}

    [[nodiscard]] const std::string& path() const { return path_; }

    // Makes the directories and writes the limits, in two parts: first what processes are born into (v2),
    // then the others, which takes longer and can go on while the first process makes itself ready. After a
    // failure: undo(). RTP_ALREADY_EXISTS: one of this path holds processes.
    Result<void> create_unified(const CgroupSpec& spec);
    Result<void> create_others(const CgroupSpec& spec);
    void undo(); // what this object has made, and nothing else

    // The directory that CLONE_INTO_CGROUP takes (v2); empty: there is none.
    Result<UniqueFd> open_unified() const;

    // Sends a signal to every process; returns how many there were.
    Result<int> signal_all(int number) const;
    // From outside, in ascending order; none when all have ended.
    [[nodiscard]] Result<std::vector<int>> processes() const;
    // Holds every process still, and lets go of them. check: asked while waiting.
    Result<void> freeze(const std::function<Result<void>()>& check) const;
    Result<void> thaw() const;
    // Is SIGKILL of no effect before thaw()? So it is on v1 only.
    [[nodiscard]] bool must_thaw_to_kill() const;
    // Changes limits; what is not given stays. Makes cgroups that so far nothing needed, and moves the
    // processes. After a failure the limits are what they were.
    Result<void> update(const Resources& resources, const Warn& warn);
    // Kills what is left, waits until it is gone and removes the directories, also of cgroups made below by
    // the container.
    Result<void> remove(const std::function<Result<void>()>& check) const;

    // The directories as the host sees them, with the hierarchy each belongs to: those that create_*() make,
    // or, for a cgroup of before, those that exist.
    struct Directory {
        const Hierarchy* hierarchy;
        std::string path;
    };
    [[nodiscard]] std::vector<Directory> directories() const;

private:
    [[nodiscard]] std::vector<Directory> wanted(const CgroupSpec& spec) const;
    // Where the processes are listed, and where they are held still.
    [[nodiscard]] std::optional<Directory> main_directory() const;
    Result<Directory> freezer() const;
    Result<void> add(const Directory& directory, const CgroupSpec& spec);
    Result<void> update_all(const Resources& resources, const Warn& warn, LimitJournal& journal);
    Result<void> check(const Resources& resources) const;
    Result<void> make_directory(const Directory& directory);
    Result<void> create_one(const Directory& wanted, const CgroupSpec& spec,
                            const std::vector<DeviceRule>& rules);

    const CgroupLayout* layout_;
    std::string path_;
    std::optional<std::vector<Directory>> planned_;
    std::vector<std::string> made_;
};

// RTP_UNSUPPORTED: nothing on this host enforces rules for devices. They would be an open door to its disks.
Result<void> require_device_control(const CgroupLayout& layout);

// What a process needs to enter v1 cgroups: files into which it writes "0" itself. Moving oneself takes no
// global lock; being moved costs milliseconds of waiting for an RCU grace period.
Result<std::vector<UniqueFd>> open_entrances(const std::vector<Cgroup::Directory>& cgroups);

} // namespace rt::namespaces
