// SPDX-License-Identifier: Apache-2.0
#include "dns_message.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

namespace dns = rt::shim::dns;
using namespace std::string_literals;

// id 0x1234, recursion desired, one question of class IN.
std::string query(const std::string& labels, char type) {
    return "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"s + labels + "\0\0"s + type + "\0\x01"s;
}

TEST(DnsMessage, AQuestionIsReadInSmallLetters) {
    const auto question = dns::parse_query(query("\x03"
                                                 "Web"
                                                 "\x05"
                                                 "front",
                                                 1));
    ASSERT_TRUE(question);
    EXPECT_EQ(question->name, "web.front");
    EXPECT_EQ(question->type, dns::kA);
    EXPECT_EQ(question->end, 27U);
}

TEST(DnsMessage, WhatIsNoQuestionIsNone) {
    const std::string good = query("\x03"
                                   "web",
                                   1);
    for (std::size_t size = 0; size < good.size(); ++size)
        EXPECT_FALSE(dns::parse_query(std::string_view(good).substr(0, size))) << size;
    std::string response = good, two = good, other_class = good;
    response[2] = '\x81';
    two[5] = 2;
    other_class.back() = 3;
    for (const std::string& bad : {response, two, other_class, query("\xc0\x0c", 1),
                                   query("\x7f"
                                         "web",
                                         1),
                                   query(std::string(1, '\x3f'), 1)})
        EXPECT_FALSE(dns::parse_query(bad));
    std::string endless;
    for (int i = 0; i < 5; ++i) endless += '\x3f' + std::string(63, 'a');
    EXPECT_FALSE(dns::parse_query(query(endless, 1))) << "longer than a name may be";
}

TEST(DnsMessage, AnswersCarryTheQuestionAndAddressesAsFarAsTheyFit) {
    const std::string asked = query("\x03"
                                    "web",
                                    1);
    const auto question = dns::parse_query(asked);
    const std::string answer =
        dns::address_answer(asked, *question, {"\x0a\x01\x00\x02"s, "\x0a\x01\x00\x03"s}, 512);
    EXPECT_TRUE(dns::answers(answer, asked));
    EXPECT_EQ(answer.substr(0, 12), "\x12\x34\x85\x80\x00\x01\x00\x02\x00\x00\x00\x00"s);
    EXPECT_EQ(answer.substr(answer.size() - 16),
              "\xc0\x0c\x00\x01\x00\x01\x00\x00\x02\x58\x00\x04\x0a\x01\x00\x03"s);
    const std::string cut =
        dns::address_answer(asked, *question, std::vector<std::string>(100, "\x0a\x01\x00\x02"s), 512);
    EXPECT_LE(cut.size(), 512U);
    EXPECT_EQ(static_cast<unsigned char>(cut[2]) & 0x02, 0x02);
    EXPECT_EQ(static_cast<unsigned char>(cut[7]), (512 - asked.size()) / 16);
}

TEST(DnsMessage, AnAnswerToAnotherQuestionIsNone) {
    const std::string asked = query("\x03"
                                    "web",
                                    1);
    std::string other_id = dns::empty_answer(asked, dns::Rcode::ok);
    EXPECT_TRUE(dns::answers(other_id, asked));
    other_id[0] = 0;
    EXPECT_FALSE(dns::answers(other_id, asked));
    EXPECT_FALSE(dns::answers(asked, asked)) << "a query";
    EXPECT_FALSE(dns::answers(dns::empty_answer(query("\x02"
                                                      "db",
                                                      1),
                                                dns::Rcode::ok),
                              asked));
    EXPECT_FALSE(dns::answers("", asked));
}

TEST(DnsMessage, NamesOfAddressesAreRead) {
    EXPECT_EQ(dns::reverse_address("2.0.1.10.in-addr.arpa"), "10.1.0.2");
    EXPECT_EQ(
        dns::reverse_address("2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa"),
        "fd00::2");
    for (const char* name : {"", "in-addr.arpa", "1.2.3.in-addr.arpa", "1.2.3.4.5.in-addr.arpa",
                             "1.2.3.400.in-addr.arpa", "x.0.1.10.in-addr.arpa", "2.0.ip6.arpa", "web"})
        EXPECT_FALSE(dns::reverse_address(name)) << name;
}

} // namespace
