// SPDX-License-Identifier: Apache-2.0
#include "core/image/docker_config.hpp"
#include "core/image/registry_name.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"

namespace rt::cli {
namespace {

Outcome logout(const Globals& /*unused*/, const Arguments& arguments) {
    RT_TRY_ASSIGN(const auto parsed, parse(kLogout, options::options_description("Options"), arguments,
                                           Operands::anywhere, 0, 1));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(const std::string host,
                  registry_named(parsed->operands.empty() ? "" : parsed->operands.front()));
    RT_TRY_ASSIGN(const DockerConfig config, DockerConfig::open());
    RT_TRY_ASSIGN(const bool erased, config.erase(host));
    print_line(erased ? cat("Removing login credentials for ", host) : cat("Not logged in to ", host));
    return 0;
}

} // namespace

const Command kLogout = {"logout", "[SERVER]", "Forget the credentials of a registry (default: docker.io)",
                         logout};

} // namespace rt::cli
