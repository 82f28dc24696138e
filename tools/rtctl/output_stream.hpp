// SPDX-License-Identifier: Apache-2.0
// Standard output or standard error as a place that may be slow: what it does not take at once is kept, and
// the caller goes on with other things. Does not change the flags of the descriptor, which others share. One
// thread.
#pragma once

#include "core/base/file.hpp"

#include <string>
#include <string_view>

namespace rt::cli {

class OutputStream {
public:
    explicit OutputStream(int descriptor); // borrowed

    void put(std::string_view data);
    void flush(); // when fd() has become writable
    [[nodiscard]] bool is_waiting() const { return !pending_.empty(); }
    // Nobody reads any more. One that only cannot be written (a full disk) is not gone; what goes there is
    // lost.
    [[nodiscard]] bool reader_is_gone() const { return reader_gone_; }
    [[nodiscard]] int fd() const { return own_ ? own_.get() : descriptor_; }

private:
    std::string_view write_some(std::string_view data); // what is left

    int descriptor_;
    UniqueFd own_; // the same pipe or terminal, opened anew without blocking
    bool is_socket_ = false;
    bool reader_gone_ = false;
    std::string pending_;
};

} // namespace rt::cli
