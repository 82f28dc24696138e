// SPDX-License-Identifier: Apache-2.0
#include "core/container/host_facts.hpp"

#include "core/image/platform.hpp"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <set>
#include <sstream>

namespace rt {
namespace {

constexpr std::size_t kMostDevices = 8192;

// Has each container of its own, or its terminals.
bool is_the_containers_own(const std::string& path) {
    for (const char* own : {"/dev/pts", "/dev/shm", "/dev/fd", "/dev/mqueue", "/dev/console", "/dev/ptmx"})
        if (path == own || path.starts_with(cat(own, "/"))) return true;
    return false;
}

struct Wanted {
    Path on_host;
    std::string in_container, access;
};

// No node: nothing. A link is the node that it leads to.
std::optional<HostDevice> node(const Wanted& wanted, const struct stat& status) {
    if (!S_ISCHR(status.st_mode) && !S_ISBLK(status.st_mode)) return std::nullopt;
    return HostDevice{wanted.in_container,
                      S_ISBLK(status.st_mode) ? 'b' : 'c',
                      {major(status.st_rdev), minor(status.st_rdev)},
                      status.st_mode & 07777U,
                      status.st_uid,
                      status.st_gid,
                      wanted.access};
}

Result<void> add_directory(const Wanted& wanted, std::vector<HostDevice>& devices) {
    std::error_code problem;
    std::filesystem::recursive_directory_iterator entries(
        wanted.on_host, std::filesystem::directory_options::skip_permission_denied, problem);
    const std::filesystem::recursive_directory_iterator end;
    for (; !problem && entries != end; entries.increment(problem)) {
        const std::string below = entries->path().lexically_relative(wanted.on_host);
        const Wanted entry{entries->path(), cat(wanted.in_container, "/", below), wanted.access};
        if (is_the_containers_own(entry.in_container)) {
            entries.disable_recursion_pending();
            continue;
        }
        struct stat status{};
        if (::lstat(entry.on_host.c_str(), &status) != 0) continue; // gone meanwhile
        if (auto found = node(entry, status)) devices.push_back(std::move(*found));
        if (devices.size() > kMostDevices)
            return fail(Code::resource_exhausted, "device '", wanted.on_host.native(), "': more than ",
                        kMostDevices, " devices are below it");
    }
    if (problem) return fail_errno(problem.value(), "read the devices below '", wanted.on_host.native(), "'");
    return {};
}

Result<void> add_device(const DeviceMapping& mapping, const Path& root, std::vector<HostDevice>& devices) {
    const Wanted wanted{root / mapping.path_on_host.substr(1), normal_path(mapping.path_in_container),
                        mapping.cgroup_permissions};
    struct stat status{};
    if (::stat(wanted.on_host.c_str(), &status) != 0)
        return fail_errno(errno, "device '", mapping.path_on_host, "' of the host");
    if (auto found = node(wanted, status)) {
        devices.push_back(std::move(*found));
        return {};
    }
    const std::size_t before = devices.size();
    if (S_ISDIR(status.st_mode)) RT_TRY(add_directory(wanted, devices));
    if (devices.size() == before)
        return fail(Code::invalid_argument, "device '", mapping.path_on_host,
                    "' is neither a device nor a directory of devices");
    return {};
}

Result<void> add_disk(const std::string& path, const Path& root, std::map<std::string, DeviceNumber>& disks) {
    struct stat status{};
    if (::stat((root / path.substr(1)).c_str(), &status) != 0)
        return fail_errno(errno, "limit block IO of '", path, "'");
    if (!S_ISBLK(status.st_mode))
        return fail(Code::invalid_argument, "limit block IO of '", path, "': it is not a block device");
    disks[path] = {major(status.st_rdev), minor(status.st_rdev)};
    return {};
}

Result<void> refuse_relabelling(const ContainerSpec& spec, const Path& root) {
    const auto relabelled = [](const MountSpec& mount) { return !mount.selinux_relabel.empty(); };
    const auto found = std::ranges::find_if(spec.mounts, relabelled);
    // Without SELinux there is nothing to label, and docker leaves it at that too.
    if (found == spec.mounts.end() || !std::filesystem::exists(root / "sys/fs/selinux/enforce")) return {};
    return fail(Code::unsupported, "mount ", show(*found), ": relabelling (", found->selinux_relabel,
                ") is not supported: label it with chcon, or leave it out");
}

// "0-3,5", as validate() has seen it, and as the kernel writes it.
std::set<int> numbers_in(const std::string& list) {
    std::set<int> numbers;
    std::istringstream parts(list);
    for (std::string part; std::getline(parts, part, ',');) {
        const auto dash = part.find('-');
        const int first = std::atoi(part.c_str());
        const int last = dash == std::string::npos ? first : std::atoi(part.c_str() + dash + 1);
        for (int number = first; number <= last; ++number) numbers.insert(number);
    }
    return numbers;
}

struct Numbered {
    const std::string& wanted; // "": nothing is asked for
    const char* what;
    const char* file; // what there is of it
};

Result<void> refuse_missing(const Numbered& asked, const Path& root) {
    if (asked.wanted.empty()) return {};
    const auto text = read_file(root / asked.file, 4096);
    if (!text) return {}; // the kernel will say so
    const std::set<int> there = numbers_in(*text);
    if (std::ranges::includes(there, numbers_in(asked.wanted))) return {};
    return fail(Code::invalid_argument, "Requested ", asked.what, " are not available - requested ",
                asked.wanted, ", available: ", text->substr(0, text->find('\n')));
}

} // namespace

Result<void> refuse_missing_cpus(const ContainerSpec& spec, const Path& root) {
    constexpr const char* kCpus = "sys/devices/system/cpu/online";
    RT_TRY(refuse_missing({spec.cpuset_cpus, "CPUs", kCpus}, root));
    RT_TRY(refuse_missing({spec.cpuset_mems, "memory nodes", "sys/devices/system/node/online"}, root));
    if (spec.nano_cpus == 0) return {};
    const auto text = read_file(root / kCpus, 4096);
    const auto count = text ? static_cast<std::int64_t>(numbers_in(*text).size()) : 0;
    if (count == 0 || spec.nano_cpus <= count * 1'000'000'000) return {};
    return fail(Code::invalid_argument, "--cpus: range of CPUs is from 0.01 to ", count,
                ".00, as there are only ", count, " CPUs available");
}

Result<HostFacts> look_at_host(const ContainerSpec& spec, const Path& root) {
    RT_TRY(refuse_missing_cpus(spec, root));
    HostFacts facts;
    if (spec.privileged) RT_TRY(add_directory({root / "dev", "/dev", "rwm"}, facts.devices));
    for (const DeviceMapping& mapping : spec.devices) RT_TRY(add_device(mapping, root, facts.devices));
    for (const WeightDevice& device : spec.blkio_weight_device)
        RT_TRY(add_disk(device.path, root, facts.disks));
    for (const auto* list : {&spec.blkio_device_read_bps, &spec.blkio_device_write_bps,
                             &spec.blkio_device_read_iops, &spec.blkio_device_write_iops})
        for (const ThrottleDevice& device : *list) RT_TRY(add_disk(device.path, root, facts.disks));
    RT_TRY(refuse_relabelling(spec, root));
    if (spec.seccomp_profile.empty()) return facts;
    struct utsname name{};
    if (::uname(&name) != 0) return fail_errno(errno, "ask for the kernel's version");
    facts.kernel = static_cast<const char*>(name.release);
    facts.architecture = host_platform().architecture;
    return facts;
}

} // namespace rt
