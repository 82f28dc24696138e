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
    if (!shim_.has_buffered()) co_await readable_.async_wait(Descriptor::wait_read, asio::use_awaitable);
    co_return shim_.next();
}

ShimClient ShimStream::release() {
    readable_.close();
    return std::move(shim_);
}

} // namespace rt::rtd
