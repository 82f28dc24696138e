// SPDX-License-Identifier: Apache-2.0
// rt has one error type on both sides of the plugin border; it is defined once, in the SDK. Here it gets the
// names that the core uses, and the words that users see for its codes.
#pragma once

#include <rt/sdk/error.hpp>
#include <rt/sdk/rollback.hpp>
#include <rt/sdk/unique_fd.hpp>

#include <string_view>

namespace rt {

using sdk::cat;
using sdk::Code;
using sdk::Error;
using sdk::fail;
using sdk::fail_errno;
using sdk::in_context;
using sdk::Result;
using sdk::Rollback;
using sdk::UniqueFd;

// "not-found", "already-exists", ...: the code as it stands in JSON, logs and docs/errors.md.
constexpr std::string_view name_of(Code code) {
    switch (code) {
    case Code::invalid_argument: return "invalid-argument";
    case Code::not_found: return "not-found";
    case Code::already_exists: return "already-exists";
    case Code::failed_precondition: return "failed-precondition";
    case Code::permission_denied: return "permission-denied";
    case Code::unsupported: return "unsupported";
    case Code::unavailable: return "unavailable";
    case Code::resource_exhausted: return "resource-exhausted";
    case Code::deadline_exceeded: return "deadline-exceeded";
    case Code::cancelled: return "cancelled";
    case Code::corrupt: return "corrupt";
    case Code::internal: return "internal";
    }
    return "internal";
}

} // namespace rt
