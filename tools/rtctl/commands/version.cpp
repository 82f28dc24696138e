// SPDX-License-Identifier: Apache-2.0
#include "core/api/system_json.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/template.hpp"

namespace rt::cli {
namespace {

// rtctl is its own server: docker's scripts ask for either.
Json versions() {
    const Json server = api::version_json(api::look_at_host(), RT_VERSION);
    Json client;
    for (const char* key : {"Version", "ApiVersion", "Os", "Arch"}) client[key] = server.at(key);
    return {{"Client", client}, {"Server", server}};
}

Outcome version(const Globals& /*globals*/, const Arguments& arguments) {
    options::options_description description("Options");
    description.add_options()("format,f", options::value<std::string>()->value_name("FORMAT"),
                              "json, or a template over Client and Server: '{{.Server.Version}}'");
    RT_TRY_ASSIGN(const auto parsed, parse(kVersion, description, arguments, Operands::anywhere, 0, 0));
    if (!parsed) return 0;
    const auto format = parsed->get<std::string>("format");
    const Json found = versions();
    if (format == "json") {
        print_json_line(found);
    } else if (!format.empty()) {
        RT_TRY_ASSIGN(const Template form, Template::parse(format));
        RT_TRY_ASSIGN(const std::string text, form.render(found));
        print_line(printable_lines(text));
    } else {
        const Json& server = found.at("Server");
        const auto text = [&](const char* key) { return server.at(key).get<std::string>(); };
        print_line("Engine: rt");
        print_line(cat(" Version:        ", text("Version")));
        print_line(cat(" API model:      ", text("ApiVersion")));
        print_line(cat(" OS/Arch:        ", text("Os"), "/", text("Arch")));
        print_line(cat(" Kernel Version: ", text("KernelVersion")));
    }
    return 0;
}

} // namespace

const Command kVersion = {"version", "[OPTIONS]", "Show the version of rt and of the kernel", version};

} // namespace rt::cli
