// SPDX-License-Identifier: Apache-2.0
// Writes linux.resources into the control files of one cgroup directory. directory: its descriptor; name: for
// errors.
#pragma once

#include "cgroup_layout.hpp"
#include "oci_config.hpp"

#include <functional>
#include <string>
#include <vector>

namespace rt::namespaces {

// What files held before they were written, so that a change of several limits can be taken back. Files with
// a line for each device are not noted.
class LimitJournal {
public:
    void note(const std::string& file); // its path; before it is written
    // Puts everything back, the latest first; what the kernel does not take is warned of.
    void restore(const std::function<void(const std::string&)>& warn) const;

private:
    struct Entry {
        std::string file, text;
    };
    std::vector<Entry> entries_;
};

struct LimitTarget {
    int directory;
    std::string name; // its path
    std::function<void(const std::string&)> warn;
    LimitJournal* journal = nullptr; // borrowed
};

// The one way in which a limit is written.
Result<void> write_limit(const LimitTarget& target, const char* file, const std::string& text);

Result<void> write_v1_limits(const LimitTarget& target, const Hierarchy& hierarchy,
                             const Resources& resources, const std::vector<DeviceRule>& rules);
Result<void> write_v2_limits(const LimitTarget& target, const Resources& resources);

// The device rules in force: those of the config (everything denied where it gives none), then the devices
// every container has and those of linux.devices for which the config has no rule of their own. The last rule
// that matches decides.
std::vector<DeviceRule> effective_device_rules(const Resources& resources,
                                               const std::vector<DeviceSpec>& devices);

// Do the rules forbid nothing?
bool allow_everything(const std::vector<DeviceRule>& rules);

// cpu.shares (2..262144) as cpu.weight (1..10000), the field's mapping.
std::uint64_t cpu_weight_of_shares(std::uint64_t shares);
// blkio.weight (10..1000) as io.weight (1..10000), the field's mapping.
std::uint64_t io_weight_of_blkio(std::uint64_t weight);

} // namespace rt::namespaces
