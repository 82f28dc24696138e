// SPDX-License-Identifier: Apache-2.0
#include "tools/rtd/http/exchange.hpp"

#include <cstdlib>

namespace rt::rtd {
namespace {

std::unexpected<Error> too_long(std::size_t limit) {
    return fail(Code::resource_exhausted, "the body of the request is longer than ", limit, " bytes");
}

} // namespace

Awaitable<Result<std::string>> Exchange::whole_body(std::size_t limit) {
    const std::string announced = request().header("Content-Length");
    if (announced.size() > 18 ||
        (!announced.empty() && std::strtoull(announced.c_str(), nullptr, 10) > limit))
        co_return too_long(limit);
    std::string all;
    for (;;) {
        Result<std::string> piece = co_await read_body();
        if (!piece) co_return piece;
        if (piece->empty()) co_return all;
        if (all.size() + piece->size() > limit) co_return too_long(limit);
        all += *piece;
    }
}

} // namespace rt::rtd
