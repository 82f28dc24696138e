// SPDX-License-Identifier: Apache-2.0
#include "tools/rtd/models/request_shape.hpp"

#include <nlohmann/json.hpp>

namespace rt::rtd {
namespace {

// An object in an object, or an empty one that goes nowhere.
Json& inside(Json& object, const char* key) {
    thread_local Json nothing;
    nothing = Json::object();
    const auto found = object.is_object() ? object.find(key) : object.end();
    return found != object.end() && found->is_object() ? *found : nothing;
}

void erase_in_mounts(Json& body, const char* options, const char* key) {
    Json& host = inside(body, "HostConfig");
    const auto mounts = host.find("Mounts");
    if (mounts == host.end() || !mounts->is_array()) return;
    for (Json& mount : *mounts) inside(mount, options).erase(key);
}

void default_to(Json& object, const char* key, const char* value) {
    if (!object.is_object()) return;
    const auto found = object.find(key);
    if (found == object.end() || found->is_null() || *found == "") object[key] = value;
}

// Read-only mounts were so without what is mounted below them.
void keep_read_only_flat(Json& body) {
    Json& host = inside(body, "HostConfig");
    const auto mounts = host.find("Mounts");
    if (mounts == host.end() || !mounts->is_array()) return;
    for (Json& mount : *mounts) {
        if (!mount.is_object() || mount.value("Type", Json()) != "bind" ||
            mount.value("ReadOnly", Json()) != true)
            continue;
        if (!mount.contains("BindOptions") || mount["BindOptions"].is_null())
            mount["BindOptions"] = Json::object();
        if (mount["BindOptions"].is_object()) mount["BindOptions"]["ReadOnlyNonRecursive"] = true;
    }
}

bool has_in_mounts(Json& body, const char* options, const char* key) {
    Json& host = inside(body, "HostConfig");
    const auto mounts = host.find("Mounts");
    if (mounts == host.end() || !mounts->is_array()) return false;
    for (Json& mount : *mounts) {
        const Json value = inside(mount, options).value(key, Json());
        if (!value.is_null() && value != "") return true;
    }
    return false;
}

void erase_in_endpoints(Json& body, const char* key) {
    for (auto& [unused, endpoint] : inside(inside(body, "NetworkingConfig"), "EndpointsConfig").items())
        if (endpoint.is_object()) endpoint.erase(key);
}

} // namespace

Result<Json> create_request_of(Json body, ApiVersion version, HostCgroups cgroups) {
    if (version >= kNewest || !body.is_object()) return body;
    const auto before = [&](int minor) { return version < ApiVersion{1, minor}; };
    if (!body.contains("HostConfig") || body["HostConfig"].is_null()) body["HostConfig"] = Json::object();
    Json& host = body["HostConfig"];
    if (before(48)) erase_in_endpoints(body, "GwPriority");
    if (before(45) && has_in_mounts(body, "VolumeOptions", "Subpath"))
        return fail(Code::invalid_argument, "VolumeOptions.Subpath needs API v1.45 or newer");
    if (before(44)) {
        inside(body, "Healthcheck").erase("StartInterval");
        keep_read_only_flat(body);
    }
    if (before(43) && host.is_object()) host.erase("Annotations");
    if (before(42)) erase_in_mounts(body, "BindOptions", "CreateMountpoint");
    if (before(41) && cgroups == HostCgroups::v1) default_to(host, "CgroupnsMode", "host");
    if (before(40)) {
        erase_in_mounts(body, "BindOptions", "NonRecursive");
        default_to(host, "IpcMode", "shareable");
    }
    if (before(25) && host.is_object()) host.erase("AutoRemove");
    return body;
}

Json update_request_of(Json body, ApiVersion version) {
    if (version < ApiVersion{1, 40} && body.is_object()) body.erase("PidsLimit");
    return body;
}

} // namespace rt::rtd
