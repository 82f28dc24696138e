// SPDX-License-Identifier: Apache-2.0
#include "core/api/parts.hpp"
#include "core/volume/volume_service.hpp"

#include <charconv>

namespace rt::api {
namespace {

Json bind_options(const MountSpec& mount) {
    Json options = Json::object();
    set_unless_empty(options, "Propagation", mount.propagation);
    if (mount.sub_mounts == SubMounts::left_out) options["NonRecursive"] = true;
    if (mount.create_source) options["CreateMountpoint"] = true;
    if (mount.read_only && mount.sub_mounts == SubMounts::writable) options["ReadOnlyNonRecursive"] = true;
    return options;
}

Json volume_options(const MountSpec& mount) {
    Json options = Json::object();
    if (mount.no_copy) options["NoCopy"] = true;
    set_unless_empty(options, "Labels", mount.labels);
    set_unless_empty(options, "Subpath", mount.subpath);
    Json driver = Json::object();
    set_unless_empty(driver, "Name", mount.driver);
    set_unless_empty(driver, "Options", mount.driver_options);
    set_unless_empty(options, "DriverConfig", driver);
    return options;
}

// docker has a size and a mode as numbers, and what is left as a list of lists.
Json tmpfs_options(const MountSpec& mount) {
    Json options = Json::object();
    Json others = Json::array();
    for (const std::string& option : mount.tmpfs_options) {
        const auto number = [&](std::size_t start, int base) {
            std::int64_t value = -1;
            const char* const last = option.data() + option.size();
            const auto [rest, problem] = std::from_chars(option.data() + start, last, value, base);
            return problem == std::errc() && rest == last ? value : -1;
        };
        const std::int64_t size = option.starts_with("size=") ? number(5, 10) : -1;
        const std::int64_t mode = option.starts_with("mode=") ? number(5, 8) : -1;
        if (size >= 0)
            options["SizeBytes"] = size;
        else if (mode >= 0)
            options["Mode"] = mode;
        else if (const auto equals = option.find('='); equals != std::string::npos)
            others.push_back({option.substr(0, equals), option.substr(equals + 1)});
        else
            others.push_back(std::vector<std::string>{option});
    }
    set_unless_empty(options, "Options", others);
    return options;
}

} // namespace

Json mount_points_json(const std::vector<MountSpec>& mounts, const Path& volumes) {
    Json list = Json::array();
    for (const MountSpec& mount : mounts) {
        if (mount.type == MountType::tmpfs && !mount.long_form) continue; // only in HostConfig.Tmpfs
        Json point{{"Type", name_of(mount.type)}, {"Source", mount.source}, {"Destination", mount.target},
                   {"Mode", mode_of(mount)},      {"RW", !mount.read_only}, {"Propagation", ""}};
        if (mount.type == MountType::bind)
            point["Propagation"] = mount.propagation.empty() ? "rprivate" : mount.propagation;
        if (mount.type == MountType::volume) {
            point["Name"] = mount.source;
            point["Source"] = (volumes / mount.source / "_data").native();
            point["Driver"] = mount.driver.empty() ? std::string(kLocalVolumeDriver) : mount.driver;
        }
        list.push_back(std::move(point));
    }
    return list;
}

Json mount_json(const MountSpec& mount) {
    Json value{{"Type", name_of(mount.type)}, {"Target", mount.target}};
    set_unless_empty(value, "Source", mount.source);
    if (mount.read_only) value["ReadOnly"] = true;
    switch (mount.type) {
    case MountType::bind: set_unless_empty(value, "BindOptions", bind_options(mount)); break;
    case MountType::volume: set_unless_empty(value, "VolumeOptions", volume_options(mount)); break;
    case MountType::tmpfs: set_unless_empty(value, "TmpfsOptions", tmpfs_options(mount)); break;
    }
    return value;
}

std::string bind_text(const MountSpec& mount) {
    const std::string words = mode_words(mount);
    return cat(mount.source, ":", mount.target, words.empty() ? "" : ":", words);
}

} // namespace rt::api
