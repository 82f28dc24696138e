// SPDX-License-Identifier: Apache-2.0
#include "core/api/container_json.hpp"
#include "core/api/parts.hpp"
#include "core/container/joined_network.hpp"

namespace rt::api {
namespace {

Json ports_json(const std::vector<ShownPort>& ports) {
    Json list = Json::array();
    for (const ShownPort& port : ports) {
        Json entry{{"PrivatePort", port.container_port}, {"Type", port.protocol}};
        if (port.host_port != 0) entry["PublicPort"] = port.host_port;
        set_unless_empty(entry, "IP", port.host_ip);
        list.push_back(std::move(entry));
    }
    return list;
}

} // namespace

Json container_summary_json(const ContainerSummary& summary, const Path& volumes,
                            const std::optional<DiskUse>& size) {
    const Container& record = summary.record;
    Json networks = Json::object();
    for (const Attachment& attachment : summary.attachments)
        networks[attachment.network->name] = endpoint_json(attachment, summary.spec, record.network);
    if (networks.empty() && !record.network.starts_with("container:"))
        for (const EndpointSettings& settings : wanted_endpoints(summary.spec, record.network))
            networks[settings.network] = unused_endpoint_json("", settings);
    Json host{{"NetworkMode", record.network}};
    set_unless_empty(host, "Annotations", summary.spec.annotations);
    Json value{{"Id", record.id},
               {"Names", {cat("/", record.name)}},
               {"Image", summary.image},
               {"ImageID", record.image_id},
               {"Command", summary.command},
               {"Created", record.created_at / 1'000'000'000},
               {"Ports", ports_json(summary.ports)},
               {"Labels", summary.labels},
               {"State", summary.state},
               {"Status", summary.status},
               {"HostConfig", host},
               {"NetworkSettings", {{"Networks", networks}}},
               {"Mounts", mount_points_json(summary.resolved_mounts, volumes)}};
    if (size) {
        value["SizeRw"] = size->own;
        value["SizeRootFs"] = size->whole;
    }
    return value;
}

} // namespace rt::api
