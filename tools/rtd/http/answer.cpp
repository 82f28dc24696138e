// SPDX-License-Identifier: Apache-2.0
#include "tools/rtd/http/answer.hpp"

#include <nlohmann/json.hpp>

namespace rt::rtd {

const Answer kJsonHead;

unsigned status_of(Code code) {
    switch (code) {
    case Code::invalid_argument: return 400;
    case Code::not_found: return 404;
    case Code::already_exists:
    case Code::failed_precondition: return 409;
    case Code::permission_denied: return 403;
    case Code::unsupported: return 501;
    case Code::unavailable: return 503;
    case Code::resource_exhausted: return 507;
    case Code::deadline_exceeded: return 504;
    case Code::cancelled: return 499;
    case Code::corrupt:
    case Code::internal: return 500;
    }
    return 500;
}

Answer json_answer(const Json& body, unsigned status) {
    // With a line's end, as docker's encoder writes it.
    return {status, "application/json", body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"};
}

Answer empty_answer(unsigned status) {
    return {status, ""};
}

Answer error_answer(const Error& error) {
    return json_answer({{"message", error.message}}, status_of(error.code));
}

} // namespace rt::rtd
