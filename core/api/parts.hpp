// SPDX-License-Identifier: Apache-2.0
// Pieces that several of docker's answers have. Pure; any thread.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/json.hpp"
#include "core/container/spec.hpp"
#include "core/network/attachment.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

namespace rt::api {

// Go's nil slice or map: what nobody has filled in.
template <class List>
Json or_null(const List& list) {
    return list.empty() ? Json() : Json(list);
}

// For what docker's structs have as omitempty.
template <class Value>
void set_unless_empty(Json& object, const char* key, const Value& value) {
    if (!value.empty()) object[key] = value;
}
template <class Number>
void set_unless_zero(Json& object, const char* key, Number value) {
    if (value != Number()) object[key] = value;
}

inline std::string show_time(std::int64_t ns) {
    return ns == 0 ? "0001-01-01T00:00:00Z" : rfc3339(ns);
}

// A member of a document from outside, where it is of the type of otherwise; null and missing are the same.
Json member_or(const Json& object, const char* key, Json otherwise);
// The texts in a list or the values of an object of such a document, without what is no text.
std::vector<std::string> texts_of(const Json& list);
StringMap text_map_of(const Json& object);

Json healthcheck_json(const Healthcheck& check);
Healthcheck healthcheck_of(const Json& image_check); // hostile

// MountPoint, of each that docker shows; volumes: the directory that has those of the driver "local".
Json mount_points_json(const std::vector<MountSpec>& mounts, const Path& volumes);
Json mount_json(const MountSpec& mount);       // Mount
std::string bind_text(const MountSpec& mount); // an entry of HostConfig.Binds

// EndpointSettings: of a network that is joined, or of one that is not yet, or not any more.
Json endpoint_json(const Attachment& attachment, const ContainerSpec& spec, const std::string& network);
Json unused_endpoint_json(const std::string& network_id, const EndpointSettings& settings);
// {"80/tcp": [{HostIp, HostPort}]}
Json port_map(const std::vector<PublishedPort>& ports);

} // namespace rt::api
