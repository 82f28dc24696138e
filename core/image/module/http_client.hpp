// SPDX-License-Identifier: Apache-2.0
// HTTP as a registry client needs it, on libcurl. Redirects are followed here, so that credentials go to the
// host they are for and to no other, and never from https to http; what is sent follows only where the same
// request is asked for again (307, 308). Proxies: the environment variables that
// curl knows. Any thread, several at once.
#pragma once

#include "core/base/error.hpp"
#include "core/image/image_module.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace rt::image {

// What a request sends: a text, or bytes of a file, which is read where they stand (pread), so that it can be
// sent again.
struct HttpUpload {
    std::string_view text;
    int file = -1; // not -1: of this instead, borrowed
    std::uint64_t from = 0, size = 0;
    std::function<void(std::uint64_t sent)> progress; // may be empty
    [[nodiscard]] std::uint64_t length() const { return file < 0 ? text.size() : size; }
};

struct HttpRequest {
    std::string url;
    std::vector<std::string> headers;   // "Accept: ..."
    std::string authorization;          // value of the header; empty: none. Only sent to the URL's own host.
    std::string form;                   // not empty: a POST of this
    std::uint64_t from = 0;             // not 0: a Range
    std::string method;                 // empty: GET, or POST with a form
    const HttpUpload* upload = nullptr; // borrowed; only with a method
    long patience_s = 60;               // without a byte in either direction
};

struct HttpResponse {
    long status = 0;
    std::multimap<std::string, std::string> headers; // names in lower case
    std::string body;                                // unless it went to the sink
    std::string origin;                              // whose answer it is, redirects followed

    [[nodiscard]] std::string header(const std::string& name) const; // the first; "" if none
};

// Gets the body of a 200 or 206 as it comes; without one it is collected up to the limit.
using HttpBodySink = std::function<Result<void>(const HttpResponse& head, std::string_view data)>;

// unavailable: no answer, or it broke off; the message names the host. Errors of the sink come back
// unchanged.
Result<HttpResponse> http_perform(const HttpRequest& request, std::size_t body_limit,
                                  const HttpBodySink& sink, const Cancellation& cancellation);

// "localhost", 127.0.0.0/8 or ::1, with or without a port.
bool is_this_machine(std::string_view host);

// Where a Location header leads, from url; "": nowhere.
std::string resolve_location(const std::string& url, const std::string& location);

// "https://host:port" of a URL; empty: it is neither http nor https.
std::string origin_of(std::string_view url);

std::string percent_encode(std::string_view text);

} // namespace rt::image
