// SPDX-License-Identifier: Apache-2.0
// The part of Boost.Asio that rtd is written with: C++20 coroutines on one thread. What blocks is done by
// WorkerPool.
//
// GCC 12 destroys twice what is a temporary lambda, or a temporary made with braces, in an expression with
// co_await: both are made in a statement of their own.
#pragma once

#include "core/base/error.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace rt::rtd {

namespace asio = boost::asio;

template <class T>
using Awaitable = asio::awaitable<T>;

} // namespace rt::rtd

// RT_TRY and RT_TRY_ASSIGN for coroutines that answer a Result.
#define RT_CO_TRY(expression)                                                                                \
    do {                                                                                                     \
        if (auto rt_co_try_result = (expression); !rt_co_try_result)                                         \
            co_return std::unexpected(std::move(rt_co_try_result).error());                                  \
    } while (false)
#define RT_CO_TRY_ASSIGN_(name, target, expression)                                                          \
    auto name = (expression);                                                                                \
    if (!name) co_return std::unexpected(std::move(name).error());                                           \
    target = std::move(*name)
#define RT_CO_TRY_ASSIGN(target, expression)                                                                 \
    RT_CO_TRY_ASSIGN_(RT_SDK_JOIN(rt_try_, __LINE__), target, expression)
