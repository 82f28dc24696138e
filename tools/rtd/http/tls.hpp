// SPDX-License-Identifier: Apache-2.0
// Clients over TLS, each of which shows a certificate of the authority that root trusts: whoever has one is
// root here. What they say is passed on, decrypted, to a connection like any other, and back. On the thread
// of the server only.
#pragma once

#include "core/base/file.hpp"
#include "tools/rtd/http/connection.hpp"

#include <boost/asio/ssl/context.hpp>

#include <memory>

namespace rt::rtd {

struct TlsFiles {
    Path authority, certificate, key; // PEM
};

// invalid_argument: what is wrong with which of them.
Result<std::shared_ptr<asio::ssl::context>> open_tls(const TlsFiles& files);

// Until the client goes. Both borrowed.
Awaitable<void> serve_tls(Socket socket, asio::ssl::context& context, Serving& serving);

} // namespace rt::rtd
