// SPDX-License-Identifier: Apache-2.0
#include "tools/rtd/engine/listing_cache.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace rt::rtd {
namespace {

// With its length, so that no two lists of parts look alike.
void add(std::string& parts, std::string_view part) {
    const std::uint64_t size = part.size();
    parts.append(reinterpret_cast<const char*>(&size), sizeof size); // NOLINT: bytes
    parts += part;
}

template <class Number>
void add_number(std::string& parts, Number number) {
    parts.append(reinterpret_cast<const char*>(&number), sizeof number); // NOLINT: bytes
}

} // namespace

// Of the record: all but what only inspect shows (how it was started, and why it ended).
std::string ListingCache::parts_of(const Container& stored, const ContainerNow& now, const ListedImage& image,
                                   ApiVersion version) {
    std::string parts;
    parts.reserve(4096);
    add_number(parts, version.minor);
    add_number(parts, image.exists);
    add_number(parts, now.record.created_at);
    for (const std::string* part :
         {&stored.name, &stored.image_id, &image.shown, &stored.storage, &stored.network, &stored.isolation,
          &stored.spec, &stored.mounts, &now.live.state, &now.live.status})
        add(parts, *part);
    add(parts, now.live.health.is_null() ? "" : now.live.health.value("Status", ""));
    add_number(parts, now.attachments.size());
    for (const auto& [endpoint, network] : now.attachments)
        for (const std::string* part :
             {&endpoint.id, &endpoint.network_id, &endpoint.request, &endpoint.result, &network->name,
              &network->driver, &network->config, &network->result})
            add(parts, *part);
    return parts;
}

Result<ListingCache::Text> ListingCache::text(const Container& stored, const ContainerNow& now,
                                              const ListedImage& image, ApiVersion version,
                                              const Make& make) {
    std::string parts = parts_of(stored, now, image, version);
    {
        const std::lock_guard lock(mutex_);
        const auto found = entries_.find(stored.id);
        if (found != entries_.end() && found->second.parts == parts) return found->second.text;
    }
    RT_TRY_ASSIGN(std::string made, make());
    auto text = std::make_shared<const std::string>(std::move(made));
    const std::lock_guard lock(mutex_);
    entries_[stored.id] = {std::move(parts), text};
    if (entries_.size() > kMost) entries_.erase(std::prev(entries_.end()));
    return text;
}

void ListingCache::forget_others(const std::vector<Container>& containers) {
    const std::lock_guard lock(mutex_);
    if (entries_.size() <= containers.size()) return; // at the next look, if at all: it is a matter of memory
    std::erase_if(entries_, [&](const auto& entry) {
        return std::ranges::find(containers, entry.first, &Container::id) == containers.end();
    });
}

} // namespace rt::rtd
