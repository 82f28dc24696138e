// SPDX-License-Identifier: Apache-2.0
#include "core/api/system_json.hpp"
#include "core/base/text.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/session.hpp"
#include "tools/rtctl/template.hpp"

namespace rt::cli {
namespace {

std::string words_of(const Json& words) {
    std::string text;
    for (const Json& word : words) text += cat(text.empty() ? "" : " ", word.get<std::string>());
    return text;
}

// docker's lines.
void print_info(const Json& info) {
    const auto line = [&](std::string_view title, const char* key) {
        const Json& value = info.at(key);
        print_line(cat(title, ": ", printable(value.is_string() ? value.get<std::string>() : value.dump())));
    };
    line("Containers", "Containers");
    line(" Running", "ContainersRunning");
    line(" Paused", "ContainersPaused");
    line(" Stopped", "ContainersStopped");
    line("Images", "Images");
    line("Server Version", "ServerVersion");
    line("Storage Driver", "Driver");
    line("Logging Driver", "LoggingDriver");
    line("Cgroup Driver", "CgroupDriver");
    line("Cgroup Version", "CgroupVersion");
    print_line("Drivers:");
    for (const auto& [role, instances] : info.at("Rt").at("Drivers").items())
        print_line(printable(cat(" ", role, ": ", words_of(instances))));
    print_line("Security Options:");
    for (const Json& option : info.at("SecurityOptions")) print_line(cat(" ", option.get<std::string>()));
    line("Kernel Version", "KernelVersion");
    line("Operating System", "OperatingSystem");
    line("OSType", "OSType");
    line("Architecture", "Architecture");
    line("CPUs", "NCPU");
    print_line(cat("Total Memory: ", human_size_binary(info.at("MemTotal").get<std::uint64_t>())));
    line("Name", "Name");
    line("Root Dir", "DockerRootDir");
    for (const Json& warning : info.at("Warnings"))
        std::fprintf(stderr, "%s\n", warning.get<std::string>().c_str());
}

Outcome info(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    description.add_options()("format,f", options::value<std::string>()->value_name("FORMAT"),
                              "json, or a template over docker's fields: '{{.ContainersRunning}}'");
    RT_TRY_ASSIGN(const auto parsed, parse(kInfo, description, arguments, Operands::anywhere, 0, 0));
    if (!parsed) return 0;
    const auto format = parsed->get<std::string>("format");
    std::optional<Template> form;
    if (!format.empty() && format != "json") {
        RT_TRY_ASSIGN(form, Template::parse(format));
    }
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(const api::EngineView view, api::look_at_engine(*engine));
    const Json found = api::info_json(view, api::look_at_host(), RT_VERSION);
    if (form) {
        RT_TRY_ASSIGN(const std::string text, form->render(found));
        print_line(printable_lines(text));
    } else if (format == "json") {
        print_json_line(found);
    } else {
        print_info(found);
    }
    return 0;
}

} // namespace

const Command kInfo = {"info", "[OPTIONS]", "Show what there is on this host: containers, drivers, kernel",
                       info};

} // namespace rt::cli
