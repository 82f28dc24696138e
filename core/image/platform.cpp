// SPDX-License-Identifier: Apache-2.0
#include "core/image/platform.hpp"

#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <utility>

namespace rt {
namespace {

struct Alias {
    std::string_view name;
    std::string_view architecture;
    std::string_view variant;
};
constexpr std::array kAliases = {
    Alias{"x86_64", "amd64", ""}, Alias{"x86-64", "amd64", ""},        Alias{"aarch64", "arm64", ""},
    Alias{"armv8l", "arm", "v7"}, Alias{"armv7l", "arm", "v7"},        Alias{"armhf", "arm", "v7"},
    Alias{"armv6l", "arm", "v6"}, Alias{"armel", "arm", "v6"},         Alias{"i386", "386", ""},
    Alias{"i686", "386", ""},     Alias{"loongarch64", "loong64", ""}, Alias{"arm", "arm", "v7"},
};

Platform normalised(Platform platform) {
    for (const Alias& alias : kAliases)
        if (alias.name == platform.architecture) {
            platform.architecture = alias.architecture;
            if (platform.variant.empty()) platform.variant = alias.variant;
            break;
        }
    if (platform.architecture == "arm64" && platform.variant == "v8") platform.variant.clear();
    if (platform.architecture == "amd64" && platform.variant == "v1") platform.variant.clear();
    return platform;
}

bool is_word(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
    });
}

} // namespace

std::string Platform::text() const {
    return variant.empty() ? cat(os, "/", architecture) : cat(os, "/", architecture, "/", variant);
}

Platform host_platform() {
    utsname name{};
    ::uname(&name);
    return normalised({"linux", name.machine, {}});
}

Result<Platform> parse_platform(std::string_view text) {
    if (text.empty()) return host_platform();
    std::vector<std::string> parts;
    for (std::string_view rest = text;;) {
        const auto slash = rest.find('/');
        parts.emplace_back(rest.substr(0, slash));
        if (slash == std::string::npos) break;
        rest.remove_prefix(slash + 1);
    }
    if (parts.size() > 3 || !std::ranges::all_of(parts, is_word))
        return fail(Code::invalid_argument, "platform '", text,
                    "': write it as OS/ARCH or OS/ARCH/VARIANT, like linux/amd64 or linux/arm/v7");
    if (parts.size() == 1 && parts[0] == "linux") return host_platform();
    if (parts.size() == 1) return normalised({"linux", parts[0], {}});
    return normalised({parts[0], parts[1], parts.size() == 3 ? parts[2] : std::string()});
}

int platform_match(const Platform& wanted, const Platform& offered_as_is) {
    const Platform offered = normalised(offered_as_is);
    if (wanted.os != offered.os || wanted.architecture != offered.architecture) return 0;
    if (wanted.variant == offered.variant) return 100;
    // An older variant of arm runs on a newer one; the nearest is best. Variants of amd64 are levels, too.
    const auto level = [](const std::string& variant) {
        return variant.size() == 2 && variant[0] == 'v' ? variant[1] - '0' : 1;
    };
    const int distance = level(wanted.variant) - level(offered.variant);
    return distance >= 0 && wanted.architecture != "arm64" ? 50 - distance : 0;
}

Result<void> check_host_runs(std::string_view text) {
    if (text.empty()) return {};
    RT_TRY_ASSIGN(const Platform wanted, parse_platform(text));
    if (platform_match(host_platform(), wanted) != 0) return {};
    return fail(Code::unsupported, "--platform ", text, " is not supported: this host runs ",
                host_platform().text());
}

} // namespace rt
