// SPDX-License-Identifier: Apache-2.0
#include "driver.hpp"

RT_ISOLATION_PLUGIN(rt::namespaces::Driver, "namespaces", RTP_SDK_VERSION, "Apache-2.0",
                    "Linux namespaces, cgroups (v1, hybrid, v2), capabilities and seccomp",
                    R"({"type":"object","properties":{},"additionalProperties":false})");
