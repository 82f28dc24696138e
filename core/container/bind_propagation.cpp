// SPDX-License-Identifier: Apache-2.0
#include "core/container/bind_propagation.hpp"

#include "core/base/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <string_view>

namespace rt {
namespace {

struct HostMount {
    std::string point;
    bool shared = false, slave = false;
};

std::string_view take_word(std::string_view& line) {
    const auto end = std::min(line.find(' '), line.size());
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    return word;
}

// proc_pid_mountinfo(5): id, parent, device, root, point, options, optional fields, "-", ...
Result<HostMount> find_mount(std::uint64_t id) {
    RT_TRY_ASSIGN(const std::string table, read_file("/proc/self/mountinfo"));
    for (std::string_view rest = table; !rest.empty();) {
        const auto end = std::min(rest.find('\n'), rest.size());
        std::string_view line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (take_word(line) != std::to_string(id)) continue;
        for (int skipped = 0; skipped < 3; ++skipped) take_word(line);
        HostMount mount;
        mount.point = take_word(line);
        take_word(line);
        for (std::string_view field = take_word(line); field != "-" && !field.empty();
             field = take_word(line)) {
            mount.shared = mount.shared || field.starts_with("shared:");
            mount.slave = mount.slave || field.starts_with("master:");
        }
        return mount;
    }
    return HostMount{}; // it has just been taken away: the mount itself will say so
}

} // namespace

Result<void> check_propagation(const MountSpec& mount) {
    if (mount.type != MountType::bind) return {};
    const bool to_both = mount.propagation.ends_with("shared");
    if (!to_both && !mount.propagation.ends_with("slave")) return {};
    struct statx status{};
    if (::statx(AT_FDCWD, mount.source.c_str(), 0, STATX_MNT_ID, &status) != 0)
        return fail_errno(errno, "look at '", mount.source, "'");
    RT_TRY_ASSIGN(const HostMount host, find_mount(status.stx_mnt_id));
    if (host.point.empty() || host.shared || (!to_both && host.slave)) return {};
    return fail(Code::invalid_argument, "path ", mount.source, " is mounted on ", host.point,
                " but it is not a ", to_both ? "shared" : "shared or slave", " mount: propagation '",
                mount.propagation, "' would do nothing; 'mount --make-shared ", host.point, "' makes it one");
}

} // namespace rt
