// SPDX-License-Identifier: Apache-2.0
#include "cgroup_stats.hpp"

#include <nlohmann/json.hpp>

#include <dirent.h>
#include <fcntl.h>

#include <charconv>
#include <limits>
#include <memory>
#include <ranges>

namespace rt::namespaces {
namespace {

using nlohmann::json;
using Number = std::optional<std::uint64_t>;

constexpr std::size_t kLargest = 1 << 20;
constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

Number to_number(std::string_view text) {
    if (text == "max") return kUnlimited;
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() ? Number(value) : std::nullopt;
}

std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> out;
    for (const auto part : std::views::split(line, ' '))
        if (!part.empty()) out.emplace_back(part.begin(), part.end());
    return out;
}

// One directory. The first failure is kept, so that the list of files below reads as one.
class Reader {
public:
    explicit Reader(const std::string& path) : path_(path) {}

    // Every line's words; nothing where there is no such file.
    std::vector<std::vector<std::string>> lines(const std::string& file) {
        std::vector<std::vector<std::string>> out;
        if (failed_) return out;
        const auto text = read_whole(AT_FDCWD, cat(path_, "/", file).c_str(), kLargest);
        if (!text) {
            // EOPNOTSUPP: compiled in, but not for this kind of cgroup.
            if (text.error().sys_errno != ENOENT && text.error().sys_errno != EOPNOTSUPP)
                failed_ = text.error();
            return out;
        }
        for (const auto line : std::views::split(*text, '\n')) {
            const auto words = words_of(std::string_view(line.begin(), line.end()));
            if (!words.empty()) out.emplace_back(words.begin(), words.end());
        }
        return out;
    }
    Number number(const std::string& file) {
        const auto all = lines(file);
        return all.empty() ? std::nullopt : to_number(all.front().front());
    }
    // A file of "key value" lines.
    json table(const std::string& file) {
        json out = json::object();
        for (const auto& words : lines(file))
            if (words.size() == 2)
                if (const auto value = to_number(words[1])) out[words[0]] = *value;
        return out;
    }
    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] Result<void> done() const { return failed_ ? std::unexpected(*failed_) : Result<void>(); }

private:
    const std::string& path_;
    std::optional<Error> failed_;
};

void put(json& out, const char* key, const Number& value) {
    if (value) out[key] = *value;
}

void put_from(json& out, const char* key, const json& table, const char* its_key, std::uint64_t factor = 1) {
    if (const auto found = table.find(its_key); found != table.end())
        out[key] = found->get<std::uint64_t>() * factor;
}

void put_v1_cpuacct(Reader& in, json& out) {
    put(out, "usage_ns", in.number("cpuacct.usage"));
    put(out, "user_ns", in.number("cpuacct.usage_user"));
    put(out, "system_ns", in.number("cpuacct.usage_sys"));
    for (const auto& words : in.lines("cpuacct.usage_percpu"))
        for (const auto& word : words)
            if (const auto value = to_number(word)) out["percpu_ns"].push_back(*value);
}

void put_v1_cpu(Reader& in, json& out) {
    const json stat = in.table("cpu.stat");
    put_from(out["throttling"], "periods", stat, "nr_periods");
    put_from(out["throttling"], "throttled_periods", stat, "nr_throttled");
    put_from(out["throttling"], "throttled_ns", stat, "throttled_time");
    if (out["throttling"].is_null()) out.erase("throttling");
}

void put_v1_memory(Reader& in, json& out) {
    put(out, "usage", in.number("memory.usage_in_bytes"));
    put(out, "max_usage", in.number("memory.max_usage_in_bytes"));
    put(out, "limit", in.number("memory.limit_in_bytes"));
    put(out, "failcnt", in.number("memory.failcnt"));
    put_from(out, "oom_kills", in.table("memory.oom_control"), "oom_kill");
    out["stats"] = in.table("memory.stat");
}

std::optional<std::pair<std::uint64_t, std::uint64_t>> to_device(const std::string& text) {
    const auto colon = text.find(':');
    if (colon == std::string::npos) return std::nullopt;
    const auto major = to_number(std::string_view(text).substr(0, colon));
    const auto minor = to_number(std::string_view(text).substr(colon + 1));
    if (!major || !minor) return std::nullopt;
    return std::pair(*major, *minor);
}

// "8:0 Read 4096", and a "Total 4096" for all devices, which is passed over.
json v1_block(Reader& in, const std::string& name) {
    json out = json::array();
    auto lines = in.lines(name + "_recursive");
    if (lines.empty()) lines = in.lines(name);
    for (const auto& words : lines) {
        if (words.size() != 3) continue;
        const auto device = to_device(words[0]);
        const auto value = to_number(words[2]);
        if (device && value)
            out.push_back(
                {{"major", device->first}, {"minor", device->second}, {"op", words[1]}, {"value", *value}});
    }
    return out;
}

// "8:0 rbytes=4096 wbytes=0 rios=1 wios=0 dbytes=0 dios=0"
json v2_block(Reader& in) {
    json out = {{"io_service_bytes", json::array()}, {"io_serviced", json::array()}};
    constexpr std::tuple<std::string_view, const char*, const char*> kKeys[] = {
        {"rbytes=", "io_service_bytes", "Read"},    {"wbytes=", "io_service_bytes", "Write"},
        {"dbytes=", "io_service_bytes", "Discard"}, {"rios=", "io_serviced", "Read"},
        {"wios=", "io_serviced", "Write"},          {"dios=", "io_serviced", "Discard"}};
    for (const auto& words : in.lines("io.stat")) {
        const auto device = to_device(words[0]);
        if (!device) continue;
        for (const auto& word : words | std::views::drop(1))
            for (const auto& [key, list, op] : kKeys) {
                if (!word.starts_with(key)) continue;
                if (const auto value = to_number(std::string_view(word).substr(key.size())))
                    out[list].push_back(
                        {{"major", device->first}, {"minor", device->second}, {"op", op}, {"value", *value}});
            }
    }
    return out;
}

// The page sizes ("2MB") that a directory has files "hugetlb.<size><suffix>" of.
std::vector<std::string> page_sizes(const std::string& path, std::string_view suffix) {
    std::vector<std::string> out;
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.c_str()), ::closedir);
    if (!directory) return out;
    constexpr std::string_view kPrefix = "hugetlb.";
    while (const dirent* entry = ::readdir(directory.get())) {
        std::string_view name = entry->d_name;
        if (!name.starts_with(kPrefix) || !name.ends_with(suffix)) continue;
        name = name.substr(kPrefix.size(), name.size() - kPrefix.size() - suffix.size());
        if (name.find('.') == std::string_view::npos) out.emplace_back(name); // not "2MB.rsvd"
    }
    return out;
}

void put_v1_hugetlb(Reader& in, json& out) {
    for (const auto& size : page_sizes(in.path(), ".usage_in_bytes")) {
        json& one = out["hugetlb"][size];
        put(one, "usage", in.number(cat("hugetlb.", size, ".usage_in_bytes")));
        put(one, "limit", in.number(cat("hugetlb.", size, ".limit_in_bytes")));
        put(one, "failcnt", in.number(cat("hugetlb.", size, ".failcnt")));
    }
}

void put_pids(Reader& in, json& out) {
    put(out, "current", in.number("pids.current"));
    put(out, "limit", in.number("pids.max"));
}

void put_v1(Reader& in, const Hierarchy& hierarchy, json& out) {
    if (hierarchy.has("cpuacct")) put_v1_cpuacct(in, out["cpu"]);
    if (hierarchy.has("cpu")) put_v1_cpu(in, out["cpu"]);
    if (hierarchy.has("memory")) put_v1_memory(in, out["memory"]);
    if (hierarchy.has("pids")) put_pids(in, out["pids"]);
    if (hierarchy.has("blkio"))
        out["blkio"] = {{"io_service_bytes", v1_block(in, "blkio.throttle.io_service_bytes")},
                        {"io_serviced", v1_block(in, "blkio.throttle.io_serviced")}};
    if (hierarchy.has("hugetlb")) put_v1_hugetlb(in, out);
}

void put_v2_memory(Reader& in, json& out) {
    put(out, "usage", in.number("memory.current"));
    put(out, "max_usage", in.number("memory.peak"));
    put(out, "limit", in.number("memory.max"));
    const json events = in.table("memory.events");
    put_from(out, "failcnt", events, "max");
    put_from(out, "oom_kills", events, "oom_kill");
    if (json stats = in.table("memory.stat"); !stats.empty()) out["stats"] = std::move(stats);
}

void put_v2(Reader& in, json& out) {
    const json cpu = in.table("cpu.stat");
    put_from(out["cpu"], "usage_ns", cpu, "usage_usec", 1000);
    put_from(out["cpu"], "user_ns", cpu, "user_usec", 1000);
    put_from(out["cpu"], "system_ns", cpu, "system_usec", 1000);
    json throttling;
    put_from(throttling, "periods", cpu, "nr_periods");
    put_from(throttling, "throttled_periods", cpu, "nr_throttled");
    put_from(throttling, "throttled_ns", cpu, "throttled_usec", 1000);
    if (!throttling.is_null()) out["cpu"]["throttling"] = std::move(throttling);
    put_v2_memory(in, out["memory"]);
    put_pids(in, out["pids"]);
    out["blkio"] = v2_block(in);
    for (const auto& size : page_sizes(in.path(), ".current")) {
        json& one = out["hugetlb"][size];
        put(one, "usage", in.number(cat("hugetlb.", size, ".current")));
        put(one, "limit", in.number(cat("hugetlb.", size, ".max")));
        put_from(one, "failcnt", in.table(cat("hugetlb.", size, ".events")), "max");
    }
}

} // namespace

Result<std::string> read_stats(CgroupKind kind, const std::vector<Cgroup::Directory>& directories) {
    json out;
    for (const auto& [hierarchy, path] : directories) {
        Reader in(path);
        if (!hierarchy->v2)
            put_v1(in, *hierarchy, out);
        else if (kind == CgroupKind::v2) // beside v1 it counts nothing that they do not
            put_v2(in, out);
        RT_TRY(in.done());
    }
    for (auto part = out.begin(); part != out.end();)
        part = part->is_null() ? out.erase(part) : std::next(part);
    out["cgroup_version"] = kind == CgroupKind::v2 ? 2 : 1;
    return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

} // namespace rt::namespaces
