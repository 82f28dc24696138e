// SPDX-License-Identifier: Apache-2.0
#include "overlay_driver.hpp"

RT_STORAGE_PLUGIN(rt::storage::OverlayDriver, "overlayfs", "0.1.0", "Apache-2.0",
                  "Layers stacked by the kernel's overlayfs; a new container costs two small directories",
                  R"({"type": "object", "properties": {}, "additionalProperties": false})");
