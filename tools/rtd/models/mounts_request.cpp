// SPDX-License-Identifier: Apache-2.0
// Binds, Mounts, Tmpfs and what else of HostConfig is about files.
#include "tools/rtd/models/container_request.hpp"

#include "core/container/mount_parse.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdio>

namespace rt::rtd {
namespace {

void read_bind_options(ObjectReader& in, MountSpec& mount) {
    in.text("Propagation", mount.propagation);
    bool non_recursive = false, read_only_non_recursive = false, force = false;
    in.flag("NonRecursive", non_recursive);
    in.flag("CreateMountpoint", mount.create_source);
    in.flag("ReadOnlyNonRecursive", read_only_non_recursive);
    in.flag("ReadOnlyForceRecursive", force); // which rt does in any case, or fails
    if (read_only_non_recursive) mount.sub_mounts = SubMounts::writable;
    if (non_recursive) mount.sub_mounts = SubMounts::left_out;
}

void read_volume_options(ObjectReader& in, MountSpec& mount) {
    in.flag("NoCopy", mount.no_copy);
    in.map("Labels", mount.labels);
    in.text("Subpath", mount.subpath);
    in.object("DriverConfig", [&](ObjectReader& driver) {
        driver.text("Name", mount.driver);
        driver.map("Options", mount.driver_options);
    });
}

void read_tmpfs_options(ObjectReader& in, MountSpec& mount) {
    std::int64_t size = 0, mode = 0;
    in.number("SizeBytes", size);
    in.number("Mode", mode);
    if (size < 0 || mode < 0 || mode > 07777)
        return in.complain(
            {Code::invalid_argument, 0,
             cat(in.place_of("SizeBytes"), " and Mode: a size is positive, a mode up to 07777")});
    if (size > 0) mount.tmpfs_options.push_back(cat("size=", size));
    if (mode > 0) {
        std::array<char, 16> octal{};
        std::snprintf(octal.data(), octal.size(), "mode=%o", static_cast<unsigned>(mode));
        mount.tmpfs_options.emplace_back(octal.data());
    }
    const Json* const others = in.find("Options"); // [["key", "value"], ["flag"]]
    if (others == nullptr) return;
    for (const Json& option : *others) {
        if (!option.is_array() || option.empty() || option.size() > 2 || !option[0].is_string() ||
            (option.size() == 2 && !option[1].is_string()))
            return in.complain(
                {Code::invalid_argument, 0,
                 cat("invalid JSON: ", in.place_of("Options"), " is a list of [key] or [key, value]")});
        std::string text = option[0];
        if (option.size() == 2) text += cat("=", option[1].get<std::string>());
        mount.tmpfs_options.push_back(std::move(text));
    }
}

void read_mount(ObjectReader& in, ContainerSpec& spec) {
    MountSpec mount{.type = MountType::bind, .long_form = true};
    std::string type, consistency;
    in.text("Type", type);
    in.text("Source", mount.source);
    in.text("Target", mount.target);
    in.flag("ReadOnly", mount.read_only);
    in.text("Consistency", consistency); // of Docker Desktop: without meaning on Linux
    if (mount.target.empty())
        return in.complain(
            {Code::invalid_argument, 0, "invalid mount config: field Target must not be empty"});
    mount.target = normal_path(mount.target);
    if (type == "volume")
        mount.type = MountType::volume;
    else if (type == "tmpfs")
        mount.type = MountType::tmpfs;
    else if (type == "image" || type == "npipe" || type == "cluster")
        return in.complain({Code::unsupported, 0,
                            cat("mount type ", type, " is not supported: there are bind, volume and tmpfs")});
    else if (type != "bind")
        return in.complain({Code::invalid_argument, 0, cat("mount type unknown: \"", type, "\"")});
    in.object("BindOptions", [&](ObjectReader& options) { read_bind_options(options, mount); });
    in.object("VolumeOptions", [&](ObjectReader& options) { read_volume_options(options, mount); });
    in.object("TmpfsOptions", [&](ObjectReader& options) { read_tmpfs_options(options, mount); });
    spec.mounts.push_back(std::move(mount));
}

} // namespace

void read_mounts(ObjectReader& host, ContainerSpec& spec) {
    std::vector<std::string> binds;
    host.texts("Binds", binds);
    for (const std::string& text : binds) {
        if (text.starts_with('.')) // relative to what: the client knows, the server does not
            return host.complain(
                {Code::invalid_argument, 0,
                 cat("invalid volume specification: '", text, "': the host's path is absolute")});
        auto mount = parse_bind(text);
        if (!mount) return host.complain(std::move(mount).error());
        spec.mounts.push_back(std::move(*mount));
    }
    host.objects("Mounts", [&](ObjectReader& in) { read_mount(in, spec); });
    StringMap tmpfs;
    host.map("Tmpfs", tmpfs);
    for (const auto& [place, options] : tmpfs) {
        auto mount = parse_tmpfs(options.empty() ? place : cat(place, ":", options));
        if (!mount) return host.complain(std::move(mount).error());
        spec.mounts.push_back(std::move(*mount));
    }
    host.texts("VolumesFrom", spec.volumes_from);
    host.text("VolumeDriver", spec.volume_driver);
    host.flag("ReadonlyRootfs", spec.read_only);
    host.number("ShmSize", spec.shm_size);
    host.map("StorageOpt", spec.storage_opt);
}

} // namespace rt::rtd
