// SPDX-License-Identifier: Apache-2.0
#include "core/container/mount_parse.hpp"

#include "core/base/nearest.hpp"
#include "core/container/option_values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>

namespace rt {
namespace {

constexpr std::array<std::string_view, 6> kPropagations{"private", "rprivate", "shared",
                                                        "rshared", "slave",    "rslave"};
// Of Docker Desktop: without meaning on Linux, and so taken without effect by docker there.
constexpr std::array<std::string_view, 4> kConsistencies{"consistent", "cached", "delegated", "default"};

bool is_one_of(std::string_view word, const auto& words) {
    return std::ranges::find(words, word) != words.end();
}

std::string host_path(const std::string& path) {
    return path.starts_with('.') ? std::filesystem::absolute(path).lexically_normal().string() : path;
}

// ":ro,z,rslave" of -v. False: there is no such word.
bool apply_bind_word(const std::string& word, MountSpec& mount) {
    if (word == "ro" || word == "rw") {
        mount.read_only = word == "ro";
    } else if (word == "z" || word == "Z") {
        mount.selinux_relabel = word;
    } else if (word == "nocopy") {
        mount.no_copy = true;
    } else if (is_one_of(word, kPropagations)) {
        mount.propagation = word;
    } else {
        return word == "copy" || is_one_of(word, kConsistencies);
    }
    return true;
}

// ":ro,rw" may mean either.
Result<void> check_each_once(const std::string& text, const std::vector<std::string>& words) {
    constexpr std::array<std::string_view, 2> kAccess{"ro", "rw"}, kLabels{"z", "Z"},
        kCopies{"copy", "nocopy"};
    const auto count = [&](const auto& among) {
        return std::ranges::count_if(words, [&](const std::string& word) { return is_one_of(word, among); });
    };
    if (count(kAccess) > 1 || count(kLabels) > 1 || count(kCopies) > 1 || count(kPropagations) > 1 ||
        count(kConsistencies) > 1)
        return fail(Code::invalid_argument, "mount '", text,
                    "': invalid mode: each of ro or rw, z or Z, and a propagation stands there once at most");
    return {};
}

// What --mount is made of. Each takes the value that was given to a key.
using Setter = Result<void> (*)(const std::string& value, MountSpec& mount);

// A key without a value is true.
Result<void> set_flag(const std::string& value, bool& flag) {
    if (value.empty()) {
        flag = true;
        return {};
    }
    RT_TRY_ASSIGN(flag, parse_boolean(value));
    return {};
}

Result<void> set_type(const std::string& value, MountSpec& mount) {
    for (const MountType type : {MountType::bind, MountType::volume, MountType::tmpfs})
        if (value == name_of(type)) {
            mount.type = type;
            return {};
        }
    if (value == "image" || value == "npipe" || value == "cluster")
        return fail(Code::unsupported, "type ", value, " is not supported: there are bind, volume and tmpfs");
    return fail(Code::invalid_argument, "type '", value, "' is not one of bind, volume, tmpfs");
}
Result<void> set_source(const std::string& value, MountSpec& mount) {
    mount.source = value;
    return {};
}
Result<void> set_target(const std::string& value, MountSpec& mount) {
    mount.target = normal_path(value);
    return {};
}
Result<void> set_read_only(const std::string& value, MountSpec& mount) {
    return set_flag(value, mount.read_only);
}
Result<void> set_propagation(const std::string& value, MountSpec& mount) {
    mount.propagation = value;
    return {};
}
Result<void> set_recursion(const std::string& value, MountSpec& mount) {
    if (value == "enabled" || value == "readonly")
        mount.sub_mounts = SubMounts::read_only_too;
    else if (value == "writable")
        mount.sub_mounts = SubMounts::writable;
    else if (value == "disabled")
        mount.sub_mounts = SubMounts::left_out;
    else
        return fail(Code::invalid_argument, "bind-recursive '", value,
                    "' is not one of enabled, disabled, writable, readonly");
    return {};
}
Result<void> set_non_recursive(const std::string& value, MountSpec& mount) {
    bool non_recursive = false;
    RT_TRY(set_flag(value, non_recursive));
    if (non_recursive) mount.sub_mounts = SubMounts::left_out;
    return {};
}
Result<void> set_no_copy(const std::string& value, MountSpec& mount) {
    return set_flag(value, mount.no_copy);
}
Result<void> set_subpath(const std::string& value, MountSpec& mount) {
    mount.subpath = value;
    return {};
}
Result<void> set_driver(const std::string& value, MountSpec& mount) {
    mount.driver = value;
    return {};
}
Result<void> add_driver_option(const std::string& value, MountSpec& mount) {
    mount.driver_options.insert_or_assign(split_assignment(value).first, split_assignment(value).second);
    return {};
}
Result<void> add_label(const std::string& value, MountSpec& mount) {
    mount.labels.insert_or_assign(split_assignment(value).first, split_assignment(value).second);
    return {};
}
Result<void> set_tmpfs_size(const std::string& value, MountSpec& mount) {
    RT_TRY_ASSIGN(const std::int64_t size, parse_size(value));
    if (size > 0) mount.tmpfs_options.push_back(cat("size=", size));
    return {};
}
Result<void> set_tmpfs_mode(const std::string& value, MountSpec& mount) {
    unsigned mode = 0;
    const char* const last = value.data() + value.size();
    const auto [rest, problem] = std::from_chars(value.data(), last, mode, 8);
    if (problem != std::errc() || rest != last || mode > 07777U)
        return fail(Code::invalid_argument, "tmpfs-mode '", value, "' is not an octal mode, as in 1770");
    mount.tmpfs_options.push_back(cat("mode=", value));
    return {};
}
Result<void> set_consistency(const std::string& value, MountSpec&) {
    if (is_one_of(value, kConsistencies)) return {};
    return fail(Code::invalid_argument, "consistency '", value,
                "' is not one of consistent, cached, delegated");
}

struct Key {
    std::string_view name;
    Setter set;
};
constexpr std::array<Key, 19> kKeys{{{"type", set_type},
                                     {"source", set_source},
                                     {"src", set_source},
                                     {"target", set_target},
                                     {"destination", set_target},
                                     {"dst", set_target},
                                     {"readonly", set_read_only},
                                     {"ro", set_read_only},
                                     {"bind-propagation", set_propagation},
                                     {"bind-recursive", set_recursion},
                                     {"bind-nonrecursive", set_non_recursive},
                                     {"volume-nocopy", set_no_copy},
                                     {"volume-subpath", set_subpath},
                                     {"volume-driver", set_driver},
                                     {"volume-opt", add_driver_option},
                                     {"volume-label", add_label},
                                     {"tmpfs-size", set_tmpfs_size},
                                     {"tmpfs-mode", set_tmpfs_mode},
                                     {"consistency", set_consistency}}};

Result<void> apply_key(const std::string& word, MountSpec& mount) {
    const auto [name, value] = split_assignment(word);
    const auto* key = std::ranges::find(kKeys, std::string_view(name), &Key::name);
    if (key == kKeys.end()) {
        std::vector<std::string> known;
        for (const Key& each : kKeys) known.emplace_back(each.name);
        const std::string best = nearest(name, known);
        return fail(Code::invalid_argument, "unknown key '", name, "'",
                    best.empty() ? std::string() : cat(" (did you mean ", best, "?)"));
    }
    return key->set(value, mount);
}

} // namespace

Result<MountSpec> parse_bind(const std::string& text) {
    const auto first = text.find(':');
    const auto second = first == std::string::npos ? std::string::npos : text.find(':', first + 1);
    MountSpec mount;
    if (first != std::string::npos) mount.source = host_path(text.substr(0, first));
    mount.target = first == std::string::npos ? text : text.substr(first + 1, second - first - 1);
    if (mount.target.empty() || first == 0)
        return fail(Code::invalid_argument, "mount '", text, "': ",
                    text.empty() ? "there is nothing"
                    : first == 0 ? "there is no volume or path of the host before the first ':'"
                                 : "there is no path in the container behind the ':'",
                    "; it is [VOLUME|/HOST:]/CTR[:OPTIONS], as in data:/data or /srv/data:/data:ro");
    mount.target = normal_path(mount.target);
    mount.type = mount.source.starts_with('/') ? MountType::bind : MountType::volume;
    mount.create_source = mount.type == MountType::bind;
    if (second == std::string::npos) return mount;
    RT_TRY_ASSIGN(const auto words, split_csv(text.substr(second + 1)));
    for (const std::string& word : words)
        if (!apply_bind_word(word, mount))
            return fail(Code::invalid_argument, "mount '", text, "': '", word,
                        "' is not one of ro, rw, z, Z, nocopy or a propagation such as rslave");
    RT_TRY(check_each_once(text, words));
    return mount;
}

Result<MountSpec> parse_mount(const std::string& text) {
    MountSpec mount;
    mount.type = MountType::volume;
    mount.long_form = true;
    RT_TRY_ASSIGN(const auto words, split_csv(text));
    for (const std::string& word : words)
        if (auto applied = apply_key(word, mount); !applied)
            return in_context(std::move(applied).error(), "mount '", text, "'");
    if (mount.target.empty())
        return fail(Code::invalid_argument, "mount '", text, "': the target is missing: target=/PATH");
    if (mount.type == MountType::bind && mount.source.empty())
        return fail(Code::invalid_argument, "mount '", text, "': the source is missing: source=/PATH");
    if (mount.type == MountType::bind) mount.source = host_path(mount.source);
    return mount;
}

Result<MountSpec> parse_tmpfs(const std::string& text) {
    const auto colon = text.find(':');
    MountSpec mount;
    mount.type = MountType::tmpfs;
    mount.target = normal_path(text.substr(0, colon));
    if (colon == std::string::npos) return mount;
    RT_TRY_ASSIGN(mount.tmpfs_options, split_csv(text.substr(colon + 1)));
    return mount;
}

} // namespace rt
