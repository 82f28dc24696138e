// SPDX-License-Identifier: Apache-2.0
#include "json_reader.hpp"
#include "seccomp_profile.hpp"

#include <linux/seccomp.h>

#include <algorithm>
#include <array>

namespace rt::namespaces {
namespace {

using nlohmann::json;

constexpr std::size_t kMostConditions = 6; // one for each argument; more could not be reached by short jumps
constexpr std::uint32_t kLargestErrno = 4095;

template <class Value, std::size_t Count>
Value word(const std::array<std::pair<std::string_view, Value>, Count>& table, const std::string& text,
           const std::string& place) {
    const auto found =
        std::ranges::find(table, std::string_view(text), &std::pair<std::string_view, Value>::first);
    if (found == table.end()) refuse(place, cat("has the unknown value '", text, "'"));
    return found->second;
}

std::uint32_t parse_action(const std::string& name, std::optional<std::uint32_t> number,
                           const std::string& place) {
    static constexpr std::array<std::pair<std::string_view, std::uint32_t>, 8> kActions{
        {{"SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD},
         {"SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD},
         {"SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS},
         {"SCMP_ACT_TRAP", SECCOMP_RET_TRAP},
         {"SCMP_ACT_ERRNO", SECCOMP_RET_ERRNO},
         {"SCMP_ACT_TRACE", SECCOMP_RET_TRACE},
         {"SCMP_ACT_LOG", SECCOMP_RET_LOG},
         {"SCMP_ACT_ALLOW", SECCOMP_RET_ALLOW}}};
    if (name == "SCMP_ACT_NOTIFY")
        throw Refused(Code::unsupported,
                      cat("config.json: '", place,
                          "' is SCMP_ACT_NOTIFY, which is not implemented by the driver 'namespaces'"));
    const auto action = word(kActions, name, place);
    if (action != SECCOMP_RET_ERRNO && action != SECCOMP_RET_TRACE) {
        if (number && *number != 0) refuse(place, "has an errno, but its action gives none");
        return action;
    }
    if (number.value_or(EPERM) > kLargestErrno) refuse(place, "has an errno above 4095");
    return action | number.value_or(EPERM);
}

std::uint32_t parse_architecture(const json& item, const std::string& place) {
    const std::string name = JsonReader::to_text(item, place);
    static constexpr std::string_view kPrefix = "SCMP_ARCH_";
    if (!name.starts_with(kPrefix)) refuse(place, cat("has the unknown value '", name, "'"));
    std::string lower = name.substr(kPrefix.size());
    std::ranges::transform(lower, lower.begin(),
                           [](char letter) { return letter >= 'A' && letter <= 'Z' ? letter + 32 : letter; });
    const auto found = ::seccomp_arch_resolve_name(lower.c_str());
    // One that libseccomp does not know cannot run here either: rules for it never apply.
    return found;
}

SeccompCondition parse_condition(const JsonReader& reader, const std::string& place) {
    static constexpr std::array<std::pair<std::string_view, scmp_compare>, 7> kCompares{
        {{"SCMP_CMP_NE", SCMP_CMP_NE},
         {"SCMP_CMP_LT", SCMP_CMP_LT},
         {"SCMP_CMP_LE", SCMP_CMP_LE},
         {"SCMP_CMP_EQ", SCMP_CMP_EQ},
         {"SCMP_CMP_GE", SCMP_CMP_GE},
         {"SCMP_CMP_GT", SCMP_CMP_GT},
         {"SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ}}};
    SeccompCondition out{
        reader.required<std::uint32_t>("index"), word(kCompares, reader.text("op"), place + ".op"),
        reader.required<std::uint64_t>("value"), reader.number<std::uint64_t>("valueTwo").value_or(0)};
    if (out.index > 5) refuse(place + ".index", "is above 5");
    return out;
}

void parse_rules(const JsonReader& reader, const std::string& place, SeccompProfile& profile) {
    const auto action =
        parse_action(reader.text("action"), reader.number<std::uint32_t>("errnoRet"), place + ".action");
    std::vector<SeccompCondition> conditions;
    reader.for_each("args", [&](const json& item, const std::string& at) {
        conditions.push_back(parse_condition(JsonReader(item, at), at));
    });
    if (conditions.size() > kMostConditions) refuse(place + ".args", "has more than 6 conditions");
    const auto names = reader.texts("names");
    if (names.empty()) refuse(place + ".names", "is missing or empty");
    // The field's rule: several conditions on one argument are alternatives, on different ones they all have
    // to hold.
    bool alternatives = false;
    for (std::size_t i = 0; i < conditions.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            alternatives = alternatives || conditions[i].index == conditions[j].index;
    for (const auto& name : names) {
        if (!alternatives)
            profile.rules.push_back({name, action, conditions});
        else
            for (const auto& condition : conditions) profile.rules.push_back({name, action, {condition}});
    }
}

std::uint32_t parse_flags(const JsonReader& reader) {
    static constexpr std::array<std::pair<std::string_view, std::uint32_t>, 3> kFlags{
        {{"SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC},
         {"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG},
         {"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW}}};
    std::uint32_t flags = 0;
    for (const auto& name : reader.texts("flags")) flags |= word(kFlags, name, reader.place("flags"));
    return flags;
}

SeccompProfile read_profile(const JsonReader& reader) {
    for (const char* key : {"listenerPath", "listenerMetadata"}) reader.refuse_if_set(key);
    SeccompProfile profile;
    profile.default_action =
        parse_action(reader.text("defaultAction"), reader.number<std::uint32_t>("defaultErrnoRet"),
                     reader.place("defaultAction"));
    profile.flags = parse_flags(reader);
    reader.for_each("architectures", [&](const json& item, const std::string& at) {
        profile.architectures.push_back(parse_architecture(item, at));
    });
    reader.for_each("syscalls", [&](const json& item, const std::string& at) {
        parse_rules(JsonReader(item, at), at, profile);
    });
    return profile;
}

} // namespace

Result<SeccompProfile> parse_seccomp(std::string_view text) {
    try {
        const json value = json::parse(text);
        return read_profile(JsonReader(value, "linux.seccomp"));
    } catch (const Refused& refused) {
        return fail(refused.code, refused.what());
    } catch (const json::exception& exception) {
        return fail(Code::invalid_argument, "config.json: 'linux.seccomp' is not valid: ", exception.what());
    }
}

} // namespace rt::namespaces
