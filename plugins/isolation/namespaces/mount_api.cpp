// SPDX-License-Identifier: Apache-2.0
#include "mount_api.hpp"

#include <fcntl.h>
#include <sys/mount.h>

#include <algorithm>
#include <array>

namespace rt::namespaces {
namespace {

constexpr std::size_t kLongestFsconfig = 255;

// What the file system says about a failed mount; the last message of its log ("e overlay: ...").
std::string complaint(int context) {
    std::string last;
    std::array<char, 512> line{};
    for (;;) {
        const ssize_t got = ::read(context, line.data(), line.size());
        if (got <= 2) break;
        last.assign(line.data() + 2, static_cast<std::size_t>(got - 2));
        while (last.ends_with('\n')) last.pop_back();
    }
    return last.empty() ? last : cat(" (", last, ")");
}

// Reading the log changes errno, so it is taken first.
template <class... Pieces>
std::unexpected<Error> fail_with_log(int number, int context, const Pieces&... pieces) {
    return fail_errno(number, pieces..., complaint(context));
}

Result<void> configure(int context, const std::string& type, const std::string& source,
                       const MountOptions& options) {
    if (!source.empty() && ::fsconfig(context, FSCONFIG_SET_STRING, "source", source.c_str(), 0) < 0)
        return fail_with_log(errno, context, "mount '", type, "': set the source '", source, "'");
    for (const auto& [key, value] : options.data) {
        const int result = value ? ::fsconfig(context, FSCONFIG_SET_STRING, key.c_str(), value->c_str(), 0)
                                 : ::fsconfig(context, FSCONFIG_SET_FLAG, key.c_str(), nullptr, 0);
        if (result < 0)
            return fail_with_log(errno, context, "mount '", type, "': set the option '", key, "'");
    }
    if (::fsconfig(context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) < 0)
        return fail_with_log(errno, context, "mount '", type, "' from '", source, "'");
    return {};
}

Result<void> set_attributes(int mount, std::uint64_t set, std::uint64_t clear, std::uint64_t propagation,
                            bool recursive, std::string_view what) {
    if (set == 0 && clear == 0 && propagation == 0) return {};
    mount_attr attributes{};
    attributes.attr_set = set;
    attributes.attr_clr = clear;
    attributes.propagation = propagation;
    const unsigned flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);
    if (::mount_setattr(mount, "", flags, &attributes, sizeof attributes) < 0)
        return fail_errno(errno, "set the flags of the mount '", what, "'");
    return {};
}

unsigned long classic_flags(const MountOptions& options) {
    static constexpr std::array<std::pair<std::uint64_t, unsigned long>, 6> kFlags{
        {{MOUNT_ATTR_RDONLY, MS_RDONLY},
         {MOUNT_ATTR_NOSUID, MS_NOSUID},
         {MOUNT_ATTR_NODEV, MS_NODEV},
         {MOUNT_ATTR_NOEXEC, MS_NOEXEC},
         {MOUNT_ATTR_NOATIME, MS_NOATIME},
         {MOUNT_ATTR_NODIRATIME, MS_NODIRATIME}}};
    unsigned long flags = 0;
    for (const auto& [attribute, flag] : kFlags)
        if ((options.set & attribute) != 0) flags |= flag;
    return flags;
}

} // namespace

Result<UniqueFd> make_mount(const std::string& type, const std::string& source, const MountOptions& options) {
    const bool too_long = std::ranges::any_of(options.data, [](const auto& option) {
        return option.second && option.second->size() > kLongestFsconfig;
    });
    if (too_long || source.size() > kLongestFsconfig) return UniqueFd();
    const UniqueFd context(::fsopen(type.c_str(), FSOPEN_CLOEXEC));
    if (!context) return fail_errno(errno, "mount '", type, "': open the file system type");
    RT_TRY(configure(context.get(), type, source, options));
    UniqueFd mount(::fsmount(context.get(), FSMOUNT_CLOEXEC, static_cast<unsigned>(options.set)));
    if (!mount) return fail_with_log(errno, context.get(), "mount '", type, "' from '", source, "'");
    return mount;
}

Result<UniqueFd> clone_mount(int directory, const std::string& source, const MountOptions& options) {
    const unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (source.empty() ? AT_EMPTY_PATH : 0u) |
                           (options.bind_recursive ? static_cast<unsigned>(AT_RECURSIVE) : 0u);
    UniqueFd mount(::open_tree(directory, source.c_str(), flags));
    if (!mount) return fail_errno(errno, "bind '", source, "'");
    return mount;
}

Result<void> change_mount(int mount, const MountOptions& options, std::string_view what) {
    RT_TRY(set_attributes(mount, options.recursive_set, options.recursive_clear, 0, true, what));
    RT_TRY(set_attributes(mount, options.set, options.clear, 0, false, what));
    return set_attributes(mount, 0, 0, options.propagation, options.propagation_recursive, what);
}

Result<void> attach_mount(int mount, int target, std::string_view what) {
    if (::move_mount(mount, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
        return fail_errno(errno, "attach the mount '", what, "'");
    return {};
}

Result<void> mount_at(const std::string& type, const std::string& source, const MountOptions& options,
                      int target) {
    std::string data;
    for (const auto& [key, value] : options.data)
        data += cat(data.empty() ? "" : ",", key, value ? "=" : "", value.value_or(""));
    if (data.size() >= static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)))
        return fail(Code::invalid_argument, "mount '", type, "': the options are longer than a page (",
                    data.size(), " bytes); use fewer layers or shorter directory names");
    if (::mount(source.c_str(), cat("/proc/self/fd/", target).c_str(), type.c_str(), classic_flags(options),
                data.c_str()) < 0)
        return fail_errno(errno, "mount '", type, "' from '", source, "'");
    return {};
}

} // namespace rt::namespaces
