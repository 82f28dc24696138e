// SPDX-License-Identifier: Apache-2.0
// What clients of docker's API ask for. First byte: of which kind; second: in which version; the rest: the
// body.
#include "core/base/json.hpp"
#include "fuzz/fuzz.hpp"
#include "tools/rtd/models/container_request.hpp"
#include "tools/rtd/models/filters.hpp"
#include "tools/rtd/models/request_shape.hpp"

#include <nlohmann/json.hpp>

using namespace rt;
using namespace rt::rtd;

namespace {

void create(const Json& body, ApiVersion version) {
    const auto wanted = create_request_of(body, version, HostCgroups::v1);
    if (!wanted) return;
    fuzz::must(create_request_of(*wanted, version, HostCgroups::v1) == *wanted,
               "what is shaped stays as it is");
    const auto spec = container_request(*wanted);
    if (!spec) fuzz::must(!spec.error().message.empty(), "an error says what is wrong");
}

void take(unsigned kind, ApiVersion version, std::string_view text) {
    if (kind == 3) {
        (void)parse_filters(std::string(text));
        return;
    }
    Request request;
    request.body = std::string(text);
    const auto body = request.json();
    if (!body) return;
    fuzz::must(body->is_object(), "a body is an object");
    switch (kind) {
    case 0: create(*body, version); break;
    case 1: (void)update_request(update_request_of(*body, version)); break;
    default:
        if (const auto exec = exec_request(*body)) fuzz::must(!exec->command.empty(), "a program has a name");
        break;
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    take(data[0] % 4U, {1, 24 + data[1] % 27}, fuzz::text_of(data + 2, size - 2));
    return 0;
}
