// SPDX-License-Identifier: Apache-2.0
// A mount that a user asked for: -v, --mount or --tmpfs, HostConfig.Binds, Mounts or Tmpfs. Plain values; any
// thread.
#pragma once

#include "core/base/error.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace rt {

enum class MountType { bind, volume, tmpfs };
constexpr std::string_view name_of(MountType type) {
    return type == MountType::bind ? "bind" : type == MountType::volume ? "volume" : "tmpfs";
}

// Below the mounted directory may be further mounts; what becomes of them.
enum class SubMounts {
    read_only_too, // taken along; read-only where the mount is (the default)
    writable,      // taken along, and left writable below a read-only mount
    left_out       // not taken along
};

struct MountSpec {
    MountType type = MountType::bind;
    std::string source{}; // bind: an absolute path of the host; volume: its name, "": an anonymous one
    std::string target{}; // absolute, in the container, normal
    bool read_only = false;
    bool long_form = false; // --mount or HostConfig.Mounts, not -v, --tmpfs, Binds or Tmpfs

    // bind
    bool create_source = false; // a missing source is made as a directory (-v); else it is an error (--mount)
    std::string propagation{};  // [r]private, [r]shared, [r]slave; "": rprivate
    SubMounts sub_mounts = SubMounts::read_only_too;
    std::string selinux_relabel{}; // "z": shared with other containers, "Z": private; "": left alone

    // volume
    bool no_copy = false;  // an empty volume stays empty: nothing of the image is copied into it
    std::string subpath{}; // relative, in the volume
    std::string driver{};  // "": local
    std::map<std::string, std::string> driver_options{};
    std::map<std::string, std::string> labels{};
    bool anonymous = false; // its name was made up, for this container (mount_resolve.hpp)

    // tmpfs
    std::vector<std::string> tmpfs_options{}; // "size=64m", "mode=1770", "exec", ... as mount(8) has them

    bool operator==(const MountSpec&) const = default;
};

// "'/srv:/data'": how errors call it.
std::string show(const MountSpec& mount);

// What `docker inspect` calls its mode: the words behind the second colon of -v, or "z".
std::string mode_of(const MountSpec& mount);
// What stands behind the last ':' of -v: "ro,z,rslave,nocopy"; "": nothing.
std::string mode_words(const MountSpec& mount);

// "-v /data": nothing but a place. It gives way to whatever else is mounted there.
bool is_only_a_place(const MountSpec& mount);

// "/a//b/../c/" -> "/a/c": without a look at the file system.
std::string normal_path(const std::string& path);

// What can be said without looking at the host. invalid_argument names the mount.
Result<void> validate_mounts(const std::vector<MountSpec>& mounts);

} // namespace rt
