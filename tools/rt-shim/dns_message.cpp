// SPDX-License-Identifier: Apache-2.0
#include "dns_message.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace rt::shim::dns {
namespace {

constexpr std::uint16_t kInternet = 1;
constexpr std::uint32_t kTimeToLive = 600; // seconds, as docker's
constexpr std::size_t kLongestName = 255, kLongestLabel = 63;
constexpr unsigned char kResponse = 0x80, kOpcode = 0x78, kAuthoritative = 0x04, kCut = 0x02,
                        kRecursionDesired = 0x01, kRecursionAvailable = 0x80;

std::uint16_t number_at(std::string_view message, std::size_t at) {
    return static_cast<std::uint16_t>(static_cast<unsigned char>(message[at]) << 8U |
                                      static_cast<unsigned char>(message[at + 1]));
}

void put_number(std::string& out, std::uint16_t value) {
    out += {static_cast<char>(value >> 8U), static_cast<char>(value & 0xffU)};
}

void set_number(std::string& out, std::size_t at, std::uint16_t value) {
    out[at] = static_cast<char>(value >> 8U);
    out[at + 1] = static_cast<char>(value & 0xffU);
}

// The header and question of the answer; counts of records are set by who adds them.
std::string begin_answer(std::string_view query, std::size_t question_end, Rcode rcode) {
    std::string out(query.substr(0, question_end));
    const auto asked = static_cast<unsigned char>(query[2]);
    out[2] = static_cast<char>(kResponse | (asked & kOpcode) | kAuthoritative | (asked & kRecursionDesired));
    out[3] = static_cast<char>(kRecursionAvailable | static_cast<unsigned char>(rcode));
    set_number(out, 4, question_end > kHeaderSize ? 1 : 0);
    for (const std::size_t count : {6U, 8U, 10U}) set_number(out, count, 0);
    return out;
}

void put_record(std::string& out, std::uint16_t type, std::string_view data) {
    put_number(out, 0xc000U | kHeaderSize); // the name of the question
    put_number(out, type);
    put_number(out, kInternet);
    put_number(out, kTimeToLive >> 16U);
    put_number(out, kTimeToLive & 0xffffU);
    put_number(out, static_cast<std::uint16_t>(data.size()));
    out += data;
}

std::string encode_name(std::string_view name) {
    std::string out;
    while (!name.empty()) {
        const auto dot = std::min(name.find('.'), name.size());
        const auto size = std::min(dot, kLongestLabel);
        out += static_cast<char>(size);
        out += name.substr(0, size);
        name.remove_prefix(std::min(dot + 1, name.size()));
    }
    out += '\0';
    return out;
}

} // namespace

std::optional<Question> parse_query(std::string_view message) {
    if (message.size() < kHeaderSize) return std::nullopt;
    const auto flags = static_cast<unsigned char>(message[2]);
    if ((flags & (kResponse | kOpcode)) != 0 || number_at(message, 4) != 1) return std::nullopt;
    Question question;
    std::size_t at = kHeaderSize;
    for (;;) {
        if (at >= message.size()) return std::nullopt;
        const auto size = static_cast<unsigned char>(message[at++]);
        if (size == 0) break;
        // The one question of a query has nothing before it that a pointer could lead to.
        if (size > kLongestLabel || at + size > message.size() ||
            question.name.size() + size + 1 > kLongestName)
            return std::nullopt;
        if (!question.name.empty()) question.name += '.';
        for (const char c : message.substr(at, size))
            question.name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        at += size;
    }
    if (at + 4 > message.size()) return std::nullopt;
    question.type = number_at(message, at);
    if (number_at(message, at + 2) != kInternet) return std::nullopt;
    question.end = at + 4;
    return question;
}

bool answers(std::string_view response, std::string_view query) {
    if (response.size() < kHeaderSize || number_at(response, 0) != number_at(query, 0) ||
        (static_cast<unsigned char>(response[2]) & kResponse) == 0)
        return false;
    std::string as_query(response);
    as_query[2] = 0; // parse_query() takes only queries
    const auto theirs = parse_query(as_query);
    const auto ours = parse_query(query);
    return theirs && ours && theirs->name == ours->name && theirs->type == ours->type;
}

std::string address_answer(std::string_view query, const Question& question,
                           const std::vector<std::string>& addresses, std::size_t limit) {
    std::string out = begin_answer(query, question.end, Rcode::ok);
    std::uint16_t count = 0;
    for (const std::string& address : addresses) {
        constexpr std::size_t kRecordHeader = 12;
        if (out.size() + kRecordHeader + address.size() > limit) {
            out[2] = static_cast<char>(static_cast<unsigned char>(out[2]) | kCut);
            break;
        }
        put_record(out, question.type, address);
        ++count;
    }
    set_number(out, 6, count);
    return out;
}

std::string name_answer(std::string_view query, const Question& question, const std::string& name) {
    std::string out = begin_answer(query, question.end, Rcode::ok);
    put_record(out, kPtr, encode_name(name));
    set_number(out, 6, 1);
    return out;
}

std::string empty_answer(std::string_view query, Rcode rcode) {
    const auto question = parse_query(query);
    return begin_answer(query, question ? question->end : kHeaderSize, rcode);
}

std::optional<std::string> reverse_address(std::string_view name) {
    constexpr std::string_view kIpv4 = ".in-addr.arpa", kIpv6 = ".ip6.arpa";
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (name.ends_with(kIpv4)) {
        std::array<unsigned char, 4> bytes{};
        name.remove_suffix(kIpv4.size());
        for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte) {
            const auto dot = std::min(name.find('.'), name.size());
            const auto [end, error] = std::from_chars(name.data(), name.data() + dot, *byte);
            if (error != std::errc{} || end != name.data() + dot) return std::nullopt;
            name.remove_prefix(std::min(dot + 1, name.size()));
        }
        if (!name.empty()) return std::nullopt;
        return ::inet_ntop(AF_INET, bytes.data(), text.data(), text.size());
    }
    constexpr std::size_t kDigits = 32;
    if (!name.ends_with(kIpv6) || name.size() - kIpv6.size() != 2 * kDigits - 1) return std::nullopt;
    std::array<unsigned char, 16> bytes{};
    for (std::size_t i = 0; i < kDigits; ++i) { // the last digit of the address comes first
        const char* const digit = name.data() + 2 * i;
        unsigned char value = 0;
        if (std::from_chars(digit, digit + 1, value, 16).ec != std::errc{}) return std::nullopt;
        bytes[15 - i / 2] |= static_cast<unsigned char>(value << (i % 2 * 4));
    }
    return ::inet_ntop(AF_INET6, bytes.data(), text.data(), text.size());
}

} // namespace rt::shim::dns
