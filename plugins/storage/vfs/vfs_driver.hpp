// SPDX-License-Identifier: Apache-2.0
// The vfs storage driver: a snapshot is a full copy of its nearest parent. Needs nothing of the kernel but
// bind mounts. Holds one descriptor and no other state; [thread-safe], also between processes, for different
// ids.
#pragma once

#include <rt/sdk/storage.hpp>
#include <rt/storage/store_driver.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rt::storage {

class VfsDriver : public StoreDriver {
public:
    static constexpr std::uint64_t features = 0;

    static sdk::Result<std::unique_ptr<VfsDriver>> create(sdk::Host host, std::string_view config_json);

    sdk::Result<std::string> probe(sdk::Call call);
    sdk::Result<void> prepare(sdk::Call call, std::string_view id, const sdk::Parents& parents);
    sdk::Result<std::vector<sdk::Mount>> mounts(sdk::Call call, std::string_view id,
                                                const sdk::Parents& parents, sdk::MountMode mode);

private:
    explicit VfsDriver(SnapshotStore store) : StoreDriver(std::move(store)) {}

    [[nodiscard]] sdk::Result<void> fill(sdk::Call call, std::string_view id,
                                         const sdk::Parents& parents) const;
};

} // namespace rt::storage
