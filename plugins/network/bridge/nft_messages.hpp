// SPDX-License-Identifier: Apache-2.0
// Building blocks for nf_tables over libnftnl: transactions, rules written as a chain of expressions, set
// elements. Plain helpers over a Batch; nothing is kept.
#pragma once

#include "netlink_socket.hpp"

#include <netinet/in.h> // before the kernel's headers, which then leave its types alone

#include <libnftnl/chain.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace rt::bridge {

template <auto free_function>
struct Free {
    template <class T>
    void operator()(T* object) const {
        free_function(object);
    }
};
using NftSet = std::unique_ptr<nftnl_set, Free<nftnl_set_free>>;
using NftChain = std::unique_ptr<nftnl_chain, Free<nftnl_chain_free>>;
using NftRule = std::unique_ptr<nftnl_rule, Free<nftnl_rule_free>>;
using NftTable = std::unique_ptr<nftnl_table, Free<nftnl_table_free>>;

// begin_transaction() ... end_transaction(): all of it happens or nothing. generation: only if the ruleset
// has not changed since that generation (else ERESTART on message 0).
void begin_transaction(Batch& batch, std::optional<std::uint32_t> generation = {});
void end_transaction(Batch& batch);

// Begins one nf_tables message (NFT_MSG_*) of the inet family.
nlmsghdr* begin_nft(Batch& batch, std::uint16_t type, std::uint16_t flags,
                    std::uint8_t family = NFPROTO_INET);

// One rule, written expression by expression. Registers are the 32-bit ones, counted from 0.
class RuleWriter {
public:
    RuleWriter(const std::string& table, const std::string& chain);
    RuleWriter& meta(nft_meta_keys key, int to);
    RuleWriter& payload(nft_payload_bases base, std::uint32_t offset, std::uint32_t size, int to);
    RuleWriter& fib_type(int to); // the type of the destination address
    RuleWriter& compare(int from, nft_cmp_ops how, const void* data, std::uint32_t size);
    RuleWriter& has_ct_bits(nft_ct_keys key, std::uint32_t bits);
    RuleWriter& in_set(int from, const std::string& set);
    RuleWriter& not_in_set(int from, const std::string& set);
    RuleWriter& map(int from, const std::string& set, int to);
    RuleWriter& load(const void* data, std::uint32_t size, int to);
    RuleWriter& dnat(int address, int port);
    RuleWriter& masquerade();
    RuleWriter& verdict(int code, const std::string& chain = {});
    void append_to(Batch& batch);

private:
    nftnl_expr* add(const char* name);
    NftRule rule_;
};

// One element of a set or map.
struct Element {
    std::string key, data, comment;
    bool ends_interval = false; // the key is the first value behind an interval
};
// flags for NFT_MSG_NEWSETELEM: NLM_F_CREATE, with NLM_F_EXCL where an equal key is a failure.
void put_element(Batch& batch, std::uint16_t message, std::uint16_t flags, const std::string& table,
                 const std::string& set, const Element& element);
// The elements that an answer to NFT_MSG_GETSETELEM carries.
std::vector<Element> read_elements(const nlmsghdr* message);
sdk::Result<std::vector<Element>> dump_elements(NetlinkSocket& nft, const std::string& table,
                                                const std::string& set);

// A link's name as it is in a register or key: 16 bytes.
std::string name_key(const std::string& link);

} // namespace rt::bridge
