// SPDX-License-Identifier: Apache-2.0
// A plugin's schema and a config for it: "SCHEMA\0CONFIG".
#include "core/config/schema.hpp"
#include "fuzz/fuzz.hpp"

#include <nlohmann/json.hpp>

using namespace rt;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto [schema_text, config_text] = fuzz::split(fuzz::text_of(data, size));
    const auto schema = parse_schema(schema_text, "plugin", SchemaCheck::thorough);
    auto config = parse_json(config_text, "config");
    if (!schema || !config) return 0;
    std::vector<std::string> defaulted;
    if (!apply_schema(*schema, *config, &defaulted)) return 0;
    const Json filled = *config;
    fuzz::must(apply_schema(*schema, *config).has_value() && *config == filled,
               "what was filled in is allowed");
    return 0;
}
