// SPDX-License-Identifier: Apache-2.0
#include "nft_messages.hpp"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>

#include <cstring>
#include <new>

namespace rt::bridge {
namespace {

constexpr std::size_t kRoom = 4096; // for any single message that is built here
constexpr char kCommentType = 0;    // NFTNL_UDATA_SET_ELEM_COMMENT: `nft list` shows it

template <class Pointer>
Pointer checked(Pointer pointer) {
    if (!pointer) throw std::bad_alloc();
    return pointer;
}

std::uint32_t register_number(int index) {
    return static_cast<std::uint32_t>(NFT_REG32_00 + index);
}

void begin_control(Batch& batch, std::uint16_t type) {
    batch.begin(type, 0);
    auto* header = batch.header<nfgenmsg>();
    header->nfgen_family = AF_UNSPEC;
    header->res_id = htons(NFNL_SUBSYS_NFTABLES);
}

} // namespace

void begin_transaction(Batch& batch, std::optional<std::uint32_t> generation) {
    begin_control(batch, NFNL_MSG_BATCH_BEGIN);
    if (generation) batch.put_u32(NFNL_BATCH_GENID, htonl(*generation));
}

void end_transaction(Batch& batch) {
    batch.acknowledge(); // older kernels never acknowledge the end itself
    begin_control(batch, NFNL_MSG_BATCH_END);
}

nlmsghdr* begin_nft(Batch& batch, std::uint16_t type, std::uint16_t flags, std::uint8_t family) {
    batch.begin(static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | type), flags);
    batch.header<nfgenmsg>()->nfgen_family = family;
    return batch.with_room(kRoom);
}

RuleWriter::RuleWriter(const std::string& table, const std::string& chain)
    : rule_(checked(nftnl_rule_alloc())) {
    nftnl_rule_set_u32(rule_.get(), NFTNL_RULE_FAMILY, NFPROTO_INET);
    nftnl_rule_set_str(rule_.get(), NFTNL_RULE_TABLE, table.c_str());
    nftnl_rule_set_str(rule_.get(), NFTNL_RULE_CHAIN, chain.c_str());
}

nftnl_expr* RuleWriter::add(const char* name) {
    nftnl_expr* expression = checked(nftnl_expr_alloc(name));
    nftnl_rule_add_expr(rule_.get(), expression);
    return expression;
}

RuleWriter& RuleWriter::meta(nft_meta_keys key, int to) {
    nftnl_expr* expression = add("meta");
    nftnl_expr_set_u32(expression, NFTNL_EXPR_META_KEY, key);
    nftnl_expr_set_u32(expression, NFTNL_EXPR_META_DREG, register_number(to));
    return *this;
}

RuleWriter& RuleWriter::payload(nft_payload_bases base, std::uint32_t offset, std::uint32_t size, int to) {
    nftnl_expr* expression = add("payload");
    nftnl_expr_set_u32(expression, NFTNL_EXPR_PAYLOAD_BASE, base);
    nftnl_expr_set_u32(expression, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
    nftnl_expr_set_u32(expression, NFTNL_EXPR_PAYLOAD_LEN, size);
    nftnl_expr_set_u32(expression, NFTNL_EXPR_PAYLOAD_DREG, register_number(to));
    return *this;
}

RuleWriter& RuleWriter::fib_type(int to) {
    nftnl_expr* expression = add("fib");
    nftnl_expr_set_u32(expression, NFTNL_EXPR_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
    nftnl_expr_set_u32(expression, NFTNL_EXPR_FIB_FLAGS, NFTA_FIB_F_DADDR);
    nftnl_expr_set_u32(expression, NFTNL_EXPR_FIB_DREG, register_number(to));
    return *this;
}

RuleWriter& RuleWriter::compare(int from, nft_cmp_ops how, const void* data, std::uint32_t size) {
    nftnl_expr* expression = add("cmp");
    nftnl_expr_set_u32(expression, NFTNL_EXPR_CMP_SREG, register_number(from));
    nftnl_expr_set_u32(expression, NFTNL_EXPR_CMP_OP, how);
    nftnl_expr_set(expression, NFTNL_EXPR_CMP_DATA, data, size);
    return *this;
}

RuleWriter& RuleWriter::has_ct_bits(nft_ct_keys key, std::uint32_t bits) {
    const std::uint32_t zero = 0;
    nftnl_expr* load = add("ct");
    nftnl_expr_set_u32(load, NFTNL_EXPR_CT_KEY, key);
    nftnl_expr_set_u32(load, NFTNL_EXPR_CT_DREG, register_number(0));
    nftnl_expr* select = add("bitwise");
    nftnl_expr_set_u32(select, NFTNL_EXPR_BITWISE_SREG, register_number(0));
    nftnl_expr_set_u32(select, NFTNL_EXPR_BITWISE_DREG, register_number(0));
    nftnl_expr_set_u32(select, NFTNL_EXPR_BITWISE_LEN, sizeof bits);
    nftnl_expr_set(select, NFTNL_EXPR_BITWISE_MASK, &bits, sizeof bits);
    nftnl_expr_set(select, NFTNL_EXPR_BITWISE_XOR, &zero, sizeof zero);
    return compare(0, NFT_CMP_NEQ, &zero, sizeof zero);
}

RuleWriter& RuleWriter::in_set(int from, const std::string& set) {
    nftnl_expr* expression = add("lookup");
    nftnl_expr_set_u32(expression, NFTNL_EXPR_LOOKUP_SREG, register_number(from));
    nftnl_expr_set_str(expression, NFTNL_EXPR_LOOKUP_SET, set.c_str());
    return *this;
}

RuleWriter& RuleWriter::not_in_set(int from, const std::string& set) {
    nftnl_expr* expression = add("lookup");
    nftnl_expr_set_u32(expression, NFTNL_EXPR_LOOKUP_SREG, register_number(from));
    nftnl_expr_set_str(expression, NFTNL_EXPR_LOOKUP_SET, set.c_str());
    nftnl_expr_set_u32(expression, NFTNL_EXPR_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
    return *this;
}

RuleWriter& RuleWriter::map(int from, const std::string& set, int to) {
    nftnl_expr* expression = add("lookup");
    nftnl_expr_set_u32(expression, NFTNL_EXPR_LOOKUP_SREG, register_number(from));
    nftnl_expr_set_u32(expression, NFTNL_EXPR_LOOKUP_DREG, register_number(to));
    nftnl_expr_set_str(expression, NFTNL_EXPR_LOOKUP_SET, set.c_str());
    return *this;
}

RuleWriter& RuleWriter::load(const void* data, std::uint32_t size, int to) {
    nftnl_expr* expression = add("immediate");
    nftnl_expr_set_u32(expression, NFTNL_EXPR_IMM_DREG, register_number(to));
    nftnl_expr_set(expression, NFTNL_EXPR_IMM_DATA, data, size);
    return *this;
}

RuleWriter& RuleWriter::dnat(int address, int port) {
    nftnl_expr* expression = add("nat");
    nftnl_expr_set_u32(expression, NFTNL_EXPR_NAT_TYPE, NFT_NAT_DNAT);
    nftnl_expr_set_u32(expression, NFTNL_EXPR_NAT_FAMILY, NFPROTO_IPV4);
    nftnl_expr_set_u32(expression, NFTNL_EXPR_NAT_REG_ADDR_MIN, register_number(address));
    nftnl_expr_set_u32(expression, NFTNL_EXPR_NAT_REG_PROTO_MIN, register_number(port));
    return *this;
}

RuleWriter& RuleWriter::masquerade() {
    add("masq");
    return *this;
}

RuleWriter& RuleWriter::verdict(int code, const std::string& chain) {
    nftnl_expr* expression = add("immediate");
    nftnl_expr_set_u32(expression, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
    nftnl_expr_set_u32(expression, NFTNL_EXPR_IMM_VERDICT, static_cast<std::uint32_t>(code));
    if (!chain.empty()) nftnl_expr_set_str(expression, NFTNL_EXPR_IMM_CHAIN, chain.c_str());
    return *this;
}

void RuleWriter::append_to(Batch& batch) {
    nlmsghdr* message = begin_nft(batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
    nftnl_rule_nlmsg_build_payload(message, rule_.get());
}

namespace {

NftSet named_set(const std::string& table, const std::string& set) {
    NftSet object(checked(nftnl_set_alloc()));
    nftnl_set_set_str(object.get(), NFTNL_SET_TABLE, table.c_str());
    nftnl_set_set_str(object.get(), NFTNL_SET_NAME, set.c_str());
    return object;
}

int collect(nftnl_set_elem* element, void* context) {
    const auto bytes = [&](std::uint16_t attribute) {
        std::uint32_t size = 0;
        const void* data = nftnl_set_elem_get(element, attribute, &size);
        return data == nullptr ? std::string() : std::string(static_cast<const char*>(data), size);
    };
    Element out;
    out.key = bytes(NFTNL_SET_ELEM_KEY);
    out.data = bytes(NFTNL_SET_ELEM_DATA);
    // Type, length, text with its NUL. Anything else was not written by us.
    if (const auto user = bytes(NFTNL_SET_ELEM_USERDATA);
        user.size() > 3 && user[0] == kCommentType && static_cast<unsigned char>(user[1]) + 2U <= user.size())
        out.comment = user.substr(2, static_cast<unsigned char>(user[1]) - 1U);
    static_cast<std::vector<Element>*>(context)->push_back(std::move(out));
    return 0;
}

} // namespace

void put_element(Batch& batch, std::uint16_t type, std::uint16_t flags, const std::string& table,
                 const std::string& set, const Element& element) {
    const NftSet object = named_set(table, set);
    nftnl_set_elem* item = checked(nftnl_set_elem_alloc());
    nftnl_set_elem_add(object.get(), item);
    nftnl_set_elem_set(item, NFTNL_SET_ELEM_KEY, element.key.data(),
                       static_cast<std::uint32_t>(element.key.size()));
    if (element.ends_interval) nftnl_set_elem_set_u32(item, NFTNL_SET_ELEM_FLAGS, NFT_SET_ELEM_INTERVAL_END);
    if (!element.data.empty())
        nftnl_set_elem_set(item, NFTNL_SET_ELEM_DATA, element.data.data(),
                           static_cast<std::uint32_t>(element.data.size()));
    if (!element.comment.empty()) {
        std::string user{kCommentType, static_cast<char>(element.comment.size() + 1)};
        user.append(element.comment).push_back('\0');
        nftnl_set_elem_set(item, NFTNL_SET_ELEM_USERDATA, user.data(),
                           static_cast<std::uint32_t>(user.size()));
    }
    nftnl_set_elems_nlmsg_build_payload(begin_nft(batch, type, flags), object.get());
}

std::vector<Element> read_elements(const nlmsghdr* message) {
    std::vector<Element> all;
    const NftSet object(checked(nftnl_set_alloc()));
    if (nftnl_set_elems_nlmsg_parse(message, object.get()) == 0)
        nftnl_set_elem_foreach(object.get(), collect, &all);
    return all;
}

sdk::Result<std::vector<Element>> dump_elements(NetlinkSocket& nft, const std::string& table,
                                                const std::string& set) {
    Batch request;
    nftnl_set_elems_nlmsg_build_payload(begin_nft(request, NFT_MSG_GETSETELEM, NLM_F_DUMP),
                                        named_set(table, set).get());
    std::vector<Element> all;
    RT_TRY(nft.dump(request, sdk::cat("list the elements of the nf_tables set '", table, " ", set, "'"),
                    [&](const nlmsghdr* message) {
                        for (auto& element : read_elements(message)) all.push_back(std::move(element));
                    }));
    return all;
}

std::string name_key(const std::string& link) {
    std::string key = link;
    key.resize(16, '\0');
    return key;
}

} // namespace rt::bridge
