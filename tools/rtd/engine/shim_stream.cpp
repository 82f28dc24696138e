// SPDX-License-Identifier: Apache-2.0
#include "tools/rtd/engine/shim_stream.hpp"

#include "core/shim/protocol.hpp"

#include <fcntl.h>
#include <sys/socket.h>

namespace rt::rtd {

using Descriptor = asio::posix::stream_descriptor;

ShimStream::ShimStream(const asio::any_io_executor& executor, ShimClient shim)
    : shim_(std::move(shim)), readable_(executor) {
    // Asio has it not block. All that a client may have sent and the shim not yet taken has room then.
    constexpr int kRoom = 4 * static_cast<int>(shim::kStdinWindow);
    if (::setsockopt(shim_.fd(), SOL_SOCKET, SO_SNDBUFFORCE, &kRoom, sizeof kRoom) != 0)
        (void)::setsockopt(shim_.fd(), SOL_SOCKET, SO_SNDBUF, &kRoom, sizeof kRoom);
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
