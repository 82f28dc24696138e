// SPDX-License-Identifier: Apache-2.0
// The manual pages, made of the options as they are when rt is built.
#include "core/base/file.hpp"
#include "tools/rtctl/command_table.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"

#include <algorithm>

namespace rt::cli {
namespace {

// Text in a line of roff that begins with nothing of ours.
std::string roff(std::string_view text) {
    std::string out = !text.empty() && (text.front() == '.' || text.front() == '\'') ? "\\&" : "";
    for (const char c : text) {
        if (c == '\\')
            out += "\\e";
        else if (c == '-')
            out += "\\-";
        else if (c == '\n')
            out += "\n.br\n";
        else
            out += c;
    }
    return out;
}

std::string page_name(const Command& command) {
    std::string name = cat("rtctl-", command.name);
    std::ranges::replace(name, ' ', '-');
    return name;
}

std::string heading(std::string name) {
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
    return cat(".TH ", roff(name), " 1 \"\" \"rt " RT_VERSION "\" \"rt\"\n");
}

std::string page(const CommandInfo& info) {
    const Command& command = *info.command;
    const std::string name = page_name(command);
    std::string text = cat(heading(name), ".SH NAME\n", roff(name), " \\- ", roff(command.summary),
                           "\n.SH SYNOPSIS\n.B rtctl ", roff(command.name), "\n", roff(command.usage), "\n");
    text += ".SH OPTIONS\n";
    for (const OptionInfo& option : info.options) {
        text += ".TP\n";
        if (!option.short_name.empty()) text += cat("\\fB\\-", roff(option.short_name), "\\fR, ");
        text += cat("\\fB\\-\\-", roff(option.name), "\\fR");
        if (!option.value.empty()) text += cat(" \\fI", roff(option.value), "\\fR");
        text += cat("\n", roff(option.text), "\n");
    }
    return text + ".SH SEE ALSO\n.BR rtctl (1)\n";
}

std::string first_page() {
    std::string text =
        cat(heading("rtctl"), ".SH NAME\nrtctl \\- a container engine in which every driver is a "
                              "plugin\n.SH SYNOPSIS\n.B rtctl\n[\\-\\-config FILE] [\\-\\-debug] "
                              "COMMAND [OPTIONS]\n");
    for (const CommandGroup& group : command_groups()) {
        text += cat(".SH ", group.title, "\n");
        for (const Command* command : group.commands)
            text += cat(".TP\n.BR ", roff(page_name(*command)), " (1)\n", roff(command->summary), "\n");
    }
    return text;
}

Outcome manual(const Globals& /*globals*/, const Arguments& arguments) {
    RT_TRY_ASSIGN(const auto parsed, parse(kManual, options::options_description("Options"), arguments,
                                           Operands::anywhere, 1, 1));
    if (!parsed) return 0;
    const Path directory = parsed->operands.front();
    RT_TRY(make_directories(directory, 0755));
    RT_TRY(replace_file(directory / "rtctl.1", first_page(), 0644));
    for (const CommandInfo& info : describe_commands())
        RT_TRY(replace_file(directory / cat(page_name(*info.command), ".1"), page(info), 0644));
    return 0;
}

} // namespace

const Command kManual = {"manual", "DIR", "Write the manual pages into a directory (used by the build)",
                         manual};

} // namespace rt::cli
