// SPDX-License-Identifier: Apache-2.0
#include "tools/rtd/http/api_version.hpp"

#include <charconv>
#include <optional>

namespace rt::rtd {
namespace {

bool take_number(std::string_view& text, int& number) {
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem != std::errc() || number < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return true;
}

// "v1.43"
std::optional<ApiVersion> parse(std::string_view text) {
    ApiVersion version;
    if (!text.starts_with('v')) return std::nullopt;
    text.remove_prefix(1);
    if (!take_number(text, version.major) || !text.starts_with('.')) return std::nullopt;
    text.remove_prefix(1);
    if (!take_number(text, version.minor) || !text.empty()) return std::nullopt;
    return version;
}

} // namespace

std::string to_string(ApiVersion version) {
    return cat(version.major, ".", version.minor);
}

Result<ApiVersion> take_version(std::string_view& path) {
    const std::size_t end = std::min(path.find('/', 1), path.size());
    const auto version = path.empty() ? std::nullopt : parse(path.substr(1, end - 1));
    if (!version) return kNewest;
    path.remove_prefix(end);
    if (*version < kAccepted)
        return fail(Code::invalid_argument, "client version ", to_string(*version),
                    " is too old. Minimum supported API version is ", to_string(kOldest),
                    ", please upgrade your client to a newer version");
    if (*version > kNewest)
        return fail(Code::invalid_argument, "client version ", to_string(*version),
                    " is too new. Maximum supported API version is ", to_string(kNewest));
    return version.value();
}

} // namespace rt::rtd
