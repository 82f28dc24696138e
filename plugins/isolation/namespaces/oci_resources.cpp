// SPDX-License-Identifier: Apache-2.0
#include "oci_resources.hpp"

namespace rt::namespaces {
namespace {

using nlohmann::json;

std::optional<std::uint32_t> device_number(const JsonReader& reader, const char* key) {
    const auto number = reader.number<std::int64_t>(key); // -1 and absent: every number
    if (!number || *number == -1) return std::nullopt;
    if (!std::in_range<std::uint32_t>(*number)) refuse(reader.place(key), "is no device number");
    return static_cast<std::uint32_t>(*number);
}

DeviceRule parse_rule(const JsonReader& reader) {
    DeviceRule rule;
    rule.allow = reader.flag("allow");
    const auto type = reader.text("type");
    if (type.empty() || type == "a")
        rule.type = 'a';
    else if (type == "c" || type == "u")
        rule.type = 'c';
    else if (type == "b")
        rule.type = 'b';
    else
        refuse(reader.place("type"), "is none of a, b, c, u");
    rule.major = device_number(reader, "major");
    rule.minor = device_number(reader, "minor");
    const auto access = reader.text("access");
    for (const char letter : access.empty() ? std::string("rwm") : access) {
        if (letter == 'r')
            rule.read = true;
        else if (letter == 'w')
            rule.write = true;
        else if (letter == 'm')
            rule.mknod = true;
        else
            refuse(reader.place("access"), "has letters other than r, w, m");
    }
    return rule;
}

std::vector<BlockRate> parse_rates(const JsonReader& reader, const char* key) {
    std::vector<BlockRate> out;
    reader.for_each(key, [&](const json& item, const std::string& at) {
        const JsonReader rate(item, at);
        out.push_back({rate.required<std::uint32_t>("major"), rate.required<std::uint32_t>("minor"),
                       rate.required<std::uint64_t>("rate")});
    });
    return out;
}

void parse_memory(const JsonReader& reader, Resources& out) {
    for (const char* key : {"kernel", "kernelTCP"}) reader.refuse_if_set(key);
    out.memory.limit = reader.number<std::int64_t>("limit");
    out.memory.reservation = reader.number<std::int64_t>("reservation");
    out.memory.swap = reader.number<std::int64_t>("swap");
    out.memory.swappiness = reader.number<std::uint64_t>("swappiness");
    out.memory.disable_oom_killer = reader.flag("disableOOMKiller");
    if (out.memory.limit.value_or(0) > 0 && out.memory.swap.value_or(0) > 0 &&
        *out.memory.swap < *out.memory.limit)
        refuse(reader.place("swap"), "(memory plus swap) is below 'limit'");
}

void parse_cpu(const JsonReader& reader, Resources& out) {
    reader.refuse_if_set("idle");
    out.cpu.realtime_runtime = reader.number<std::int64_t>("realtimeRuntime");
    out.cpu.realtime_period = reader.number<std::uint64_t>("realtimePeriod");
    out.cpu.shares = reader.number<std::uint64_t>("shares");
    out.cpu.quota = reader.number<std::int64_t>("quota");
    out.cpu.period = reader.number<std::uint64_t>("period");
    out.cpu.burst = reader.number<std::uint64_t>("burst");
    out.cpu.cpus = reader.text("cpus");
    out.cpu.mems = reader.text("mems");
}

void parse_block(const JsonReader& reader, Resources& out) {
    reader.refuse_if_set("leafWeight");
    reader.for_each("weightDevice", [&](const json& item, const std::string& at) {
        const JsonReader one(item, at);
        one.refuse_if_set("leafWeight");
        const auto weight = one.required<std::uint16_t>("weight");
        if (weight < 10 || weight > 1000) refuse(one.place("weight"), "is not between 10 and 1000");
        out.block.weights.push_back(
            {one.required<std::uint32_t>("major"), one.required<std::uint32_t>("minor"), weight});
    });
    out.block.weight = reader.number<std::uint16_t>("weight");
    if (out.block.weight && (*out.block.weight < 10 || *out.block.weight > 1000) && *out.block.weight != 0)
        refuse(reader.place("weight"), "is not between 10 and 1000");
    if (out.block.weight == 0U) out.block.weight.reset();
    out.block.read_bps = parse_rates(reader, "throttleReadBpsDevice");
    out.block.write_bps = parse_rates(reader, "throttleWriteBpsDevice");
    out.block.read_iops = parse_rates(reader, "throttleReadIOPSDevice");
    out.block.write_iops = parse_rates(reader, "throttleWriteIOPSDevice");
}

bool is_plain_file_name(const std::string& name) {
    return !name.empty() && name.find('/') == std::string::npos && name != "." && name != "..";
}

void parse_hugepages(const JsonReader& resources, Resources& out) {
    resources.for_each("hugepageLimits", [&](const json& item, const std::string& at) {
        const JsonReader reader(item, at);
        const auto size = reader.text("pageSize");
        if (!is_plain_file_name(size)) refuse(at + ".pageSize", "is no page size");
        out.hugepages.emplace_back(size, reader.required<std::uint64_t>("limit"));
    });
}

void parse_unified(const JsonReader& resources, Resources& out) {
    const auto* unified = resources.find("unified");
    if (unified == nullptr) return;
    if (!unified->is_object()) refuse("linux.resources.unified", "is not an object");
    for (const auto& [key, value] : unified->items()) {
        if (!is_plain_file_name(key))
            refuse("linux.resources.unified", cat("has '", key, "', which is no file name"));
        out.unified.emplace_back(key, JsonReader::to_text(value, "linux.resources.unified." + key));
    }
}

} // namespace

Resources parse_resources(const JsonReader& reader) {
    for (const char* key : {"network", "rdma"}) reader.refuse_if_set(key);
    Resources out;
    reader.for_each("devices", [&](const json& item, const std::string& at) {
        out.devices.push_back(parse_rule(JsonReader(item, at)));
    });
    if (const auto memory = reader.object("memory")) parse_memory(*memory, out);
    if (const auto cpu = reader.object("cpu")) parse_cpu(*cpu, out);
    if (const auto pids = reader.object("pids")) out.pids_limit = pids->number<std::int64_t>("limit");
    if (const auto block = reader.object("blockIO")) parse_block(*block, out);
    parse_hugepages(reader, out);
    parse_unified(reader, out);
    return out;
}

} // namespace rt::namespaces
