// SPDX-License-Identifier: Apache-2.0
#include "mount_options.hpp"

#include <sys/mount.h>

#include <algorithm>
#include <array>

namespace rt::namespaces {
namespace {

struct Attribute {
    std::string_view word;
    std::uint64_t set, clear;
};

constexpr std::uint64_t kNoSymlinkFollow = 0x00200000; // MOUNT_ATTR_NOSYMFOLLOW

// mount(8)'s words. A time mode replaces the whole field MOUNT_ATTR__ATIME.
constexpr std::array<Attribute, 17> kAttributes{{
    {"ro", MOUNT_ATTR_RDONLY, 0},
    {"rw", 0, MOUNT_ATTR_RDONLY},
    {"nosuid", MOUNT_ATTR_NOSUID, 0},
    {"suid", 0, MOUNT_ATTR_NOSUID},
    {"nodev", MOUNT_ATTR_NODEV, 0},
    {"dev", 0, MOUNT_ATTR_NODEV},
    {"noexec", MOUNT_ATTR_NOEXEC, 0},
    {"exec", 0, MOUNT_ATTR_NOEXEC},
    {"nodiratime", MOUNT_ATTR_NODIRATIME, 0},
    {"diratime", 0, MOUNT_ATTR_NODIRATIME},
    {"relatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
    {"norelatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME},
    {"noatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME},
    {"atime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
    {"strictatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME},
    {"nosymfollow", kNoSymlinkFollow, 0},
    {"symfollow", 0, kNoSymlinkFollow},
}};

// Words that say what is so anyway, or that only mount(8) itself reads.
constexpr std::array<std::string_view, 6> kWithoutEffect{"defaults", "async", "nomand",
                                                         "silent",   "loud",  "_netdev"};

const Attribute* find_attribute(std::string_view word) {
    const auto* found = std::ranges::find(kAttributes, word, &Attribute::word);
    return found == kAttributes.end() ? nullptr : found;
}

// A later word wins over an earlier one, as on a command line.
void apply(const Attribute& attribute, std::uint64_t& set, std::uint64_t& clear) {
    set = (set & ~attribute.clear) | attribute.set;
    clear = (clear & ~attribute.set) | attribute.clear;
}

} // namespace

std::uint64_t propagation_flags(std::string_view word) {
    static constexpr std::array<std::pair<std::string_view, std::uint64_t>, 4> kWords{
        {{"shared", MS_SHARED}, {"private", MS_PRIVATE}, {"slave", MS_SLAVE}, {"unbindable", MS_UNBINDABLE}}};
    const bool recursive = word.starts_with('r');
    const auto* found = std::ranges::find(kWords, recursive ? word.substr(1) : word,
                                          &std::pair<std::string_view, std::uint64_t>::first);
    if (found == kWords.end()) return 0;
    return found->second | (recursive ? MS_REC : 0);
}

Result<MountOptions> parse_mount_options(const std::vector<std::string>& options) {
    MountOptions out;
    for (const std::string& option : options) {
        const auto* attribute = find_attribute(option);
        const auto* recursive =
            attribute == nullptr && option.starts_with('r') ? find_attribute(option.substr(1)) : nullptr;
        if (attribute != nullptr) {
            apply(*attribute, out.set, out.clear);
        } else if (recursive != nullptr) {
            apply(*recursive, out.recursive_set, out.recursive_clear);
        } else if (const auto flags = propagation_flags(option); flags != 0) {
            out.propagation = flags & ~static_cast<std::uint64_t>(MS_REC);
            out.propagation_recursive = (flags & MS_REC) != 0;
        } else if (option == "bind" || option == "rbind") {
            out.bind = true;
            out.bind_recursive = out.bind_recursive || option == "rbind";
        } else if (option == "idmap" || option == "ridmap") {
            out.idmap = true;
            out.idmap_recursive = out.idmap_recursive || option == "ridmap";
        } else if (option == "remount" || option == "tmpcopyup" || option == "move") {
            return fail(Code::unsupported, "the mount option '", option, "' is not implemented; remove it");
        } else if (std::ranges::find(kWithoutEffect, option) == kWithoutEffect.end() && !option.empty()) {
            const auto equals = option.find('=');
            if (equals == std::string::npos)
                out.data.emplace_back(option, std::nullopt);
            else
                out.data.emplace_back(option.substr(0, equals), option.substr(equals + 1));
        }
    }
    return out;
}

} // namespace rt::namespaces
