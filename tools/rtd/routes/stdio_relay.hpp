// SPDX-License-Identifier: Apache-2.0
// A hijacked connection and the stdio of a container, or of a program run in it: bytes both ways until one of
// them ends. On the thread of the server only.
#pragma once

#include "tools/rtd/engine/shim_stream.hpp"
#include "tools/rtd/http/exchange.hpp"

#include <string>

namespace rt::rtd {

// docker's frame: {stream, 0, 0, 0, length (32 bits, big-endian)} and the data.
std::string stdio_frame(Stream stream, std::string_view data);

struct StdioWishes {
    bool terminal = false; // one stream, without frames
    bool in = false, out = false, error = false;
    bool in_ends = false;      // the end of what the client sends is the end of the container's stdin
    std::string detach_keys{}; // bytes; "": none
};

enum class StdioEnd { exited, detached, left, shim_gone };
struct StdioResult {
    StdioEnd end = StdioEnd::shim_gone;
    ExitRecord exit; // exited
};

// shim: attached. Output is read no faster than the client takes it. Throws when the client has gone.
Awaitable<StdioResult> relay_stdio(Exchange& exchange, ShimStream& shim, const StdioWishes& wishes);

// What is the content of such a connection, by docker's rules.
std::string stdio_content_type(const Request& request, bool terminal);

} // namespace rt::rtd
