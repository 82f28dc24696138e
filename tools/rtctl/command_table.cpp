// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/command_table.hpp"

#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/spellings.hpp"

#include <boost/program_options/cmdline.hpp>

#include <algorithm>

namespace rt::cli {
namespace {

std::vector<OptionInfo> options_of(const options::options_description& description) {
    std::vector<OptionInfo> found;
    for (const auto& option : description.options()) {
        OptionInfo info;
        info.name = option->long_name();
        const std::string shown =
            option->canonical_display_name(options::command_line_style::allow_dash_for_short);
        if (shown.size() == 2 && shown.front() == '-') info.short_name = shown.substr(1);
        if (option->semantic()->max_tokens() > 0) info.value = option->semantic()->name();
        info.text = option->description();
        found.push_back(std::move(info));
    }
    return found;
}

} // namespace

const std::vector<CommandGroup>& command_groups() {
    static const std::vector<CommandGroup> kGroups = {
        {"Containers",
         {&kRun,  &kCreate,  &kStart,  &kStop,   &kRestart, &kKill,   &kPause,         &kUnpause, &kWait,
          &kRm,   &kRename,  &kUpdate, &kExec,   &kAttach,  &kPs,     &kTop,           &kPort,    &kStats,
          &kLogs, &kInspect, &kCp,     &kExport, &kDiff,    &kCommit, &kContainerPrune}},
        {"Images",
         {&kPull, &kPush, &kSearch, &kLogin, &kLogout, &kLoad, &kSave, &kImport, &kImages, &kHistory, &kTag,
          &kRmi, &kImagePrune}},
        {"Networks",
         {&kNetworkCreate, &kNetworkLs, &kNetworkInspect, &kNetworkConnect, &kNetworkDisconnect, &kNetworkRm,
          &kNetworkPrune}},
        {"Volumes", {&kVolumeCreate, &kVolumeLs, &kVolumeInspect, &kVolumeRm, &kVolumePrune}},
        {"Engine",
         {&kEvents, &kInfo, &kVersion, &kDoctor, &kSystemDf, &kSystemPrune, &kSystemBoot, &kSystemShutdown,
          &kPluginLs, &kPluginInspect, &kConfigShow, &kConfigCheck, &kConfigExplain, &kExplainRun,
          &kCompletion}},
    };
    return kGroups;
}

const std::vector<const Command*>& hidden_commands() {
    static const std::vector<const Command*> kHidden = {&kReap, &kEvent, &kHalt, &kManual};
    return kHidden;
}

const std::vector<GroupWord>& group_words() {
    static const std::vector<GroupWord> kWords = {
        {"container", "Manage containers"},
        {"image", "Manage images"},
        {"network", "Manage networks"},
        {"volume", "Manage volumes"},
        {"system", "Manage the engine"},
        {"plugin", "See the plugins that drivers are made of"},
        {"config", "See and check the wiring"},
        {"explain", "Say what a command would do, and who asked for it"}};
    return kWords;
}

std::vector<CommandInfo::Operand> CommandInfo::operands() const {
    if (command->name.ends_with(" create")) return {}; // the name is a new one
    const auto says = [&](std::string_view word) { return usage.find(word) != std::string_view::npos; };
    std::vector<Operand> found;
    if (says("NETWORK")) found.push_back(Operand::network);
    if (says("VOLUME")) found.push_back(Operand::volume);
    if (says("CONTAINER")) found.push_back(Operand::container);
    if (says("IMAGE")) found.push_back(Operand::image);
    if (says("FILE") || says("DIR") || says("SRC")) found.push_back(Operand::file);
    return found;
}

std::vector<CommandInfo> describe_commands() {
    std::vector<CommandInfo> all;
    for (const CommandGroup& group : command_groups())
        for (const Command* command : group.commands) {
            CommandInfo info{command, {}, std::string(command->name), command->usage};
            set_help_sink([&](const auto& description) { info.options = options_of(description); });
            (void)command->run({}, {"--help"}); // ends there
            all.push_back(std::move(info));
        }
    set_help_sink({});
    return all;
}

std::vector<CommandInfo> describe_spellings() {
    std::vector<CommandInfo> all = describe_commands();
    const std::vector<CommandInfo> commands = all;
    for (const Spelling& spelling : spellings()) {
        CommandInfo info = *std::ranges::find(commands, spelling.command, &CommandInfo::command);
        if (spelling.option == "--type=container") info.usage = "CONTAINER...";
        if (spelling.option == "--type=image") info.usage = "IMAGE...";
        for (const std::string& name : names_of(spelling)) {
            info.name = cat(spelling.group, " ", name);
            all.push_back(info);
        }
    }
    return all;
}

} // namespace rt::cli
