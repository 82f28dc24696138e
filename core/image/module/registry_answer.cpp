// SPDX-License-Identifier: Apache-2.0
#include "core/image/module/registry_answer.hpp"

#include "core/base/json.hpp"

#include <nlohmann/json.hpp>
#include <poll.h>

#include <algorithm>
#include <charconv>

namespace rt::image {
namespace {

constexpr std::string_view kHub = "docker.io";
constexpr std::string_view kHubApi = "registry-1.docker.io";

// What registries say in the body of an error: {"errors":[{"code":..., "message":...}]}.
std::string reason_in(const std::string& body) {
    const Json value = Json::parse(body, nullptr, false);
    if (!value.is_object()) return {};
    std::string text;
    const auto take = [&](const char* key, const Json& object) {
        if (const auto found = object.find(key); text.empty() && found != object.end() && found->is_string())
            text = found->get<std::string>();
    };
    if (const auto errors = value.find("errors"); errors != value.end() && errors->is_array())
        for (const Json& item : *errors)
            if (item.is_object()) take("message", item);
    take("details", value);
    take("message", value);
    if (text.size() > 300) text.resize(300);
    std::ranges::replace_if(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
    return text.empty() ? text : cat(" (", text, ")");
}

} // namespace

std::string registry_address(const std::string& host) {
    return cat(is_this_machine(host) ? "http://" : "https://", host == kHub ? kHubApi : host);
}

bool is_temporary(long status) {
    return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}

// Its other form, a date, is rare and waited for like any failure.
std::optional<std::chrono::milliseconds> retry_after(const HttpResponse& response) {
    const std::string text = response.header("retry-after");
    int seconds = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (problem != std::errc() || seconds < 0) return std::nullopt;
    return std::min(kLongestWait, std::chrono::milliseconds(std::chrono::seconds(std::min(seconds, 3600))));
}

Result<void> wait(std::chrono::milliseconds time, const Cancellation& cancellation) {
    constexpr std::chrono::milliseconds kSlice(100);
    while (time.count() > 0) {
        RT_TRY(cancellation.check());
        const auto slice = std::min(time, kSlice);
        ::poll(nullptr, 0, static_cast<int>(slice.count()));
        time -= slice;
    }
    return cancellation.check();
}

std::unexpected<Error> refused(const std::string& host, const HttpResponse& response,
                               const std::string& object) {
    const std::string reason = reason_in(response.body);
    switch (response.status) {
    case 401:
    case 403:
        return fail(Code::permission_denied, object, ": the registry '", host, "' refuses it", reason,
                    ": check the name, or log in there first");
    case 404:
        return fail(Code::not_found, object, ": not at the registry '", host, "'", reason,
                    ": check the name and the tag");
    case 429:
        return fail(Code::unavailable, object, ": the registry '", host,
                    "' says that there were too many requests", reason, ": try again later or log in");
    default:
        return fail(is_temporary(response.status) ? Code::unavailable : Code::failed_precondition, object,
                    ": the registry '", host, "' answers with status ", response.status, reason);
    }
}

} // namespace rt::image
