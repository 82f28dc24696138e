// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/platforms.hpp"

#include "core/image/manifest.hpp"
#include "core/image/platform.hpp"
#include "core/image/reference.hpp"

namespace rt::cli {

void add_platform_option(options::options_description& description) {
    description.add_options()("platform", options::value<std::string>()->value_name("OS/ARCH[/VARIANT]"),
                              "only if the image is for this machine: linux/arm64");
}

Result<void> check_platform(const Parsed& parsed, const Image& image) {
    const auto text = parsed.get<std::string>("platform");
    if (text.empty()) return {};
    const std::string what =
        cat("image '", image.names.empty() ? image.id : familiar_name(image.names.front()), "'");
    RT_TRY_ASSIGN(const Platform wanted, parse_platform(text));
    RT_TRY_ASSIGN(const ImageConfig config, parse_image_config(image.config_json, what));
    RT_TRY_ASSIGN(const Platform there, parse_platform(config.platform.text()));
    if (wanted.text() == there.text()) return {};
    return fail(Code::failed_precondition, what, " is for ", there.text(), ": there is none for ",
                wanted.text(), " here");
}

} // namespace rt::cli
