// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/spellings.hpp"

#include "tools/rtctl/commands/all.hpp"

#include <algorithm>
#include <ranges>

namespace rt::cli {
namespace {

constexpr std::string_view kContainer = "container";
constexpr std::string_view kImage = "image";

const Spelling kSpellings[] = {
    {kContainer, "attach", &kAttach},
    {kContainer, "cp", &kCp},
    {kContainer, "create", &kCreate},
    {kContainer, "diff", &kDiff},
    {kContainer, "exec", &kExec},
    {kContainer, "export", &kExport},
    {kContainer, "inspect", &kInspect, "--type=container"},
    {kContainer, "kill", &kKill},
    {kContainer, "logs", &kLogs},
    {kContainer, "ls list ps", &kPs},
    {kContainer, "pause", &kPause},
    {kContainer, "port", &kPort},
    {kContainer, "rename", &kRename},
    {kContainer, "restart", &kRestart},
    {kContainer, "rm remove", &kRm},
    {kContainer, "run", &kRun},
    {kContainer, "start", &kStart},
    {kContainer, "stats", &kStats},
    {kContainer, "stop", &kStop},
    {kContainer, "top", &kTop},
    {kContainer, "unpause", &kUnpause},
    {kContainer, "update", &kUpdate},
    {kContainer, "wait", &kWait},
    {kImage, "import", &kImport},
    {kImage, "inspect", &kInspect, "--type=image"},
    {kImage, "load", &kLoad},
    {kImage, "ls list", &kImages},
    {kImage, "pull", &kPull},
    {kImage, "rm remove", &kRmi},
    {"network", "list", &kNetworkLs},
    {"network", "remove", &kNetworkRm},
    {"plugin", "list", &kPluginLs},
    {"volume", "list", &kVolumeLs},
    {"volume", "remove", &kVolumeRm},
};

} // namespace

std::span<const Spelling> spellings() {
    return kSpellings;
}

const Spelling* find_spelling(std::string_view group, std::string_view name) {
    const auto* found = std::ranges::find_if(kSpellings, [&](const Spelling& spelling) {
        return spelling.group == group &&
               std::ranges::any_of(std::views::split(spelling.names, ' '), [&](const auto& known) {
                   return std::string_view(known.begin(), known.end()) == name;
               });
    });
    return found == std::end(kSpellings) ? nullptr : found;
}

bool is_in_group(const Command& command, std::string_view group) {
    return command.name.size() > group.size() && command.name.starts_with(group) &&
           command.name[group.size()] == ' ';
}

std::string_view first_name(const Spelling& spelling) {
    return spelling.names.substr(0, spelling.names.find(' '));
}

} // namespace rt::cli
