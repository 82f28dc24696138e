// SPDX-License-Identifier: Apache-2.0
// Volumes and who uses them, in rt.db. A volume that is used by a container, running or not, cannot be
// removed. Calls that belong together are made inside one Database::transaction(). One per thread.
#pragma once

#include "core/base/error.hpp"
#include "core/state/database.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rt {

inline constexpr std::string_view kLocalVolumeDriver = "local";
// docker's mark on a volume that nobody named.
inline constexpr const char* kAnonymousVolumeLabel = "com.docker.volume.anonymous";

struct Volume {
    std::string name;
    std::string driver{kLocalVolumeDriver};
    std::map<std::string, std::string> options{}, labels{};
    bool removing = false;       // its files are on their way out: only fit to be removed to the end
    std::int64_t created_at = 0; // ns
};

struct VolumeUse {
    std::string container_id, volume;
    bool anonymous = false; // made for this container: goes with it, unless others have it by then
    bool mounted = false;   // it may be mounted on the host for this container
};

class VolumeStore {
public:
    explicit VolumeStore(Database& database) : database_(database) {}

    // already_exists: the name is taken.
    Result<void> add(const Volume& volume);
    // Empty: there is none. One that is being removed is found.
    Result<std::optional<Volume>> find(const std::string& name);
    Result<std::vector<Volume>> list();     // by name, without those that are being removed
    Result<std::vector<Volume>> removing(); // those that are being removed
    // False: somebody uses it, or there is none.
    Result<bool> begin_removal(const std::string& name);
    Result<void> remove(const std::string& name);

    // Repeatable. not_found: there is no such volume any more.
    Result<void> add_use(const VolumeUse& use);
    Result<std::vector<VolumeUse>> uses_of(const std::string& container_id);
    Result<std::vector<std::string>> users_of(const std::string& volume); // ids of containers
    Result<void> set_mounted(const VolumeUse& use, bool mounted);
    Result<bool> is_mounted_for_another(const VolumeUse& use);
    Result<void> keep_anonymous(const std::string& container_id); // they do not go with it any more
    Result<void> remove_uses_of(const std::string& container_id);

private:
    Database& database_;
};

} // namespace rt
