// SPDX-License-Identifier: Apache-2.0
#include "core/container/seccomp_profile.hpp"

#include "core/base/nearest.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace rt {
namespace {

using Names = std::vector<std::string>;

const Names kActions{"SCMP_ACT_KILL",  "SCMP_ACT_KILL_THREAD", "SCMP_ACT_KILL_PROCESS",
                     "SCMP_ACT_TRAP",  "SCMP_ACT_ERRNO",       "SCMP_ACT_TRACE",
                     "SCMP_ACT_ALLOW", "SCMP_ACT_LOG",         "SCMP_ACT_NOTIFY"};
const Names kComparisons{"SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE",       "SCMP_CMP_EQ",
                         "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ"};

// Thrown and caught in this file only: a profile is nested, and a place is a path through it.
struct Problem {
    std::string place{}, text{};
};

void expect_keys(const Json& object, const std::string& place, const Names& known) {
    if (!object.is_object()) throw Problem{place, "is not an object"};
    for (const auto& [key, value] : object.items())
        if (std::ranges::find(known, key) == known.end()) {
            const std::string best = nearest(key, known);
            throw Problem{place, cat("has the unknown key '", key, "'",
                                     best.empty() ? std::string() : cat(" (did you mean ", best, "?)"))};
        }
}

std::string text_of(const Json& object, const char* key, const std::string& place, const Names& known) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_string()) throw Problem{place, cat("has no text '", key, "'")};
    const auto text = found->get<std::string>();
    if (std::ranges::find(known, text) == known.end())
        throw Problem{cat(place, ".", key), cat("is '", text, "', which is not known")};
    return text;
}

// null and missing are the same.
Names texts_of(const Json& object, const char* key, const std::string& place) {
    const auto found = object.find(key);
    if (found == object.end() || found->is_null()) return {};
    if (!found->is_array() || !std::ranges::all_of(*found, [](const Json& item) { return item.is_string(); }))
        throw Problem{cat(place, ".", key), "is not a list of texts"};
    return found->get<Names>();
}

std::pair<int, int> kernel_version(const std::string& text) {
    int major = 0;
    int minor = 0;
    const char* const last = text.data() + text.size();
    const auto first = std::from_chars(text.data(), last, major);
    if (first.ec != std::errc() || first.ptr == last || *first.ptr != '.') return {0, 0};
    std::from_chars(first.ptr + 1, last, minor);
    return {major, minor};
}

class Translation {
public:
    explicit Translation(const SeccompTarget& target) : target_(target) {}

    Json profile(const Json& profile) const {
        expect_keys(profile, "the profile",
                    {"defaultAction", "defaultErrnoRet", "architectures", "archMap", "flags", "syscalls",
                     "listenerPath", "listenerMetadata"});
        Json result{{"defaultAction", text_of(profile, "defaultAction", "the profile", kActions)}};
        for (const char* key : {"defaultErrnoRet", "flags", "listenerPath", "listenerMetadata"})
            if (profile.contains(key) && !profile[key].is_null()) result[key] = profile[key];
        result["architectures"] = architectures(profile);
        result["syscalls"] = Json::array();
        const Json rules = profile.value("syscalls", Json());
        if (!rules.is_null() && !rules.is_array()) throw Problem{"syscalls", "is not a list"};
        for (std::size_t i = 0; i < rules.size(); ++i)
            add_rule(rules[i], cat("syscalls[", i, "]"), result["syscalls"]);
        return result;
    }

private:
    // Those that a map from each architecture to those that its kernel runs as well gives for this one.
    Json architectures(const Json& profile) const {
        Names plain = texts_of(profile, "architectures", "the profile");
        const Json map = profile.value("archMap", Json());
        if (map.is_null()) return plain;
        if (!plain.empty()) throw Problem{"archMap", "and 'architectures' exclude each other"};
        if (!map.is_array()) throw Problem{"archMap", "is not a list"};
        Names result;
        for (std::size_t i = 0; i < map.size(); ++i) {
            const std::string place = cat("archMap[", i, "]");
            expect_keys(map[i], place, {"architecture", "subArchitectures"});
            const auto name = map[i].value("architecture", std::string());
            if (!name.starts_with("SCMP_ARCH_")) throw Problem{place, cat("is for '", name, "', not known")};
            if (name != seccomp_name()) continue;
            result.push_back(name);
            for (const std::string& sub : texts_of(map[i], "subArchitectures", place)) result.push_back(sub);
        }
        return result;
    }

    std::string seccomp_name() const {
        const std::string& go = target_.architecture;
        if (go == "amd64") return "SCMP_ARCH_X86_64";
        if (go == "arm64") return "SCMP_ARCH_AARCH64";
        if (go == "386") return "SCMP_ARCH_X86";
        std::string upper = go;
        std::ranges::transform(upper, upper.begin(),
                               [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
        return cat("SCMP_ARCH_", upper);
    }

    bool matches_any(const Names& wanted, const Names& there) const {
        return std::ranges::any_of(
            wanted, [&](const std::string& name) { return std::ranges::find(there, name) != there.end(); });
    }

    bool is_new_enough(const Json& filter, const std::string& place) const {
        const auto least = filter.find("minKernel");
        if (least == filter.end() || least->is_null()) return true;
        const auto wanted = least->is_string() ? kernel_version(least->get<std::string>()) : std::pair(0, 0);
        if (wanted == std::pair(0, 0))
            throw Problem{cat(place, ".minKernel"), "is not a version of the kernel, as in 4.8"};
        return kernel_version(target_.kernel) >= wanted;
    }

    bool applies(const Json& rule, const std::string& place) const {
        bool result = true;
        if (const Json includes = rule.value("includes", Json()); !includes.is_null()) {
            const std::string at = cat(place, ".includes");
            expect_keys(includes, at, {"arches", "caps", "minKernel"});
            const Names arches = texts_of(includes, "arches", at);
            const Names caps = texts_of(includes, "caps", at);
            result = result && (arches.empty() || matches_any(arches, {target_.architecture}));
            result = result && std::ranges::all_of(caps, [&](const std::string& name) {
                         return matches_any({name}, target_.capabilities);
                     });
            result = is_new_enough(includes, at) && result;
        }
        if (const Json excludes = rule.value("excludes", Json()); !excludes.is_null()) {
            const std::string at = cat(place, ".excludes");
            expect_keys(excludes, at, {"arches", "caps", "minKernel"});
            result = result && !matches_any(texts_of(excludes, "arches", at), {target_.architecture});
            result = result && !matches_any(texts_of(excludes, "caps", at), target_.capabilities);
            if (excludes.contains("minKernel")) result = !is_new_enough(excludes, at) && result;
        }
        return result;
    }

    void add_rule(const Json& rule, const std::string& place, Json& result) const {
        expect_keys(rule, place,
                    {"name", "names", "action", "args", "comment", "includes", "excludes", "errnoRet"});
        Names names = texts_of(rule, "names", place);
        if (const Json name = rule.value("name", Json());
            name.is_string() && !name.get<std::string>().empty()) {
            if (!names.empty()) throw Problem{place, "has both 'name' and 'names'"};
            names = {name.get<std::string>()};
        }
        if (names.empty()) throw Problem{place, "names no system call"};
        Json translated{{"names", names}, {"action", text_of(rule, "action", place, kActions)}};
        if (rule.contains("errnoRet") && !rule["errnoRet"].is_null())
            translated["errnoRet"] = rule["errnoRet"];
        const Json arguments = rule.value("args", Json());
        if (!arguments.is_null() && !arguments.is_array())
            throw Problem{cat(place, ".args"), "is not a list"};
        for (std::size_t i = 0; i < arguments.size(); ++i) {
            const std::string at = cat(place, ".args[", i, "]");
            expect_keys(arguments[i], at, {"index", "value", "valueTwo", "op"});
            (void)text_of(arguments[i], "op", at, kComparisons); // only whether it is known
            translated["args"].push_back(arguments[i]);
        }
        if (applies(rule, place)) result.push_back(std::move(translated));
    }

    const SeccompTarget& target_;
};

} // namespace

Result<Json> seccomp_for(const std::string& profile, const SeccompTarget& target) {
    const auto document = parse_json(profile, "seccomp profile");
    if (!document) return fail(Code::invalid_argument, document.error().message);
    try {
        return Translation(target).profile(*document);
    } catch (const Problem& problem) {
        return fail(Code::invalid_argument, "seccomp profile: ", problem.place, " ", problem.text);
    } catch (const Json::exception& error) {
        return fail(Code::invalid_argument, "seccomp profile: ", error.what());
    }
}

Result<void> check_seccomp_profile(const std::string& profile) {
    RT_TRY(seccomp_for(profile, {"amd64", "6.1", {}}));
    return {};
}

} // namespace rt
