// SPDX-License-Identifier: Apache-2.0
// The wiring file.
#include "core/config/wiring.hpp"
#include "core/config/json_lines.hpp"
#include "fuzz/fuzz.hpp"

using namespace rt;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    (void)scan_lines(text, "it");
    const auto wiring = parse_wiring(text, "/etc/rt/config.json");
    if (!wiring) return 0;
    fuzz::must(wiring->root.is_absolute() && wiring->run.is_absolute(),
               "the places of the state are absolute");
    for (const Role role : {Role::storage, Role::network, Role::isolation})
        fuzz::must(wiring->role(role).drivers.contains(wiring->role(role).default_instance),
                   "the default is an instance");
    return 0;
}
