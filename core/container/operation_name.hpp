// SPDX-License-Identifier: Apache-2.0
// A name for all operations that the calling thread begins while this lives, so that what a server does for
// one request can be found again in the log lines of drivers and shims. May be nested; the inner one counts.
#pragma once

#include <string>

namespace rt {

class OperationName {
public:
    explicit OperationName(std::string id);
    OperationName(const OperationName&) = delete;
    OperationName& operator=(const OperationName&) = delete;
    ~OperationName();

    // "": this thread has none, and each operation gets a name of its own.
    static const std::string& current();

private:
    std::string before_;
};

} // namespace rt
