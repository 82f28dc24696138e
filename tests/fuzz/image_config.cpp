// SPDX-License-Identifier: Apache-2.0
// What an image's config makes of a container, and the instructions that change a config:
// "INSTRUCTION\0CONFIG".
#include "core/base/json.hpp"
#include "core/container/process_plan.hpp"
#include "core/image/image_changes.hpp"
#include "fuzz/fuzz.hpp"

#include <nlohmann/json.hpp>

using namespace rt;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto [instruction, config] = fuzz::split(fuzz::text_of(data, size));
    ContainerSpec spec;
    if (const auto plan = plan_process(spec, std::string(config), "box")) {
        fuzz::must(!plan->arguments.empty(), "there is something to run");
        fuzz::must(plan->working_directory.starts_with('/'), "the working directory is absolute");
        for (const std::string& volume : plan->volumes)
            fuzz::must(volume.starts_with('/'), "a volume's place is absolute");
    }
    Json changed = Json::object();
    (void)apply_change(changed, instruction);
    fuzz::must(changed.is_object(), "a config stays an object");
    return 0;
}
