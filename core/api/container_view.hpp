// SPDX-License-Identifier: Apache-2.0
// All that is known of one container, gathered in one place; container_json() makes docker's answer of it.
// What runs is asked of the shim's traces in the run directory, not believed from the database.
#pragma once

#include "core/container/disk_use.hpp"
#include "core/container/engine.hpp"
#include "core/container/live_state.hpp"
#include "core/container/origins.hpp"
#include "core/container/spec.hpp"
#include "core/network/attachment.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rt::api {

struct ContainerView {
    Container record; // as_it_is()
    LiveState live;
    std::int64_t log_lines_lost = 0;
    ContainerSpec spec;
    std::vector<MountSpec> mounts; // what of the spec, the image and other containers came to
    Path volumes;                  // has those of the driver "local"
    std::string hostname;
    Json image_config = Json::object();  // the image's "config", hostile; empty where the image is gone
    std::vector<std::string> arguments;  // what runs: entrypoint and command joined
    Json start = Json::object();         // StartRecord
    std::vector<Attachment> attachments; // while it runs
    std::string network_id;              // of the network it belongs to; "": that is not made yet
    Path run_directory;                  // holds resolv.conf, hostname and hosts while it runs
    Path log_file;
    std::string cgroup;                // below the root of each hierarchy
    std::vector<std::string> exec_ids; // those that run
    Json manifest;                     // the image's descriptor; null where its blob is gone
    std::optional<DiskUse> sizes;      // where they were asked for
    std::optional<Origins> origins;    // where they were asked for
};

struct ViewOptions {
    bool sizes = false;   // counts files: takes time
    bool origins = false; // who said what it is
};

// One that is stored. unsupported: its storage driver cannot tell sizes. Origins are what a start would find
// now: its errors are those of such a start.
Result<ContainerView> look_at(Engine& engine, const Container& stored, const ViewOptions& options);

} // namespace rt::api
