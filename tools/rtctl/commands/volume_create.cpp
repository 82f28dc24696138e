// SPDX-License-Identifier: Apache-2.0
#include "core/container/option_values.hpp"
#include "core/volume/volume_service.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/refused_options.hpp"
#include "tools/rtctl/session.hpp"

namespace rt::cli {
namespace {

Result<StringMap> pairs(const Parsed& parsed, const char* name) {
    StringMap map;
    for (const std::string& text : parsed.get<Words>(name)) {
        const auto [key, value] = split_assignment(text);
        if (key.empty()) return fail(Code::invalid_argument, "--", name, " '", text, "' has no key");
        map.insert_or_assign(key, value);
    }
    return map;
}

// Of docker's, for volumes of swarms.
constexpr const char* kSwarm = "it is for volumes of swarms, and rt is about one host";
constexpr RefusedOption kVolumeCreateRefused[] = {
    {"availability", "STATE", kSwarm},
    {"group", "NAME", kSwarm},
    {"limit-bytes", "SIZE", kSwarm},
    {"required-bytes", "SIZE", kSwarm},
    {"scope", "SCOPE", kSwarm},
    {"secret", "KEY=VALUE", kSwarm},
    {"sharing", "HOW", kSwarm},
    {"topology-preferred", "KEY=VALUE", kSwarm},
    {"topology-required", "KEY=VALUE", kSwarm},
    {"type", "TYPE", kSwarm},
};

Outcome volume_create(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    description.add_options()("driver,d", options::value<std::string>()->value_name("NAME"),
                              "volume driver: local (the default)")(
        "label", options::value<Words>()->composing()->value_name("KEY[=VALUE]"),
        "a label (may be given again)")(
        "opt,o", options::value<Words>()->composing()->value_name("KEY=VALUE"),
        "an option of the driver; local has type, o and device, as mount(8) has them (may be given again)")(
        "name", options::value<std::string>()->value_name("NAME"), "the same as the operand");
    add_refused(description, kVolumeCreateRefused);
    RT_TRY_ASSIGN(const auto parsed, parse(kVolumeCreate, description, arguments, Operands::anywhere, 0, 1));
    if (!parsed) return 0;
    RT_TRY(refuse(kVolumeCreate, *parsed, kVolumeCreateRefused));
    if (parsed->has("name") && !parsed->operands.empty())
        return fail(Code::invalid_argument,
                    "conflicting options: cannot specify a volume-name through both --name and as a "
                    "positional arg");
    Volume wanted;
    wanted.name = parsed->operands.empty() ? parsed->get<std::string>("name") : parsed->operands.front();
    wanted.driver = parsed->get<std::string>("driver");
    RT_TRY_ASSIGN(wanted.labels, pairs(*parsed, "label"));
    RT_TRY_ASSIGN(wanted.options, pairs(*parsed, "opt"));
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(Engine::State* const state, engine->state());
    VolumeService service(engine->wiring(), state->database);
    RT_TRY_ASSIGN(const Volume made, service.create(std::move(wanted)));
    print_line(made.name);
    return 0;
}

} // namespace

const Command kVolumeCreate = {"volume create", "[OPTIONS] [VOLUME]", "Make a volume", volume_create};

} // namespace rt::cli
