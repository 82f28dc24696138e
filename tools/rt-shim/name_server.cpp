// SPDX-License-Identifier: Apache-2.0
#include "name_server.hpp"

#include "dns_message.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <random>

namespace rt::shim {
namespace {

constexpr std::uint32_t kAddress = 0x7f00000b; // 127.0.0.11
constexpr std::size_t kMostSessions = 32;
constexpr int kBacklog = 16;
constexpr int kMostAtOnce = 32; // questions of one turn of the loop

// Sockets belong to the namespace that they are made in. The shim has one thread: there and back.
Result<UniqueFd> socket_in(int netns_fd, int type) {
    const UniqueFd home(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
    if (!home || ::setns(netns_fd, CLONE_NEWNET) != 0)
        return fail_errno(errno, "enter the container's network namespace");
    UniqueFd made(::socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int error = errno;
    if (::setns(home.get(), CLONE_NEWNET) != 0) std::abort(); // we would go on in somebody else's network
    if (!made) return fail_errno(error, "make a socket in the container's network namespace");
    return made;
}

Result<std::uint16_t> bind_there(const UniqueFd& fd) {
    const int on = 1; // its lo may not be up yet
    (void)::setsockopt(fd.get(), IPPROTO_IP, IP_FREEBIND, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(kAddress);
    socklen_t size = sizeof address;
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
        ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
        return fail_errno(errno, "listen for questions for names at 127.0.0.11 in the container");
    return ntohs(address.sin_port);
}

// Of the asked family, as bytes.
std::vector<std::string> bytes_of(const std::vector<std::string>& texts, std::uint16_t type) {
    std::vector<std::string> all;
    for (const std::string& text : texts) {
        std::array<char, 16> bytes{};
        const int family = type == dns::kA ? AF_INET : AF_INET6;
        if (::inet_pton(family, text.c_str(), bytes.data()) == 1)
            all.emplace_back(bytes.data(), family == AF_INET ? 4 : 16);
    }
    return all;
}

} // namespace

Result<ShimNamePorts> NameServer::serve(int netns_fd, const ShimNames& names) {
    if (!is_open())
        if (auto listening = listen(netns_fd); !listening) {
            close();
            return std::unexpected(std::move(listening).error());
        }
    directories_.clear();
    for (const std::string& directory : names.directories) directories_.emplace_back(directory);
    links_ = names.links;
    std::vector<ServerAddress> servers;
    for (const std::string& text : names.servers)
        if (ServerAddress server; ServerAddress::parse(text, server)) servers.push_back(server);
    forwarder_.use(std::move(servers));
    return ports_;
}

Result<void> NameServer::listen(int netns_fd) {
    RT_TRY_ASSIGN(udp_, socket_in(netns_fd, SOCK_DGRAM));
    RT_TRY_ASSIGN(UniqueFd tcp, socket_in(netns_fd, SOCK_STREAM));
    RT_TRY_ASSIGN(ports_.udp, bind_there(udp_));
    RT_TRY_ASSIGN(ports_.tcp, bind_there(tcp));
    if (::listen(tcp.get(), kBacklog) != 0)
        return fail_errno(errno, "listen for questions for names over TCP");
    RT_TRY(loop_.add(udp_.get(), EPOLLIN, *this));
    return tcp_.open(std::move(tcp));
}

void NameServer::close() {
    forwarder_.forget();
    for (NameSession& session : sessions_) session.close(); // gone with the next sweep
    if (udp_) loop_.remove(udp_.get());
    udp_.reset();
    tcp_.close();
}

void NameServer::sweep() {
    forwarder_.sweep();
    sessions_.remove_if([](const NameSession& session) { return session.is_done(); });
}

void NameServer::on_events(std::uint32_t /*events*/) {
    std::array<char, 4096> buffer; // NOLINT(cppcoreguidelines-pro-type-member-init): recvfrom() fills it
    for (int i = 0; i < kMostAtOnce && udp_; ++i) {
        sockaddr_storage from{};
        socklen_t size = sizeof from;
        const ssize_t count = ::recvfrom(udp_.get(), buffer.data(), buffer.size(), 0,
                                         reinterpret_cast<sockaddr*>(&from), &size);
        if (count < 0) return;
        const std::string_view query(buffer.data(), static_cast<std::size_t>(count));
        if (query.size() < dns::kHeaderSize) continue; // nothing to answer to
        if (const auto own = own_answer(query, dns::kUdpLimit)) {
            send(*own, from, size);
            continue;
        }
        const std::string asked(query);
        const auto on_answer = [this, asked, from, size](std::string_view answer) {
            send(answer.empty() ? dns::empty_answer(asked, dns::Rcode::server_failure) : std::string(answer),
                 from, size);
        };
        if (!forwarder_.ask(query, on_answer)) on_answer({});
    }
}

void NameServer::take(UniqueFd client) {
    if (sessions_.size() >= kMostSessions) return;
    sessions_.emplace_back(
        loop_, std::move(client), [this](std::string_view query) { return own_answer(query, dns::kLongest); },
        forwarder_.servers());
}

// Links go before what others are called, in whichever network that is.
NameDirectory::Addresses NameServer::find(const std::string& name) const {
    for (const ShimNames::Link& link : links_)
        if (link.name == name)
            if (auto found = directories_[link.network].find(link.target); found.known) return found;
    for (const NameDirectory& directory : directories_)
        if (auto found = directory.find(name); found.known) return found;
    return {};
}

void NameServer::send(std::string_view answer, const sockaddr_storage& to, socklen_t size) {
    // A container that does not take its answers loses them.
    (void)::sendto(udp_.get(), answer.data(), answer.size(), MSG_NOSIGNAL,
                   reinterpret_cast<const sockaddr*>(&to), size);
}

std::optional<std::string> NameServer::own_answer(std::string_view query, std::size_t limit) const {
    const auto question = dns::parse_query(query);
    if (!question) return dns::empty_answer(query, dns::Rcode::format_error);
    if (question->type == dns::kPtr) {
        const auto address = dns::reverse_address(question->name);
        if (!address) return std::nullopt;
        for (const NameDirectory& directory : directories_)
            if (const std::string name = directory.name_of(*address); !name.empty())
                return dns::name_answer(query, *question, name);
        return std::nullopt;
    }
    const NameDirectory::Addresses found = find(question->name);
    if (!found.known) return std::nullopt;
    // A name of ours has addresses and nothing else: nobody outside needs to hear of it.
    std::vector<std::string> addresses;
    if (question->type == dns::kA || question->type == dns::kAaaa)
        addresses = bytes_of(found.texts, question->type);
    static std::minstd_rand random{std::random_device{}()};
    std::ranges::shuffle(addresses, random);
    return dns::address_answer(query, *question, addresses, limit);
}

} // namespace rt::shim
