// SPDX-License-Identifier: Apache-2.0
// Answers have the shape of the newest version of docker's API when they are made; clients of older versions
// get what docker answered them in those. One table says what differs. Pure; any thread.
#pragma once

#include "core/base/json.hpp"
#include "tools/rtd/http/api_version.hpp"

namespace rt::rtd {

enum class Shape { container, container_summary, image, image_summary, disk_usage, info };

// As docker has it in this version. answer: of kNewest.
Json shaped(Shape shape, Json answer, ApiVersion version);
// The same of each entry.
Json all_shaped(Shape shape, Json answers, ApiVersion version);

} // namespace rt::rtd
