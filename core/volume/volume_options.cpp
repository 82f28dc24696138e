// SPDX-License-Identifier: Apache-2.0
#include "core/volume/volume_options.hpp"

#include "core/base/id.hpp"
#include "core/volume/volume_store.hpp"

#include <sys/mount.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace rt {
namespace {

struct Flag {
    std::string_view word;
    unsigned long set, clear;
};
constexpr std::array kFlags{
    Flag{"defaults", 0, 0},
    Flag{"ro", MS_RDONLY, 0},
    Flag{"rw", 0, MS_RDONLY},
    Flag{"nosuid", MS_NOSUID, 0},
    Flag{"suid", 0, MS_NOSUID},
    Flag{"nodev", MS_NODEV, 0},
    Flag{"dev", 0, MS_NODEV},
    Flag{"noexec", MS_NOEXEC, 0},
    Flag{"exec", 0, MS_NOEXEC},
    Flag{"sync", MS_SYNCHRONOUS, 0},
    Flag{"async", 0, MS_SYNCHRONOUS},
    Flag{"dirsync", MS_DIRSYNC, 0},
    Flag{"mand", MS_MANDLOCK, 0},
    Flag{"nomand", 0, MS_MANDLOCK},
    Flag{"noatime", MS_NOATIME, 0},
    Flag{"atime", 0, MS_NOATIME},
    Flag{"nodiratime", MS_NODIRATIME, 0},
    Flag{"diratime", 0, MS_NODIRATIME},
    Flag{"relatime", MS_RELATIME, 0},
    Flag{"norelatime", 0, MS_RELATIME},
    Flag{"strictatime", MS_STRICTATIME, 0},
    Flag{"nostrictatime", 0, MS_STRICTATIME},
    Flag{"bind", MS_BIND, 0},
    Flag{"rbind", MS_BIND | MS_REC, 0},
};
constexpr std::array kPropagations{
    Flag{"private", MS_PRIVATE, 0},       Flag{"rprivate", MS_PRIVATE | MS_REC, 0},
    Flag{"shared", MS_SHARED, 0},         Flag{"rshared", MS_SHARED | MS_REC, 0},
    Flag{"slave", MS_SLAVE, 0},           Flag{"rslave", MS_SLAVE | MS_REC, 0},
    Flag{"unbindable", MS_UNBINDABLE, 0}, Flag{"runbindable", MS_UNBINDABLE | MS_REC, 0},
};

Result<void> require(const std::map<std::string, std::string>& options, const char* option) {
    if (const auto found = options.find(option); found != options.end() && !found->second.empty()) return {};
    return fail(Code::invalid_argument, "missing required option: \"", option, "\"");
}

} // namespace

Result<void> check_volume_driver(const std::string& name) {
    if (name.empty() || name == kLocalVolumeDriver) return {};
    return fail(Code::unsupported, "error looking up volume plugin ", name, ": plugin \"", name,
                "\" not found: the volume driver that there is is called local");
}

Result<void> check_volume_name(const std::string& name) {
    if (name.size() == 1)
        return fail(Code::invalid_argument,
                    "volume name is too short, names should be at least two alphanumeric characters");
    if (is_valid_name(name)) return {};
    return fail(Code::invalid_argument, "\"", name,
                "\" includes invalid characters for a local volume name, only "
                "\"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed (at most 128). If you intended to pass a host "
                "directory, use absolute path");
}

Result<void> check_local_options(const std::map<std::string, std::string>& options) {
    constexpr std::array<std::string_view, 4> kKnown{"type", "o", "device", "size"};
    for (const auto& [key, value] : options)
        if (std::ranges::find(kKnown, key) == kKnown.end())
            return fail(Code::invalid_argument, "invalid option: \"", key,
                        "\": a local volume takes type, o and device");
    if (options.contains("size"))
        return fail(Code::unsupported, "quota size requested but no quota support: a tmpfs has a size with "
                                       "type=tmpfs, device=tmpfs and o=size=SIZE");
    if (options.empty()) return {};
    RT_TRY(require(options, "device"));
    return require(options, "type");
}

LocalMountOptions parse_local_mount_options(const std::string& text) {
    LocalMountOptions parsed;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = std::min(text.find(',', begin), text.size());
        const std::string_view word = std::string_view(text).substr(begin, end - begin);
        begin = end + 1;
        if (word.empty()) continue;
        if (const auto* flag = std::ranges::find(kFlags, word, &Flag::word); flag != kFlags.end())
            parsed.flags = (parsed.flags & ~flag->clear) | flag->set;
        else if (const auto* way = std::ranges::find(kPropagations, word, &Flag::word);
                 way != kPropagations.end())
            parsed.propagation |= way->set;
        else
            parsed.data += cat(parsed.data.empty() ? "" : ",", word);
    }
    return parsed;
}

} // namespace rt
