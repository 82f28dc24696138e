// SPDX-License-Identifier: Apache-2.0
// A ShimClient whose events are waited for without a thread. On the thread of the server only.
#pragma once

#include "core/shim/client.hpp"
#include "tools/rtd/http/asio.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

namespace rt::rtd {

class ShimStream {
public:
    ShimStream(const asio::any_io_executor& executor, ShimClient shim);
    ShimStream(ShimStream&&) noexcept = default;

    // ShimClient::next(); a shim that stops in the middle of a frame stops nobody but who waits for it.
    Awaitable<Result<ShimEvent>> next();
    ShimClient& client() { return shim_; }
    ShimClient release();

private:
    ShimClient shim_;
    asio::posix::stream_descriptor readable_; // a copy of the client's descriptor
};

} // namespace rt::rtd
