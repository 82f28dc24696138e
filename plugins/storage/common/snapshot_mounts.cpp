// SPDX-License-Identifier: Apache-2.0
#include "rt/storage/snapshot_mounts.hpp"

#include "rt/storage/dir_list.hpp"
#include "rt/storage/text.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

namespace rt::storage {
namespace {

using sdk::cat;
using sdk::Result;
using sdk::SnapshotState;

// Spaces and the like stand there as \\040.
std::string unescaped(std::string_view text) {
    std::string plain;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto digit = [&](std::size_t offset) {
            return text[at + offset] >= '0' && text[at + offset] <= '7';
        };
        if (text[at] == '\\' && at + 3 < text.size() && digit(1) && digit(2) && digit(3)) {
            plain += static_cast<char>((text[at + 1] - '0') * 64 + (text[at + 2] - '0') * 8 +
                                       (text[at + 3] - '0'));
            at += 3;
        } else {
            plain += text[at];
        }
    }
    return plain;
}

// One line of mountinfo: "36 35 98:0 /root /point options - type source superoptions".
struct MountLine {
    std::string number, root, point, type, options;
};
MountLine parse_line(std::string_view line) {
    std::vector<std::string_view> words;
    for (std::size_t at = 0; at < line.size();) {
        const std::size_t end = std::min(line.find(' ', at), line.size());
        words.push_back(line.substr(at, end - at));
        at = end + 1;
    }
    const auto dash = std::ranges::find(words, "-");
    if (words.size() < 5 || words.end() - dash < 4) return {};
    return {std::string(words[0]), unescaped(words[3]), unescaped(words[4]), std::string(dash[1]),
            unescaped(dash[3])};
}

// The id in ".../active/ID" or ".../committed/ID" of the store; empty: it is another path.
std::string id_in(const SnapshotStore& store, std::string_view path) {
    for (const auto state : {SnapshotState::active, SnapshotState::committed}) {
        const std::string above = store.absolute(SnapshotStore::content_path(state, ""));
        if (!path.starts_with(above)) continue;
        const std::string_view id = path.substr(above.size());
        if (check_id(id)) return std::string(id);
    }
    return {};
}

// The upper directory, or the first of the lower ones where there is none.
std::string snapshot_of_overlay(const SnapshotStore& store, const std::string& options) {
    std::string lowest;
    for (std::size_t at = 0; at < options.size();) {
        const std::size_t end = std::min(options.find(',', at), options.size());
        const std::string_view option = std::string_view(options).substr(at, end - at);
        at = end + 1;
        const std::size_t is = option.find('=');
        if (is == std::string_view::npos) continue;
        const std::string_view key = option.substr(0, is), value = option.substr(is + 1);
        if (key == "upperdir") return id_in(store, value);
        if ((key == "lowerdir" || key == "lowerdir+") && lowest.empty())
            lowest = id_in(store, value.substr(0, value.find(':')));
    }
    return lowest;
}

// A bind names its directory below the root of its file system: whether that is ours, the inode tells.
std::string snapshot_of_bind(const SnapshotStore& store, const MountLine& mount) {
    for (const auto state : {SnapshotState::active, SnapshotState::committed}) {
        const std::string above = cat("/", SnapshotStore::content_path(state, ""));
        const std::size_t at = mount.root.rfind(above);
        if (at == std::string::npos) continue;
        const std::string id = mount.root.substr(at + above.size());
        if (!check_id(id)) continue;
        struct stat here{};
        struct stat there{};
        if (::fstatat(store.fd(), SnapshotStore::content_path(state, id).c_str(), &here,
                      AT_SYMLINK_NOFOLLOW) == 0 &&
            ::lstat(mount.point.c_str(), &there) == 0 && here.st_dev == there.st_dev &&
            here.st_ino == there.st_ino)
            return id;
    }
    return {};
}

} // namespace

Result<std::vector<SnapshotMount>> mounts_of(const SnapshotStore& store) {
    const sdk::UniqueFd fd(::open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC));
    if (!fd) return sdk::fail_errno(errno, "open '/proc/self/mountinfo'");
    RT_TRY_ASSIGN(const std::string text, read_to_end(fd.get(), "/proc/self/mountinfo"));
    std::vector<SnapshotMount> found;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const MountLine mount = parse_line(std::string_view(text).substr(at, end - at));
        at = end + 1;
        std::string id = mount.type == "overlay" ? snapshot_of_overlay(store, mount.options)
                                                 : snapshot_of_bind(store, mount);
        if (!id.empty()) found.push_back({mount.point, std::move(id), mount.number});
    }
    return found;
}

} // namespace rt::storage
