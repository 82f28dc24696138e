// SPDX-License-Identifier: Apache-2.0
// Names of images and platforms.
#include "core/image/reference.hpp"
#include "core/image/platform.hpp"
#include "fuzz/fuzz.hpp"

using namespace rt;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    (void)parse_platform(text);
    (void)familiar_name(text);
    const auto reference = parse_reference(text);
    if (!reference) return 0;
    const std::string name = reference->name();
    const auto again = parse_reference(name);
    fuzz::must(again && again->name() == name, "a whole name stands for itself");
    const auto familiar = parse_reference(familiar_name(name));
    fuzz::must(familiar && familiar->name() == name, "what is shown stands for the same");
    fuzz::must(reference->repository().find("..") == std::string::npos, "no repository leads upwards");
    return 0;
}
