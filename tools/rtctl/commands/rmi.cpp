// SPDX-License-Identifier: Apache-2.0
#include "core/image/image_service.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/platforms.hpp"
#include "tools/rtctl/session.hpp"

#include <cstdio>

namespace rt::cli {
namespace {

Result<RemovedImage> remove_one(Engine::State& state, ImageService& service, const std::string& reference,
                                const Parsed& parsed) {
    if (parsed.has("platform")) {
        RT_TRY_ASSIGN(const Image image, state.images.find(reference));
        RT_TRY(check_platform(parsed, image));
    }
    const auto force = parsed.has("force") ? ImageService::Force::yes : ImageService::Force::no;
    return service.remove(reference, force, Engine::new_operation());
}

Outcome rmi(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    description.add_options()("force,f",
                              "all names of an image at once; take the names away from one that stopped "
                              "containers use; no error for one that is not there")(
        "no-prune", "accepted for docker's sake: an image has no untagged parents to keep");
    add_platform_option(description);
    RT_TRY_ASSIGN(const auto parsed, parse(kRmi, description, arguments, Operands::anywhere, 1, SIZE_MAX));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(auto* const state, engine->state());
    ImageService service(engine->wiring(), state->database, engine->drivers());
    int exit_code = 0;
    for (const std::string& reference : parsed->operands) {
        const auto removed = remove_one(*state, service, reference, *parsed);
        if (!removed) {
            std::fprintf(stderr, "rtctl: %s\n", removed.error().message.c_str());
            const bool gone = removed.error().code == Code::not_found && parsed->has("force");
            if (!gone) exit_code = 1;
            continue;
        }
        for (const std::string& name : removed->untagged) print_line(cat("Untagged: ", name));
        for (const std::string& id : removed->deleted) print_line(cat("Deleted: ", id));
        if (!removed->warning.empty()) warn(removed->warning);
    }
    return exit_code;
}

} // namespace

const Command kRmi = {"rmi", "[OPTIONS] IMAGE...", "Remove images", rmi};

} // namespace rt::cli
