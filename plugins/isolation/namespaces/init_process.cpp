// SPDX-License-Identifier: Apache-2.0
#include "init_process.hpp"

#include "devices.hpp"
#include "kernel_view.hpp"
#include "mount_api.hpp"
#include "safe_path.hpp"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>

namespace rt::namespaces {
namespace {

bool in_user_namespace(const InitSetup& setup) {
    return setup.config.has_new(CLONE_NEWUSER);
}

DeviceSource device_source(const InitSetup& setup) {
    return in_user_namespace(setup) ? DeviceSource::bind_from_host : DeviceSource::make_nodes;
}

std::vector<int> needed_descriptors(const InitSetup& setup) {
    std::vector<int> keep{setup.channel.get(), setup.launcher.get()};
    for (const auto& fd : setup.entrances) keep.push_back(fd.get());
    for (const auto& fd : setup.prepared_rootfs) keep.push_back(fd.get());
    for (const auto& fd : setup.prepared_mounts) keep.push_back(fd.get());
    for (const auto& [fd, flag] : setup.joined) keep.push_back(fd.get());
    return keep;
}

// A cgroup namespace's root is the cgroup its maker is in: only after entering.
Result<void> make_cgroup_namespace(InitSetup& setup) {
    if (setup.config.has_new(CLONE_NEWCGROUP) && ::unshare(CLONE_NEWCGROUP) < 0)
        return fail_errno(errno, "make a cgroup namespace");
    return {};
}

Result<void> enter_cgroups_that_are_there(InitSetup& setup) {
    return setup.cgroups_come_later ? Result<void>() : enter_cgroups(setup);
}

// Once, at the latest before anything of the container's own file system is run or shown.
Result<void> enter_late_cgroups(InitSetup& setup) {
    if (!std::exchange(setup.cgroups_come_later, false)) return {};
    RT_TRY_ASSIGN(const Message message, receive_message(setup.channel.get()));
    if (message.kind != MessageKind::go) ::_exit(126); // the host is gone, or could not make them
    RT_TRY_ASSIGN(setup.entrances, open_entrances(setup.cgroups));
    RT_TRY(enter_cgroups(setup));
    return make_cgroup_namespace(setup);
}

Result<void> close_inherited(InitSetup& setup) {
    close_all_except(needed_descriptors(setup));
    return {};
}

// The host writes the maps once we exist and says so.
Result<void> become_root_of_user_namespace(InitSetup& setup) {
    if (!in_user_namespace(setup)) return {};
    RT_TRY_ASSIGN(const Message message, receive_message(setup.channel.get()));
    if (message.kind != MessageKind::go) ::_exit(126); // the host is gone
    if (::setresgid(0, 0, 0) < 0 || ::setresuid(0, 0, 0) < 0 || ::setgroups(0, nullptr) < 0)
        return fail_errno(errno, "become root of the user namespace (is id 0 mapped?)");
    return {};
}

Result<void> enter_namespaces(InitSetup& setup) {
    for (const auto& [fd, flag] : setup.joined)
        if (::setns(fd.get(), flag) < 0) {
            const auto* spec = setup.config.find_namespace(flag);
            return fail_errno(errno, "join the ", spec->type, " namespace '",
                              spec->path.empty() ? "made ahead" : spec->path, "'");
        }
    return setup.cgroups_come_later ? Result<void>() : make_cgroup_namespace(setup);
}

Result<void> set_names(InitSetup& setup) {
    const auto& [hostname, domainname] = std::tie(setup.config.hostname, setup.config.domainname);
    if (!hostname.empty() && ::sethostname(hostname.data(), hostname.size()) < 0)
        return fail_errno(errno, "set the host name '", hostname, "'");
    if (!domainname.empty() && ::setdomainname(domainname.data(), domainname.size()) < 0)
        return fail_errno(errno, "set the domain name '", domainname, "'");
    return {};
}

Result<void> set_sysctls(InitSetup& setup) {
    return write_sysctls(setup.config, setup.root.get());
}

Result<void> bring_up_new_loopback(InitSetup& setup) {
    const bool is_new = setup.config.has_new(CLONE_NEWNET) && !setup.network_made_ahead;
    return is_new ? bring_up_loopback() : Result<void>();
}

std::uint64_t root_propagation(const InitSetup& setup) {
    const auto flags = propagation_flags(setup.config.rootfs_propagation);
    return flags == 0 ? std::uint64_t{MS_SLAVE} : flags & ~std::uint64_t{MS_REC};
}

Result<void> detach_propagation(InitSetup& setup) {
    if (!setup.config.rootfs_propagation.empty() && propagation_flags(setup.config.rootfs_propagation) == 0)
        return fail(Code::invalid_argument, "config.json: 'linux.rootfsPropagation' is '",
                    setup.config.rootfs_propagation,
                    "'; it can be shared, slave, private or unbindable, with r in front for the whole tree");
    // Never unbindable at this point: the bind mounts below still take their sources from the host's tree.
    const auto wanted = root_propagation(setup);
    std::uint64_t flags = wanted == MS_UNBINDABLE ? std::uint64_t{MS_PRIVATE} : wanted;
    // What a user namespace shares is shared with nobody outside, and its root could not be changed.
    if (in_user_namespace(setup) && wanted == MS_SHARED) flags = MS_SLAVE;
    if (::mount(nullptr, "/", nullptr, flags | MS_REC, nullptr) < 0)
        return fail_errno(errno, "set the propagation of the container's mounts");
    return {};
}

Result<UniqueFd> open_root_directory(const std::string& path) {
    UniqueFd fd(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return fail_errno(errno, "open the root directory '", path, "'");
    return fd;
}

// pivot_root(2) takes a mount point whose parent mount is not shared: where that could be, bind the directory
// on itself.
Result<void> bind_root_on_itself(const std::string& path) {
    MountOptions options;
    options.bind = options.bind_recursive = true;
    options.propagation = MS_PRIVATE;
    options.propagation_recursive = true;
    RT_TRY_ASSIGN(const UniqueFd place, open_root_directory(path));
    RT_TRY_ASSIGN(const UniqueFd mount, clone_mount(place.get(), "", options));
    RT_TRY(attach_mount(mount.get(), place.get(), path));
    return change_mount(mount.get(), options, path); // a shared place has made it shared
}

// The root of a user namespace may not go through the directories that lead to the bundle; "/" is open to
// everybody, and what was mounted there before stays in use until the root is changed.
Result<UniqueFd> mount_prepared_root(UniqueFd prepared) {
    RT_TRY_ASSIGN(const UniqueFd place, open_root_directory("/"));
    RT_TRY(attach_mount(prepared.get(), place.get(), "/"));
    return prepared;
}

Result<void> mount_root(InitSetup& setup) {
    std::size_t first = 0;
    if (in_user_namespace(setup) && !setup.rootfs.empty() && setup.rootfs[0].target.empty() &&
        setup.prepared_rootfs[0]) {
        RT_TRY_ASSIGN(setup.root, mount_prepared_root(std::move(setup.prepared_rootfs[0])));
        first = 1;
    } else {
        if (setup.rootfs.empty() || root_propagation(setup) == MS_SHARED)
            RT_TRY(bind_root_on_itself(setup.root_path));
        RT_TRY_ASSIGN(setup.root, open_root_directory(setup.root_path));
    }
    for (std::size_t i = first; i < setup.rootfs.size(); ++i) {
        UniqueFd prepared = setup.prepared_rootfs.empty() ? UniqueFd() : std::move(setup.prepared_rootfs[i]);
        RT_TRY(mount_one(setup.root.get(), setup.rootfs[i], std::move(prepared), {}));
        if (setup.rootfs[i].target.empty()) { // from here on "the root" is what was just mounted there
            RT_TRY_ASSIGN(setup.root, open_root_directory(setup.root_path));
        }
    }
    return {};
}

bool shows_cgroups(const sdk::Mount& mount) {
    return mount.type == "cgroup" || mount.type == "cgroup2";
}

Result<void> mount_everything(InitSetup& setup) {
    for (std::size_t i = 0; i < setup.config.mounts.size(); ++i) {
        if (shows_cgroups(setup.config.mounts[i])) RT_TRY(enter_late_cgroups(setup));
        UniqueFd prepared = setup.prepared_mounts.empty() ? UniqueFd() : std::move(setup.prepared_mounts[i]);
        RT_TRY(mount_one(setup.root.get(), setup.config.mounts[i], std::move(prepared), setup.cgroups));
    }
    return {};
}

Result<void> make_dev(InitSetup& setup) {
    if (binds_dev(setup.config.mounts)) return {};
    const DeviceSource source = device_source(setup);
    RT_TRY(make_default_devices(setup.root.get(), source));
    RT_TRY(make_devices(setup.root.get(), setup.config.devices, source));
    return make_device_links(setup.root.get());
}

// A working directory that the image does not have is made, as users of docker expect.
Result<void> make_working_directory(InitSetup& setup) {
    RT_TRY_ASSIGN(const UniqueFd made, make_directory_in_root(setup.root.get(), setup.process.cwd));
    return {};
}

// The master is sent to the host with "ready"; until then it waits in the setup.
Result<void> make_terminal(InitSetup& setup) {
    if (!setup.process.terminal) return {};
    RT_TRY_ASSIGN(Terminal terminal, open_terminal(setup.root.get(), setup.process));
    if (!binds_dev(setup.config.mounts)) RT_TRY(bind_console(setup.root.get(), terminal));
    RT_TRY(take_terminal(terminal.slave));
    return send_message(setup.channel.get(), MessageKind::terminal, {}, terminal.master.get());
}

Result<void> mask_paths(InitSetup& setup) {
    PathMasker masker(setup.root.get());
    for (const auto& path : setup.config.readonly_paths) RT_TRY(masker.make_read_only(path));
    for (const auto& path : setup.config.masked_paths) RT_TRY(masker.mask(path));
    return {};
}

Result<void> change_root(InitSetup& setup) {
    const UniqueFd old(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!old) return fail_errno(errno, "open the host's root");
    if (::fchdir(setup.root.get()) < 0) return fail_errno(errno, "change to the new root");
    if (::syscall(SYS_pivot_root, ".", ".") < 0) return fail_errno(errno, "pivot to the new root");
    // The old root now lies on the new one; nothing of its removal may travel back to the host.
    if (::fchdir(old.get()) < 0) return fail_errno(errno, "change to the old root");
    if (::mount(nullptr, ".", nullptr, MS_SLAVE | MS_REC, nullptr) < 0)
        return fail_errno(errno, "cut the old root off from the host");
    if (::umount2(".", MNT_DETACH) < 0) return fail_errno(errno, "detach the old root");
    if (::chdir("/") < 0) return fail_errno(errno, "change to the new root");
    return {};
}

Result<void> finish_root(InitSetup& setup) {
    MountOptions options;
    if (setup.config.root_readonly) options.set = MOUNT_ATTR_RDONLY;
    if (const auto flags = propagation_flags(setup.config.rootfs_propagation); flags != 0) {
        options.propagation = flags & ~static_cast<std::uint64_t>(MS_REC);
        options.propagation_recursive = (flags & MS_REC) != 0;
    }
    RT_TRY(change_mount(setup.root.get(), options, "/"));
    setup.root.reset();
    return {};
}

constexpr Step<InitSetup> kInitSteps[] = {
    {"signals", common<reset_signals>},
    {"standard streams", common<take_stdio>},
    {"inherited descriptors", close_inherited},
    {"cgroups", enter_cgroups_that_are_there},
    {"session", common<start_session>},
    {"user namespace", become_root_of_user_namespace},
    {"out-of-memory score", common<set_oom_score>},
    {"security label", common<open_label>},
    {"namespaces", enter_namespaces},
    {"names", set_names},
    {"loopback", bring_up_new_loopback},
    {"mount propagation", detach_propagation},
    {"root file system", mount_root},
    {"mounts", mount_everything},
    {"sysctls", set_sysctls},
    {"cgroups", enter_late_cgroups},
    {"devices", make_dev},
    {"terminal", make_terminal},
    {"working directory", make_working_directory},
    {"masked and read-only paths", mask_paths},
    {"change of root", change_root},
    {"flags of the root", finish_root},
    {"user", common<resolve_identity>},
    {"standard streams", common<hand_stdio_to_user>},
};

} // namespace

void run_init(InitSetup& setup) {
    ::umask(0); // modes are meant as written; the container's own is set last
    run_steps<InitSetup>(setup, kInitSteps);
    if (!send_message(setup.channel.get(), MessageKind::ready)) ::_exit(126);
    const auto message = receive_message(setup.channel.get());
    if (!message || message->kind != MessageKind::go) ::_exit(126); // the host is gone: nobody will start us
    run_program(setup);
}

} // namespace rt::namespaces
