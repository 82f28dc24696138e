// SPDX-License-Identifier: Apache-2.0
// The values of options. First byte: of which; the rest: the value.
#include "core/container/mount_parse.hpp"
#include "core/container/option_values.hpp"
#include "core/container/security_options.hpp"
#include "core/network/address.hpp"
#include "core/network/port.hpp"
#include "fuzz/fuzz.hpp"

using namespace rt;

namespace {

void check(const Result<MountSpec>& mount) {
    if (!mount) return;
    fuzz::must(normal_path(normal_path(mount->target)) == normal_path(mount->target),
               "a normal path is normal");
    if (!validate_mounts({*mount})) return;
    fuzz::must(mount->target.starts_with('/') && normal_path(mount->target) != "/",
               "a mount has a place in the container");
    fuzz::must(mount->target.find("/../") == std::string::npos && !mount->target.ends_with("/.."),
               "no target leads upwards");
    fuzz::must(mount->type != MountType::bind || mount->source.starts_with('/'),
               "a bind's source is absolute");
}

void parse(unsigned which, const std::string& text) {
    switch (which) {
    case 0: check(parse_bind(text)); break;
    case 1: check(parse_mount(text)); break;
    case 2: check(parse_tmpfs(text)); break;
    case 3: (void)parse_size(text); break;
    case 4: (void)parse_size_or_unlimited(text); break;
    case 5: (void)parse_cpus(text); break;
    case 6:
        if (const auto time = parse_duration(text)) fuzz::must(*time >= 0, "no duration is negative");
        break;
    case 7: (void)parse_integer(text); break;
    case 8: (void)parse_boolean(text); break;
    case 9: (void)parse_ulimit(text); break;
    case 10: (void)parse_device(text); break;
    case 11: (void)parse_weight_device(text); break;
    case 12: (void)parse_throttle_bytes(text); break;
    case 13: (void)parse_throttle_operations(text); break;
    case 14: (void)parse_exposed_ports(text); break;
    case 15: (void)parse_extra_host(text); break;
    case 16: (void)split_assignment(text); break;
    case 17: (void)is_device_rule(text); break;
    case 18: (void)split_csv(text); break;
    case 19:
        if (const auto ports = parse_published_port(text))
            fuzz::must(ports->size() <= 65536, "ports are counted");
        break;
    case 20:
        if (const auto address = parse_ipv4(text))
            fuzz::must(parse_ipv4(format_ipv4(*address)) == *address, "an address is what it is written as");
        break;
    case 21: (void)Subnet::parse(text); break;
    case 22: (void)parse_security_options({text}); break;
    default: break;
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    parse(data[0] % 23U, std::string(fuzz::text_of(data + 1, size - 1)));
    return 0;
}
