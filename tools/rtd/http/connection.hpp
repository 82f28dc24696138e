// SPDX-License-Identifier: Apache-2.0
// One client: its requests one after the other, each found in the route table and carried out.
#pragma once

#include "tools/rtd/http/asio.hpp"
#include "tools/rtd/http/exchange.hpp"

#include <boost/asio/generic/stream_protocol.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

namespace rt::rtd {

using Socket = asio::generic::stream_protocol::socket;

// Answers the request of an exchange. An error before the answer has begun is answered as docker does; one
// after it ends the connection.
using Handler = std::function<Awaitable<Result<void>>(Exchange& exchange)>;
// What to do with a request: finds its handler by method, path and version, and puts the path's parameters
// and, where the route wants it whole, the body into the request.
using FindHandler = std::function<Result<Handler>(Request& request)>;

// What became of a request.
struct RequestRecord {
    std::string method, path, route, operation;
    ApiVersion version{};
    unsigned status = 0; // 0: the client went before it was answered
    std::chrono::nanoseconds until_head{}, until_end{};
};

// What all connections of a listener have in common. On the thread of the server only.
struct Serving {
    FindHandler find;
    std::function<void(const RequestRecord&)> done = {}; // may be empty
    std::size_t connections = 0;                         // now
    bool ending = false;                                 // no further request is taken
};

// Until the client goes, or one of its requests cannot be understood. serving: borrowed.
Awaitable<void> serve_connection(Socket socket, Serving& serving);

} // namespace rt::rtd
