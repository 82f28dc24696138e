// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/absent_commands.hpp"

#include "core/base/error.hpp"

#include <algorithm>
#include <ranges>

namespace rt::cli {
namespace {

constexpr std::string_view kNoSwarm = ": rt is about one host, it has no swarms";
constexpr std::string_view kPluginFiles =
    ": plugins are files in plugin_path; 'rtctl plugin ls' lists them, docs/plugins.md tells more";

const AbsentCommand kAbsent[] = {
    {"build|builder|buildx|image build",
     " yet: 'rtctl load' and 'rtctl pull' bring images here that others have built"},
    {"bake|compose", " yet: 'rtctl run' and 'rtctl network create' make what a file of services names"},
    {"checkpoint", " yet: processes cannot be kept over an end"},
    {"context", ": there is no daemon to choose; 'rtctl --config FILE' chooses another wiring"},
    {"manifest|image manifest", " yet: 'rtctl image inspect' shows the manifest that an image has here"},
    {"trust", ": rt does not have docker's content trust; what is pulled is checked against its digest"},
    {"swarm|node|service|stack|secret", kNoSwarm},
    {"config create|config inspect|config ls|config list|config rm|config remove",
     ": 'config' is the wiring file here, and rt has no swarms; 'rtctl config show' shows it"},
    {"plugin create|plugin disable|plugin enable|plugin install|plugin push|plugin rm|plugin remove|plugin "
     "set|"
     "plugin upgrade",
     kPluginFiles},
    {"system dial-stdio", ": there is no daemon to connect to"},
    {"volume update", ": it is for volumes of swarms"},
};

bool names(const AbsentCommand& absent, std::string_view words) {
    return std::ranges::any_of(std::views::split(absent.words, '|'), [&](const auto& each) {
        return std::string_view(each.begin(), each.end()) == words;
    });
}

} // namespace

const AbsentCommand* find_absent(std::string_view first, std::string_view second) {
    const std::string both = cat(first, " ", second);
    const auto* const found = std::ranges::find_if(
        kAbsent, [&](const AbsentCommand& absent) { return names(absent, first) || names(absent, both); });
    return found == std::end(kAbsent) ? nullptr : found;
}

} // namespace rt::cli
