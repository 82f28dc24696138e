// SPDX-License-Identifier: Apache-2.0
// What of Asio and Beast is not in headers, compiled once.
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
