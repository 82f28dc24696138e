// SPDX-License-Identifier: Apache-2.0
#include "vfs_driver.hpp"

RT_STORAGE_PLUGIN(
    rt::storage::VfsDriver, "vfs", "0.1.0", "Apache-2.0",
    "Every snapshot a full copy (shared blocks where the file system can); works on any file system",
    R"({"type": "object", "properties": {}, "additionalProperties": false})");
