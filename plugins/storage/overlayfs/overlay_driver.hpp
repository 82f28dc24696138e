// SPDX-License-Identifier: Apache-2.0
// The overlayfs storage driver: a snapshot is one directory of files and whiteouts, and the kernel stacks
// them when they are mounted. l/<first of an id> may be a symbolic link to a committed one. Holds one
// descriptor and no other state; [thread-safe], also between processes, for different ids.
#pragma once

#include <rt/sdk/storage.hpp>
#include <rt/storage/store_driver.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rt::storage {

// How this kernel wants its overlays; a test brings its own.
struct OverlayKernel {
    std::string filesystem = "overlay"; // the type's name
    bool appends_layers = true;         // Linux 6.5 takes lower directories one by one ("lowerdir+")
    bool can_be_volatile = true;        // Linux 5.10 syncs nothing where it is told so

    static OverlayKernel of_this_host();
};

class OverlayDriver : public StoreDriver {
public:
    static constexpr std::uint64_t features = RTP_STORAGE_OVERLAY_LAYERS | RTP_STORAGE_UNSYNCED;

    static sdk::Result<std::unique_ptr<OverlayDriver>> create(sdk::Host host, std::string_view config_json);
    static sdk::Result<std::unique_ptr<OverlayDriver>> create(sdk::Host host, OverlayKernel kernel);

    sdk::Result<std::string> probe(sdk::Call call);
    sdk::Result<void> prepare(sdk::Call call, std::string_view id, const sdk::Parents& parents);
    sdk::Result<std::vector<sdk::Mount>> mounts(sdk::Call call, std::string_view id,
                                                const sdk::Parents& parents, sdk::MountMode mode);

    sdk::Result<void> remove(sdk::Call call, std::string_view id);

private:
    OverlayDriver(SnapshotStore store, OverlayKernel kernel)
        : StoreDriver(std::move(store)), kernel_(std::move(kernel)) {}

    [[nodiscard]] sdk::Result<void> fill(std::string_view id, const sdk::Parents& parents) const;
    // own: the snapshot's own content, where it is a layer.
    [[nodiscard]] sdk::Result<void> add_layers(const std::string& own, const sdk::Parents& parents,
                                               std::vector<std::string>& options) const;
    [[nodiscard]] sdk::Result<void> add_all_in_one(std::vector<std::string> layers,
                                                   const sdk::Parents& parents,
                                                   std::vector<std::string>& options) const;
    [[nodiscard]] sdk::Result<void> forget_volatile(std::string_view id) const;
    [[nodiscard]] sdk::Result<std::string> short_name(std::string_view parent) const;

    OverlayKernel kernel_;
};

} // namespace rt::storage
