// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/instance.hpp"

#include <span>
#include <vector>

namespace rt {
namespace {

// What list() and mounts() hand out is copied while they run; a defect is remembered and reported after.
struct MountList {
    std::vector<Mount> mounts;
    const char* defect = nullptr;

    static void add(void* context, const rtp_mount* mount) noexcept {
        auto& self = *static_cast<MountList*>(context);
        if (mount == nullptr || !is_complete(*mount)) {
            self.defect = "handed out a mount with a null pointer in it";
            return;
        }
        try {
            Mount& copy = self.mounts.emplace_back(mount->type, mount->source, mount->target);
            for (const char* option : std::span(mount->options, mount->option_count))
                copy.options.emplace_back(option);
        } catch (...) {
            self.defect = "handed out more mounts than there is memory for";
        }
    }
};

struct SnapshotList {
    std::vector<Snapshot> snapshots;
    const char* defect = nullptr;

    static void add(void* context, const char* id, std::int32_t state) noexcept {
        auto& self = *static_cast<SnapshotList*>(context);
        if (id == nullptr || (state != RTP_SNAPSHOT_ACTIVE && state != RTP_SNAPSHOT_COMMITTED)) {
            self.defect = "listed a snapshot without an id, or in a state that does not exist";
            return;
        }
        try {
            self.snapshots.emplace_back(id, SnapshotState{state});
        } catch (...) {
            self.defect = "listed more snapshots than there is memory for";
        }
    }
};

std::vector<const char*> borrow(const StorageDriver::Parents& parents) {
    std::vector<const char*> raw;
    raw.reserve(parents.size());
    for (const std::string& parent : parents) raw.push_back(parent.c_str());
    return raw;
}

class StorageAdapter final : public StorageDriver {
public:
    StorageAdapter(std::unique_ptr<PluginInstance> plugin, const rtp_storage_v1* table,
                   const rtp_storage_usage_v1* usage)
        : plugin_(std::move(plugin)), table_(table), usage_(usage) {}

    [[nodiscard]] const std::string& instance() const override { return plugin_->instance(); }
    [[nodiscard]] const std::string& plugin() const override { return plugin_->plugin(); }
    Result<std::string> probe(const Operation& operation) override { return plugin_->probe(operation); }

    [[nodiscard]] bool takes_overlay_layers() const override {
        return (table_->features & RTP_STORAGE_OVERLAY_LAYERS) != 0;
    }

    Result<void> prepare(const Operation& operation, const std::string& id, const Parents& parents) override {
        const auto raw = borrow(parents);
        return plugin_->call("prepare", operation, [&](const rtp_call* call, rtp_error* error) {
            return table_->prepare(plugin_->self(), call, id.c_str(), raw.data(), raw.size(), error);
        });
    }

    Result<std::vector<Mount>> mounts(const Operation& operation, const std::string& id,
                                      const Parents& parents, MountMode mode) override {
        const auto raw = borrow(parents);
        if (mode == MountMode::unsynced && (table_->features & RTP_STORAGE_UNSYNCED) == 0)
            mode = MountMode::read_write;
        MountList list;
        const rtp_mount_sink sink{&list, MountList::add};
        RT_TRY(plugin_->call("mounts", operation, [&](const rtp_call* call, rtp_error* error) {
            return table_->mounts(plugin_->self(), call, id.c_str(), raw.data(), raw.size(),
                                  static_cast<std::int32_t>(mode), &sink, error);
        }));
        if (list.defect != nullptr) return plugin_->broken("mounts", list.defect);
        if (list.mounts.empty()) return plugin_->broken("mounts", "returned RTP_OK, but handed out no mount");
        return std::move(list.mounts);
    }

    Result<void> commit(const Operation& operation, const std::string& id) override {
        return plugin_->call("commit", operation, [&](const rtp_call* call, rtp_error* error) {
            return table_->commit(plugin_->self(), call, id.c_str(), error);
        });
    }

    Result<void> remove(const Operation& operation, const std::string& id) override {
        return plugin_->call("remove", operation, [&](const rtp_call* call, rtp_error* error) {
            return table_->remove(plugin_->self(), call, id.c_str(), error);
        });
    }

    Result<std::vector<Snapshot>> list(const Operation& operation) override {
        SnapshotList list;
        const rtp_snapshot_sink sink{&list, SnapshotList::add};
        RT_TRY(plugin_->call("list", operation, [&](const rtp_call* call, rtp_error* error) {
            return table_->list(plugin_->self(), call, &sink, error);
        }));
        if (list.defect != nullptr) return plugin_->broken("list", list.defect);
        return std::move(list.snapshots);
    }

    Result<SnapshotUsage> usage(const Operation& operation, const std::string& id) override {
        if (usage_ == nullptr)
            return fail(Code::unsupported, "storage driver '", instance(), "' (", plugin(),
                        ") cannot tell how much space a snapshot takes");
        SnapshotUsage usage;
        RT_TRY(plugin_->call("usage", operation, [&](const rtp_call* call, rtp_error* error) {
            return usage_->usage(plugin_->self(), call, id.c_str(), &usage.bytes, &usage.inodes, error);
        }));
        return usage;
    }

private:
    std::unique_ptr<PluginInstance> plugin_;
    const rtp_storage_v1* table_;
    const rtp_storage_usage_v1* usage_; // null: the driver does not have it
};

} // namespace

Result<std::shared_ptr<StorageDriver>> make_storage_driver(const DriverSpec& spec) {
    RT_TRY_ASSIGN(auto plugin, PluginInstance::make(spec, RTP_KIND_STORAGE));
    using Table = rtp_storage_v1;
    RT_TRY_ASSIGN(const Table* table, plugin->require(RTP_STORAGE_V1, &Table::prepare, &Table::mounts,
                                                      &Table::commit, &Table::remove, &Table::list));
    const auto* usage = static_cast<const rtp_storage_usage_v1*>(plugin->find(RTP_STORAGE_USAGE_V1));
    if (usage != nullptr && usage->usage == nullptr)
        return plugin->broken("get_interface", "left a function of '", RTP_STORAGE_USAGE_V1, "' null");
    return std::make_shared<StorageAdapter>(std::move(plugin), table, usage);
}

} // namespace rt
