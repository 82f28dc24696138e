// SPDX-License-Identifier: Apache-2.0
// The templates of --format, over data that has everything.
#include "tools/rtctl/template.hpp"
#include "fuzz/fuzz.hpp"

#include <nlohmann/json.hpp>

using namespace rt;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Json kData = Json::parse(
        R"({"ID": "0123456789ab", "Names": ["a", "b"], "Empty": [], "Number": -5, "Big": 18446744073709551615,
            "Real": 1.5, "True": true, "Nothing": null, "Map": {"k": "v", "n": {"deep": [1, [2], {"x": "y"}]}},
            "Text": "h\u00e9llo <&> \"quoted\"\n"})");
    static const Json kMethods = Json::parse(R"({"Label": {"key": "value"}})");
    const auto parsed = cli::Template::parse(fuzz::text_of(data, size));
    if (!parsed) return 0;
    (void)parsed->render(kData);
    (void)parsed->render(kData, kMethods);
    return 0;
}
