// SPDX-License-Identifier: Apache-2.0
// Mounts as docker's users write them. Errors are invalid_argument and show the text. Pure, but for bind
// sources that begin with a dot: they are taken from the working directory, as docker's client does.
#pragma once

#include "core/container/mount_spec.hpp"

namespace rt {

// -v and HostConfig.Binds: "[HOST-PATH|VOLUME:]CTR[:OPTIONS]"; a path alone is an anonymous volume.
Result<MountSpec> parse_bind(const std::string& text);
// --mount: "type=bind,source=/a,target=/b,readonly"
Result<MountSpec> parse_mount(const std::string& text);
// --tmpfs and HostConfig.Tmpfs: "CTR[:OPTIONS]"
Result<MountSpec> parse_tmpfs(const std::string& text);

} // namespace rt
