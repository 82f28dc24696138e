// SPDX-License-Identifier: Apache-2.0
#include "netlink_socket.hpp"

#include <rt/network/netns.hpp>

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace rt::bridge {

nlmsghdr* Batch::begin(std::uint16_t type, std::uint16_t flags) {
    std::size_t start = 0;
    if (!starts_.empty()) start = starts_.back() + NLMSG_ALIGN(current()->nlmsg_len);
    if (buffer_.size() < start + 1024) buffer_.resize(2 * buffer_.size() + 1024);
    starts_.push_back(start);
    nlmsghdr* message = mnl_nlmsg_put_header(buffer_.data() + start);
    message->nlmsg_type = type;
    message->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
    return message;
}

nlmsghdr* Batch::message(std::size_t number) {
    return reinterpret_cast<nlmsghdr*>(buffer_.data() + starts_[number]);
}

nlmsghdr* Batch::with_room(std::size_t size) {
    const std::size_t needed = starts_.back() + NLMSG_ALIGN(current()->nlmsg_len) + size;
    if (buffer_.size() < needed) buffer_.resize(2 * needed);
    return current();
}

void* Batch::extra(std::size_t size) {
    return mnl_nlmsg_put_extra_header(with_room(size + 64), size);
}

void Batch::put(std::uint16_t type, const void* data, std::size_t size) {
    mnl_attr_put(with_room(size + 64), type, size, data);
}

std::size_t Batch::nest(std::uint16_t type) {
    nlattr* attribute = mnl_attr_nest_start(with_room(64), type);
    return static_cast<std::size_t>(reinterpret_cast<char*>(attribute) - buffer_.data());
}

void Batch::end(std::size_t nested) {
    mnl_attr_nest_end(current(), reinterpret_cast<nlattr*>(buffer_.data() + nested));
}

std::string_view Batch::finish(std::uint32_t first_sequence) {
    for (std::size_t number = 0; number < count(); ++number) message(number)->nlmsg_seq = first_sequence++;
    message(acknowledged())->nlmsg_flags |= NLM_F_ACK;
    return {buffer_.data(), starts_.back() + NLMSG_ALIGN(current()->nlmsg_len)};
}

namespace {

NetlinkFailure read_failure(const nlmsghdr* message, std::uint32_t first_sequence) {
    const auto* answer = static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(message));
    NetlinkFailure failure{message->nlmsg_seq - first_sequence, -answer->error, {}};
    if ((message->nlmsg_flags & NLM_F_ACK_TLVS) == 0) return failure;
    // The refused message is repeated in full unless NETLINK_CAP_ACK left it out.
    std::size_t skip = sizeof(nlmsgerr);
    if ((message->nlmsg_flags & NLM_F_CAPPED) == 0) skip += answer->msg.nlmsg_len - sizeof(nlmsghdr);
    each_attribute(message, skip, [&](const nlattr* attribute) {
        if (mnl_attr_get_type(attribute) == NLMSGERR_ATTR_MSG &&
            mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0)
            failure.text = mnl_attr_get_str(attribute);
    });
    return failure;
}

} // namespace

sdk::Result<NetlinkSocket> NetlinkSocket::open(int protocol, int netns_fd) {
    sdk::UniqueFd fd;
    if (netns_fd >= 0) {
        RT_TRY_ASSIGN(fd, network::open_socket_in(netns_fd, AF_NETLINK, SOCK_RAW, protocol));
    } else {
        fd.reset(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol));
        if (!fd) return sdk::fail_errno(errno, "open a netlink socket");
    }
    const int on = 1;
    // Only for better messages, and shorter acknowledgements: kernels without these options answer well
    // enough.
    (void)::setsockopt(fd.get(), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
    (void)::setsockopt(fd.get(), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
    return NetlinkSocket(std::move(fd));
}

sdk::Result<void> NetlinkSocket::transmit(Batch& batch) {
    sequence_ += messages_; // answers to an earlier, abandoned batch are told apart by their number
    messages_ = static_cast<std::uint32_t>(batch.count());
    const std::string_view bytes = batch.finish(sequence_);
    if (const int size = static_cast<int>(bytes.size()); size > 100'000)
        (void)::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDBUFFORCE, &size,
                           sizeof size); // else send() says EMSGSIZE
    ssize_t sent = -1;
    do sent = ::send(fd_.get(), bytes.data(), bytes.size(), 0);
    while (sent < 0 && errno == EINTR);
    if (sent < 0) return sdk::fail_errno(errno, "send to netlink");
    return {};
}

sdk::Result<bool> NetlinkSocket::receive(const std::function<bool(const nlmsghdr*)>& on_each) {
    ssize_t size = -1;
    do size = ::recv(fd_.get(), buffer_.data(), buffer_.size(), MSG_TRUNC);
    while (size < 0 && errno == EINTR);
    if (size < 0) return sdk::fail_errno(errno, "receive from netlink");
    if (static_cast<std::size_t>(size) > buffer_.size())
        return sdk::fail(sdk::Code::internal, "a netlink answer of ", size, " bytes does not fit");
    int left = static_cast<int>(size);
    for (const auto* message = reinterpret_cast<const nlmsghdr*>(buffer_.data()); mnl_nlmsg_ok(message, left);
         message = mnl_nlmsg_next(message, &left)) {
        if (message->nlmsg_seq - sequence_ >= messages_) continue;
        if (!on_each(message)) return false;
    }
    return true;
}

sdk::Result<NetlinkFailures> NetlinkSocket::send(Batch& batch, const OnMessage& on_message) {
    RT_TRY(transmit(batch));
    const std::uint32_t last = sequence_ + static_cast<std::uint32_t>(batch.acknowledged());
    NetlinkFailures failures;
    const auto on_each = [&](const nlmsghdr* message) {
        if (message->nlmsg_type != NLMSG_ERROR) {
            if (on_message) on_message(message);
            return true;
        }
        NetlinkFailure failure = read_failure(message, sequence_);
        // An nf_tables transaction that fails as a whole is reported on its first message, and on no other.
        const bool whole =
            failure.message == 0 && failure.error != 0 && batch.acknowledged() + 1 != batch.count();
        if (failure.error != 0) failures.push_back(std::move(failure));
        return message->nlmsg_seq != last && !whole;
    };
    for (bool more = true; more;) {
        RT_TRY_ASSIGN(more, receive(on_each));
    }
    return failures;
}

sdk::Result<void> NetlinkSocket::send_all(Batch& batch, std::string_view what, const OnMessage& on_message) {
    RT_TRY_ASSIGN(const NetlinkFailures failures, send(batch, on_message));
    if (!failures.empty()) return refused(failures.front(), what);
    return {};
}

// What a dump answered, one message behind the other.
struct NetlinkSocket::Listing {
    std::vector<char> bytes;
    bool changed_meanwhile = false;
    int error = 0;

    void add(const nlmsghdr* message) {
        const auto* first = reinterpret_cast<const char*>(message);
        bytes.insert(bytes.end(), first, first + message->nlmsg_len);
        bytes.resize(NLMSG_ALIGN(bytes.size()));
    }
    void each(const OnMessage& use) const {
        for (std::size_t offset = 0; offset < bytes.size();) {
            const auto* message = reinterpret_cast<const nlmsghdr*>(bytes.data() + offset);
            use(message);
            offset += NLMSG_ALIGN(message->nlmsg_len);
        }
    }
};

sdk::Result<NetlinkSocket::Listing> NetlinkSocket::list_once(Batch& request) {
    RT_TRY(transmit(request));
    Listing listing;
    const auto on_each = [&](const nlmsghdr* message) {
        if ((message->nlmsg_flags & NLM_F_DUMP_INTR) != 0) listing.changed_meanwhile = true;
        if (message->nlmsg_type == NLMSG_ERROR) listing.error = read_failure(message, sequence_).error;
        if (message->nlmsg_type == NLMSG_ERROR || message->nlmsg_type == NLMSG_DONE) return false;
        listing.add(message);
        return true;
    };
    for (bool more = true; more;) {
        RT_TRY_ASSIGN(more, receive(on_each));
    }
    return listing;
}

sdk::Result<void> NetlinkSocket::dump(Batch& request, std::string_view what, const OnMessage& on_message) {
    constexpr int kRounds = 32;
    for (int round = 0; round < kRounds; ++round) {
        RT_TRY_ASSIGN(const Listing listing, list_once(request));
        if (listing.error != 0) return sdk::fail_errno(listing.error, what);
        if (listing.changed_meanwhile) continue;
        listing.each(on_message);
        return {};
    }
    return sdk::fail(sdk::Code::unavailable, what, ": it changed during each of ", kRounds,
                     " attempts; try again");
}

std::unexpected<sdk::Error> refused(const NetlinkFailure& failure, std::string_view what) {
    auto error = sdk::fail_errno(failure.error, what);
    if (!failure.text.empty()) error.error().message += sdk::cat(" (", failure.text, ")");
    return error;
}

} // namespace rt::bridge
