// SPDX-License-Identifier: Apache-2.0
// The few kernel settings that netlink cannot write. They are those of the caller's network namespace.
#pragma once

#include <rt/sdk/error.hpp>
#include <rt/sdk/unique_fd.hpp>

#include <string>
#include <utility>

namespace rt::bridge {

// Whether the host forwards IPv4.
sdk::Result<bool> is_forwarding();

// Lets the host forward IPv4, or no more. Written only where it is otherwise.
sdk::Result<void> enable_forwarding();
sdk::Result<void> disable_forwarding();

// While it lives, links that are made in the network namespace where it was made have no IPv6.
class NoIpv6ForNewLinks {
public:
    NoIpv6ForNewLinks() = default; // it is that way already
    explicit NoIpv6ForNewLinks(sdk::UniqueFd setting) : setting_(std::move(setting)) {}
    NoIpv6ForNewLinks(NoIpv6ForNewLinks&&) = default;
    NoIpv6ForNewLinks& operator=(NoIpv6ForNewLinks&&) = delete;
    ~NoIpv6ForNewLinks(); // from whatever namespace

private:
    sdk::UniqueFd setting_;
};

// /proc/sys for the settings of links. In the file system that all look at, the kernel keeps the names below
// /proc/sys/net of every network namespace that was looked at in one chain: among 1,000 containers a look
// takes 0.4 to 1.7 ms there. In a crowd this is one of its own, in which it takes 0.03 (measured on
// Linux 6.18). That costs 0.05 ms to make and 0.2 to give up, and is not kept, or it would become the same.
//
// Router advertisements from a container would have the host, or another container, send through it: hence no
// IPv6. OK where the kernel has none. Where somebody else changes links meanwhile, the kernel does not wait
// for them to switch it off on a link, but tries without pause; for links that are yet to be made it has
// nothing to wait for (Linux 6.9).
class SysctlView {
public:
    SysctlView();

    // On a link of the caller's network namespace, whose IPv6 goes.
    [[nodiscard]] sdk::Result<void> disable_ipv6(const std::string& link) const;

    // In the caller's network namespace.
    [[nodiscard]] sdk::Result<NoIpv6ForNewLinks> disable_ipv6_for_new_links() const;

private:
    // To be read and written; no descriptor where the kernel has no IPv6.
    [[nodiscard]] sdk::Result<sdk::UniqueFd> open_disable_ipv6(const std::string& link) const;

    sdk::UniqueFd own_proc_; // O_PATH; none where few are, or none can be made
};

} // namespace rt::bridge
