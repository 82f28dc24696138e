// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/session.hpp"

#include "core/plugin/loader.hpp"
#include "tools/rtctl/output.hpp"

#include <rtp/host.h>

#include <cstdio>

namespace rt::cli {
namespace {

void show_warnings(int level, const std::string& instance, const std::string& text) {
    if (level >= RTP_LOG_WARNING) warn(cat(instance, ": ", text));
}

void show_everything(int level, const std::string& instance, const std::string& text) {
    if (level >= RTP_LOG_WARNING)
        show_warnings(level, instance, text);
    else
        std::fprintf(stderr, "rtctl: %s: %s\n", instance.c_str(), text.c_str());
}

} // namespace

Result<std::unique_ptr<Engine>> open_engine(const Globals& globals) {
    set_plugin_log(globals.debug ? show_everything : show_warnings);
    return Engine::open(globals.config_file);
}

} // namespace rt::cli
