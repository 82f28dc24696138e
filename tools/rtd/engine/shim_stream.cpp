// SPDX-License-Identifier: Apache-2.0
#include "tools/rtd/engine/shim_stream.hpp"

#include <fcntl.h>

namespace rt::rtd {

using Descriptor = asio::posix::stream_descriptor;

ShimStream::ShimStream(const asio::any_io_executor& executor, ShimClient shim)
    : shim_(std::move(shim)), readable_(executor) {
    const int copy = ::fcntl(shim_.fd(), F_DUPFD_CLOEXEC, 0);
    if (copy >= 0) readable_.assign(copy); // else waiting for it fails, with an error that says so
}

Awaitable<Result<ShimEvent>> ShimStream::next() {
    for (;;) {
        RT_CO_TRY_ASSIGN(auto event, shim_.poll_next());
        if (event) co_return std::move(*event);
        co_await readable_.async_wait(Descriptor::wait_read, asio::use_awaitable);
    }
}

ShimClient ShimStream::release() {
    readable_.close();
    return std::move(shim_);
}

} // namespace rt::rtd
