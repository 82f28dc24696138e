// SPDX-License-Identifier: Apache-2.0
#include "core/image/image_module.hpp"

#include "core/base/clock.hpp"

#include <poll.h>

namespace rt {

Result<void> Cancellation::check() const {
    if (stop) return fail(Code::cancelled, "given up, because another part of the work has failed");
    if (operation == nullptr) return {};
    if (operation->deadline_ns != 0 && monotonic_ns() >= operation->deadline_ns)
        return fail(Code::deadline_exceeded, "the operation's deadline has passed");
    if (operation->cancel_fd < 0) return {};
    pollfd cancelled{operation->cancel_fd, POLLIN, 0};
    if (::poll(&cancelled, 1, 0) > 0) return fail(Code::cancelled, "the operation was cancelled");
    return {};
}

} // namespace rt
