// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/container/operation_name.hpp"
#include "tools/rtd/http/request.hpp"

#include <utility>

namespace rt {
class Engine;
}

namespace rt::rtd {

// call, for a WorkerPool, as part of what the request asks for: log lines on the way have its name.
template <class Call>
auto named_work(const Request& request, Call call) {
    return [operation = request.operation, call = std::move(call)](Engine& engine) mutable {
        const OperationName name(operation);
        return call(engine);
    };
}

} // namespace rt::rtd
