// SPDX-License-Identifier: Apache-2.0
#include "nft_ports.hpp"

#include "host_ports.hpp"
#include "nft_messages.hpp"
#include "nft_table.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <mutex>

namespace rt::bridge {
namespace {

using sdk::Code;

struct PortElement {
    std::string set;
    Element element;
};

void append_u32(std::string& bytes, std::uint32_t network_order) {
    bytes.append(reinterpret_cast<const char*>(&network_order), sizeof network_order);
}

// Parts of a concatenation are padded to 4 bytes each.
void append_port(std::string& bytes, std::uint16_t port) {
    bytes += {static_cast<char>(port >> 8), static_cast<char>(port & 0xff), '\0', '\0'};
}

std::string key_without_address(const PortMapping& port) {
    std::string key{static_cast<char>(port.protocol), '\0', '\0', '\0'};
    append_port(key, port.host_port);
    return key;
}

PortElement element_of(const PortMapping& port, const Endpoint& endpoint) {
    PortElement out;
    if (port.host_address.value == 0) {
        out.set = kPortsOfAny;
    } else {
        out.set = kPortsOfAddress;
        append_u32(out.element.key, port.host_address.network_order());
    }
    out.element.key += key_without_address(port);
    append_u32(out.element.data, endpoint.address.address.network_order());
    append_port(out.element.data, port.container_port);
    out.element.comment = endpoint.alias();
    return out;
}

sdk::Result<std::vector<Element>> get_element(NetlinkSocket& nft, const std::string& table,
                                              const std::string& set, const std::string& key) {
    Batch batch;
    Element wanted;
    wanted.key = key;
    put_element(batch, NFT_MSG_GETSETELEM, 0, table, set, wanted);
    std::vector<Element> found;
    RT_TRY_ASSIGN(const auto failures,
                  nft.send(batch, [&](const nlmsghdr* message) { found = read_elements(message); }));
    if (!failures.empty() && failures.front().error != ENOENT)
        return refused(failures.front(), "look for a published port");
    return found;
}

std::unexpected<sdk::Error> taken(const PortMapping& port, std::string_view holder) {
    return sdk::fail(Code::already_exists, "cannot publish port '", port.text(),
                     "': it is published already by '",
                     holder.empty() ? "something else in rt's nf_tables table" : holder,
                     "'; choose another host port or remove that");
}

// 0.0.0.0:80 and 192.0.2.1:80 are different keys in different maps, but they are the same port. The
// endpoint's own do not count: what it has asked for was looked at, and what it had goes.
sdk::Result<void> refuse_overlaps(NetlinkSocket& nft, const std::string& table, const Endpoint& endpoint) {
    std::optional<std::vector<Element>> of_addresses;
    for (const auto& port : endpoint.ports) {
        const std::string key = key_without_address(port);
        if (port.host_address.value != 0) {
            RT_TRY_ASSIGN(const auto found, get_element(nft, table, kPortsOfAny, key));
            if (!found.empty() && found.front().comment != endpoint.alias())
                return taken(port, found.front().comment);
            continue;
        }
        if (!of_addresses) {
            RT_TRY_ASSIGN(of_addresses, dump_elements(nft, table, kPortsOfAddress));
        }
        for (const auto& other : *of_addresses)
            if (std::string_view(other.key).substr(4) == key && other.comment != endpoint.alias())
                return taken(port, other.comment);
    }
    return {};
}

// As many descriptors as ports, where the process may have them; 1024 is what systemd gives. For as long as
// it lives, since programs that are started later would inherit it: the first of several threads finds the
// limit that the last one puts back.
class RoomForPorts {
public:
    explicit RoomForPorts(std::size_t ports) : ports_(ports < kFew ? 0 : ports) { add(ports_, 1); }
    RoomForPorts(const RoomForPorts&) = delete;
    RoomForPorts& operator=(const RoomForPorts&) = delete;
    ~RoomForPorts() { add(-ports_, -1); }

private:
    static constexpr std::size_t kFew = 200;
    static constexpr rlim_t kOthers = 100;

    void add(rlim_t ports, int users) const {
        if (ports_ == 0) return;
        const std::lock_guard guard(mutex_);
        if (users_ == 0) (void)::getrlimit(RLIMIT_NOFILE, &before_);
        users_ += users;
        wanted_ += ports;
        rlimit limit = before_;
        if (users_ > 0)
            limit.rlim_cur = std::max(limit.rlim_cur, std::min(wanted_ + kOthers, limit.rlim_max));
        (void)::setrlimit(RLIMIT_NOFILE, &limit); // without it the descriptors have to do
    }

    static inline std::mutex mutex_;
    static inline int users_ = 0;
    static inline rlim_t wanted_ = 0;
    static inline rlimit before_{};

    rlim_t ports_;
};

bool is_among(const std::vector<PortElement>& elements, const PortElement& wanted) {
    return std::ranges::any_of(elements, [&](const PortElement& one) {
        return one.set == wanted.set && one.element.key == wanted.element.key &&
               one.element.data == wanted.element.data;
    });
}

// In place of what is there of it, in one transaction. nullopt: a port that the host chose was taken in the
// meantime; choose again.
sdk::Result<std::optional<std::vector<PortMapping>>> try_to_publish(NetlinkSocket& nft,
                                                                    const std::string& table,
                                                                    Endpoint endpoint,
                                                                    const std::vector<PortElement>& there) {
    const std::vector<PortMapping> asked = endpoint.ports;
    const RoomForPorts room(asked.size());
    std::vector<sdk::UniqueFd> reserved; // until the elements are in: others of us see these ports as used
    std::vector<std::size_t> added;
    for (std::size_t i = 0; i < endpoint.ports.size(); ++i) {
        if (is_among(there, element_of(endpoint.ports[i], endpoint))) continue;
        if (!endpoint.ports[i].held) {
            RT_TRY_ASSIGN(reserved.emplace_back(), reserve_host_port(endpoint.ports[i]));
        }
        added.push_back(i);
    }
    std::vector<PortElement> wanted;
    for (const auto& port : endpoint.ports) wanted.push_back(element_of(port, endpoint));
    Batch batch;
    begin_transaction(batch);
    std::size_t first = 1; // message of those that are added
    for (const auto& item : there) {
        if (is_among(wanted, item)) continue;
        put_element(batch, NFT_MSG_DELSETELEM, 0, table, item.set, item.element);
        ++first;
    }
    if (first == 1 && added.empty()) return endpoint.ports;
    for (const std::size_t i : added)
        put_element(batch, NFT_MSG_NEWSETELEM, NLM_F_CREATE | NLM_F_EXCL, table, wanted[i].set,
                    wanted[i].element);
    end_transaction(batch);
    RT_TRY_ASSIGN(const auto failures, nft.send(batch));
    if (failures.empty()) return endpoint.ports;
    const NetlinkFailure& failure = failures.front();
    const bool exists = failure.error == EEXIST || failure.error == EBUSY;
    if (!exists || failure.message < first) return refused(failure, "publish the endpoint's ports");
    const std::size_t index = added[failure.message - first];
    if (asked[index].host_port == 0) return std::nullopt;
    RT_TRY_ASSIGN(const auto found, get_element(nft, table, wanted[index].set, wanted[index].element.key));
    return taken(endpoint.ports[index], found.empty() ? std::string_view() : found.front().comment);
}

// What is in the kernel for this endpoint: by its keys where they are known, else by its comment.
sdk::Result<std::vector<PortElement>> published(NetlinkSocket& nft, const std::string& table,
                                                const Endpoint& endpoint) {
    std::vector<PortElement> all;
    const auto keep = [&](const std::string& set, std::vector<Element> found) {
        for (auto& element : found) {
            PortElement one{set, std::move(element)};
            if (one.element.comment == endpoint.alias() && !is_among(all, one)) all.push_back(std::move(one));
        }
    };
    if (endpoint.every_port_known()) {
        for (const auto& port : endpoint.ports) {
            const PortElement wanted = element_of(port, endpoint);
            RT_TRY_ASSIGN(auto found, get_element(nft, table, wanted.set, wanted.element.key));
            keep(wanted.set, std::move(found));
        }
        return all;
    }
    for (const std::string set : {kPortsOfAny, kPortsOfAddress}) {
        auto found = dump_elements(nft, table, set);
        if (!found && found.error().code == Code::not_found) continue;
        if (!found) return std::unexpected(std::move(found).error());
        keep(set, std::move(*found));
    }
    return all;
}

sdk::Result<void> put_back(const std::vector<PortElement>& before, NetlinkSocket& nft,
                           const std::string& table, const Endpoint& endpoint) {
    RT_TRY_ASSIGN(const auto now, published(nft, table, endpoint));
    Batch batch;
    begin_transaction(batch);
    for (const auto& item : now)
        if (!is_among(before, item)) put_element(batch, NFT_MSG_DELSETELEM, 0, table, item.set, item.element);
    for (const auto& item : before)
        if (!is_among(now, item))
            put_element(batch, NFT_MSG_NEWSETELEM, NLM_F_CREATE, table, item.set, item.element);
    end_transaction(batch);
    RT_TRY_ASSIGN(const auto failures, nft.send(batch));
    return failures.empty() ? sdk::Result<void>() : refused(failures.front(), "put the ports back");
}

sdk::Result<void> publish_in_place_of(const std::vector<PortElement>& there, NetlinkSocket& nft,
                                      const std::string& table, Endpoint& endpoint) {
    constexpr int kRounds = 16;
    for (int round = 0; round < kRounds; ++round) {
        RT_TRY_ASSIGN(auto ports, try_to_publish(nft, table, endpoint, there));
        if (!ports) continue;
        endpoint.ports = std::move(*ports);
        // After, not before: of two that overlap and come at once, at least one sees the other.
        auto overlap = refuse_overlaps(nft, table, endpoint);
        if (overlap) return overlap;
        if (const auto back = put_back(there, nft, table, endpoint); !back)
            return sdk::fail(overlap.error().code, overlap.error().message,
                             "; and what was published before is not any more: ", back.error().message);
        return overlap;
    }
    return sdk::fail(Code::unavailable, "cannot find a free host port for endpoint '", endpoint.id, "' in ",
                     kRounds, " attempts; name one, or widen net.ipv4.ip_local_port_range");
}

} // namespace

sdk::Result<void> publish_ports(NetlinkSocket& nft, const std::string& table, Endpoint& endpoint) {
    return publish_in_place_of({}, nft, table, endpoint);
}

sdk::Result<void> replace_ports(NetlinkSocket& nft, const std::string& table, const Endpoint& before,
                                Endpoint& endpoint) {
    RT_TRY(refuse_overlaps(nft, table, endpoint)); // while all is as it was
    RT_TRY_ASSIGN(const auto there, published(nft, table, before));
    return publish_in_place_of(there, nft, table, endpoint);
}

sdk::Result<void> unpublish_ports(NetlinkSocket& nft, const std::string& table, const Endpoint& endpoint) {
    if (endpoint.ports.empty()) return {};
    for (;;) {
        RT_TRY_ASSIGN(const auto items, published(nft, table, endpoint));
        if (items.empty()) return {};
        Batch batch;
        begin_transaction(batch);
        for (const auto& item : items)
            put_element(batch, NFT_MSG_DELSETELEM, 0, table, item.set, item.element);
        end_transaction(batch);
        RT_TRY_ASSIGN(const auto failures, nft.send(batch));
        if (failures.empty()) return {};
        if (failures.front().error != ENOENT)
            return refused(failures.front(), "remove the endpoint's published ports");
        // Somebody else is removing them too; look again.
    }
}

sdk::Result<void> check_ports(NetlinkSocket& nft, const std::string& table, const Endpoint& endpoint) {
    for (const auto& port : endpoint.ports) {
        const PortElement wanted = element_of(port, endpoint);
        RT_TRY_ASSIGN(const auto found, get_element(nft, table, wanted.set, wanted.element.key));
        if (found.empty() || found.front().comment != endpoint.alias() ||
            found.front().data != wanted.element.data)
            return sdk::fail(Code::failed_precondition, "port '", port.text(),
                             "' is not published for endpoint '", endpoint.id,
                             "' any more; restart the container");
    }
    return {};
}

} // namespace rt::bridge
