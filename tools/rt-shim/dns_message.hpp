// SPDX-License-Identifier: Apache-2.0
// As much of DNS messages (RFC 1035) as a server of few names needs: one question in, addresses or a name
// out. Everything that comes in is hostile. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rt::shim::dns {

inline constexpr std::size_t kHeaderSize = 12;
inline constexpr std::size_t kUdpLimit = 512;  // of an answer over UDP without EDNS
inline constexpr std::size_t kLongest = 65535; // of a message over TCP
inline constexpr std::uint16_t kA = 1, kPtr = 12, kAaaa = 28;

enum class Rcode : std::uint8_t {
    ok = 0,
    format_error = 1,
    server_failure = 2,
    no_such_name = 3,
    refused = 5
};

struct Question {
    std::string name; // small letters, no dot at the end
    std::uint16_t type = 0;
    std::size_t end = 0; // of the question in the message
};

// A query with exactly one question of class IN; nullopt: something else, to be answered with format_error
// where it has a header at all.
std::optional<Question> parse_query(std::string_view message);

// Whether this is the answer to that query: its id, a response, the same question.
bool answers(std::string_view response, std::string_view query);

// The answer to a query of that question; query: at least a header. addresses: those of the question's type,
// as bytes (4 or 16 each). What does not fit into limit is left out, and the answer marked as cut.
std::string address_answer(std::string_view query, const Question& question,
                           const std::vector<std::string>& addresses, std::size_t limit);
std::string name_answer(std::string_view query, const Question& question, const std::string& name);
// Without any record.
std::string empty_answer(std::string_view query, Rcode rcode);

// "5.0.88.10.in-addr.arpa" and the like of IPv6: the address as text; nullopt: another name.
std::optional<std::string> reverse_address(std::string_view name);

} // namespace rt::shim::dns
