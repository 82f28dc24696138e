// SPDX-License-Identifier: Apache-2.0
// Netlink over libmnl: a Batch collects messages, a NetlinkSocket sends them in one system call and reads the
// answers. The kernel handles a whole batch before send() returns, so answers are waiting when it does. One
// socket, one thread.
#pragma once

#include <rt/sdk/error.hpp>
#include <rt/sdk/unique_fd.hpp>

#include <libmnl/libmnl.h>
#include <linux/netlink.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rt::bridge {

// Messages for one send, numbered from 0 in the order in which they were begun. Pointers that it gives out
// are valid until the next call.
class Batch {
public:
    // Begins a message; NLM_F_REQUEST is added.
    nlmsghdr* begin(std::uint16_t type, std::uint16_t flags);
    // The fixed header behind nlmsghdr, zeroed.
    template <class Header>
    Header* header() {
        return static_cast<Header*>(extra(sizeof(Header)));
    }
    // The message just begun, with room for size more bytes: for the builders of libnftnl.
    nlmsghdr* with_room(std::size_t size);

    void put(std::uint16_t type, const void* data, std::size_t size);
    void put_u8(std::uint16_t type, std::uint8_t value) { put(type, &value, sizeof value); }
    void put_u16(std::uint16_t type, std::uint16_t value) { put(type, &value, sizeof value); }
    void put_u32(std::uint16_t type, std::uint32_t value) { put(type, &value, sizeof value); }
    void put_text(std::uint16_t type, const std::string& text) { put(type, text.c_str(), text.size() + 1); }
    // Attributes between nest() and end() are inside; nest() gives what end() wants.
    std::size_t nest(std::uint16_t type);
    void end(std::size_t nested);

    [[nodiscard]] std::size_t count() const { return starts_.size(); }
    // The message just begun is the one whose acknowledgement ends the answers; the last one where this is
    // not said. The kernel reports errors of the others in any case.
    void acknowledge() { acknowledged_ = count(); }
    // The number of that message.
    [[nodiscard]] std::size_t acknowledged() const {
        return (acknowledged_ == 0 ? count() : acknowledged_) - 1;
    }
    // Closes the batch, with sequence numbers from first_sequence on.
    [[nodiscard]] std::string_view finish(std::uint32_t first_sequence);

private:
    nlmsghdr* message(std::size_t number);
    nlmsghdr* current() { return message(count() - 1); }
    void* extra(std::size_t size);

    std::vector<char> buffer_ = std::vector<char>(2048);
    std::vector<std::size_t> starts_;
    std::size_t acknowledged_ = 0; // counted from 1
};

// Calls use(attribute) for those behind the fixed header of a message, and for those inside another one.
template <class Use>
void each_attribute(const nlmsghdr* message, std::size_t header_size, const Use& use) {
    const auto* end = static_cast<const char*>(mnl_nlmsg_get_payload_tail(message));
    const auto* attribute = static_cast<const nlattr*>(mnl_nlmsg_get_payload_offset(message, header_size));
    for (; mnl_attr_ok(attribute, static_cast<int>(end - reinterpret_cast<const char*>(attribute)));
         attribute = mnl_attr_next(attribute))
        use(attribute);
}
template <class Use>
void each_nested(const nlattr* outer, const Use& use) {
    const auto* attribute = static_cast<const nlattr*>(mnl_attr_get_payload(outer));
    const char* end = reinterpret_cast<const char*>(attribute) + mnl_attr_get_payload_len(outer);
    for (; mnl_attr_ok(attribute, static_cast<int>(end - reinterpret_cast<const char*>(attribute)));
         attribute = mnl_attr_next(attribute))
        use(attribute);
}

// What the kernel refused in a batch.
struct NetlinkFailure {
    std::size_t message; // its number in the batch
    int error;           // errno
    std::string text;    // the kernel's own words, may be empty
};
using NetlinkFailures = std::vector<NetlinkFailure>;

class NetlinkSocket {
public:
    // protocol: NETLINK_ROUTE or NETLINK_NETFILTER; netns_fd: -1 for the caller's own namespace.
    static sdk::Result<NetlinkSocket> open(int protocol, int netns_fd = -1);
    // Over a socket of messages that somebody else made.
    static NetlinkSocket over(sdk::UniqueFd fd) { return NetlinkSocket(std::move(fd)); }

    using OnMessage = std::function<void(const nlmsghdr*)>;

    // Sends the batch and reads answers until the last message is acknowledged. Returns what was refused; the
    // Result fails only when the socket does. Messages other than acknowledgements go to on_message.
    sdk::Result<NetlinkFailures> send(Batch& batch, const OnMessage& on_message = {});

    // The same for a batch of which nothing may be refused.
    sdk::Result<void> send_all(Batch& batch, std::string_view what, const OnMessage& on_message = {});

    // Sends one dump request; every part of the answer goes to on_message. When what is listed changes
    // meanwhile, it is listed again before on_message gets anything.
    sdk::Result<void> dump(Batch& request, std::string_view what, const OnMessage& on_message);

private:
    explicit NetlinkSocket(sdk::UniqueFd fd) : fd_(std::move(fd)) {}
    // One datagram of answers; on_each returns false at the one that was waited for.
    sdk::Result<bool> receive(const std::function<bool(const nlmsghdr*)>& on_each);
    sdk::Result<void> transmit(Batch& batch);
    struct Listing;
    sdk::Result<Listing> list_once(Batch& request);

    sdk::UniqueFd fd_;
    std::uint32_t sequence_ = 1; // of the first message of the batch sent last
    std::uint32_t messages_ = 0; // in that batch
    std::vector<char> buffer_ = std::vector<char>(32768);
};

// "what: reason (the kernel's words)" as an error with the errno's code.
std::unexpected<sdk::Error> refused(const NetlinkFailure& failure, std::string_view what);

} // namespace rt::bridge
