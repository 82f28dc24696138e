// SPDX-License-Identifier: Apache-2.0
// INT, TERM and HUP as something that an operation can look at between its steps, so that it can take back
// what it has begun elsewhere. One at a time, in the first thread, before others begin.
#pragma once

#include "tools/rtctl/command.hpp"

#include <csignal>

namespace rt::cli {

class Interrupts {
public:
    static Result<Interrupts> catch_them();
    Interrupts(Interrupts&& other) noexcept;
    Interrupts& operator=(Interrupts&&) = delete;
    ~Interrupts();

    [[nodiscard]] int fd() const { return fd_.get(); } // readable once one has come
    // Why the operation failed; the exit code is a signal's (128+n) where one has come.
    [[nodiscard]] std::unexpected<Failure> failure(Error error) const;

private:
    explicit Interrupts(UniqueFd fd, const sigset_t& before) : fd_(std::move(fd)), before_(before) {}
    UniqueFd fd_;
    sigset_t before_;
};

} // namespace rt::cli
