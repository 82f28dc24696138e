// SPDX-License-Identifier: Apache-2.0
#include "core/container/published_ports.hpp"
#include "core/container/recovery.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/session.hpp"

#include <charconv>
#include <optional>

namespace rt::cli {
namespace {

struct Wanted {
    std::uint16_t port = 0;
    std::string protocol = "tcp";
};

// "80", "53/udp"
Result<Wanted> parse_private_port(const std::string& text) {
    Wanted wanted;
    const auto slash = text.find('/');
    const char* const last = text.data() + std::min(slash, text.size());
    const auto read = std::from_chars(text.data(), last, wanted.port);
    if (slash != text.npos) wanted.protocol = text.substr(slash + 1);
    if (read.ec != std::errc() || read.ptr != last || wanted.port == 0)
        return fail(Code::invalid_argument, "port '", text,
                    "' is not a port (1 to 65535, as in 80 or 53/udp)");
    if (wanted.protocol != "tcp" && wanted.protocol != "udp" && wanted.protocol != "sctp")
        return fail(Code::invalid_argument, "port '", text, "': protocol '", wanted.protocol,
                    "' is not one of tcp, udp, sctp");
    return wanted;
}

std::string address_of(const PublishedPort& port) {
    const bool v6 = port.host_ip.find(':') != port.host_ip.npos;
    return cat(v6 ? "[" : "", port.host_ip, v6 ? "]:" : ":", port.host_port);
}

Outcome port_command(const Globals& globals, const Arguments& arguments) {
    RT_TRY_ASSIGN(const auto parsed,
                  parse(kPort, options::options_description("Options"), arguments, Operands::anywhere, 1, 2));
    if (!parsed) return 0;
    std::optional<Wanted> wanted;
    if (parsed->operands.size() > 1) {
        RT_TRY_ASSIGN(wanted, parse_private_port(parsed->operands[1]));
    }
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(Engine::State* const state, engine->state());
    RT_TRY_ASSIGN(const Container found, state->containers.find(parsed->operands.front()));
    RT_TRY_ASSIGN(const Container container, refresh(*engine, found));
    RT_TRY_ASSIGN(const auto ports, published_ports(*state, container.id));
    bool any = false;
    for (const PublishedPort& port : ports) {
        const bool fits = wanted && port.container_port == wanted->port && port.protocol == wanted->protocol;
        if (wanted && !fits) continue;
        any = true;
        print_line(wanted ? address_of(port)
                          : cat(port.container_port, "/", port.protocol, " -> ", address_of(port)));
    }
    if (wanted && !any)
        return fail(Code::not_found, "no public port '", wanted->port, "/", wanted->protocol,
                    "' published for ", parsed->operands.front());
    return 0;
}

} // namespace

const Command kPort = {"port", "CONTAINER [PRIVATE_PORT[/PROTO]]",
                       "List the ports of a container that are published, or where one of them is",
                       port_command};

} // namespace rt::cli
