// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/spellings.hpp"

#include "core/base/text.hpp"
#include "tools/rtctl/commands/all.hpp"

#include <algorithm>
#include <ranges>

namespace rt::cli {
namespace {

constexpr std::string_view kContainer = "container";
constexpr std::string_view kImage = "image";
constexpr std::string_view kNetwork = "network";
constexpr std::string_view kPlugin = "plugin";
constexpr std::string_view kSystem = "system";
constexpr std::string_view kVolume = "volume";

const Spelling kSpellings[] = {
    {kContainer, "attach", &kAttach},
    {kContainer, "commit", &kCommit},
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
    {kImage, "history", &kHistory},
    {kImage, "import", &kImport},
    {kImage, "inspect", &kInspect, "--type=image"},
    {kImage, "load", &kLoad},
    {kImage, "ls list", &kImages},
    {kImage, "pull", &kPull},
    {kImage, "push", &kPush},
    {kImage, "rm remove", &kRmi},
    {kImage, "save", &kSave},
    {kImage, "tag", &kTag},
    {kNetwork, "list", &kNetworkLs},
    {kNetwork, "remove", &kNetworkRm},
    {kPlugin, "list", &kPluginLs},
    {kSystem, "events", &kEvents},
    {kSystem, "info", &kInfo},
    {kVolume, "list", &kVolumeLs},
    {kVolume, "remove", &kVolumeRm},
};

} // namespace

std::span<const Spelling> spellings() {
    return kSpellings;
}

std::vector<std::string> names_of(const Spelling& spelling) {
    std::vector<std::string> names;
    for (const auto& name : std::views::split(spelling.names, ' '))
        names.emplace_back(name.begin(), name.end());
    return names;
}

const Spelling* find_spelling(std::string_view group, std::string_view name) {
    const auto* found = std::ranges::find_if(kSpellings, [&](const Spelling& spelling) {
        return spelling.group == group && std::ranges::count(names_of(spelling), name) != 0;
    });
    return found == std::end(kSpellings) ? nullptr : found;
}

bool is_in_own_group(const Spelling& spelling) {
    return spelling.command->name.starts_with(cat(spelling.group, " "));
}

} // namespace rt::cli
