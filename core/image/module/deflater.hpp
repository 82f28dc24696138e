// SPDX-License-Identifier: Apache-2.0
// Compresses a stream with gzip (ISA-L). The same bytes give the same result. One thread each.
#pragma once

#include "core/image/module/byte_queue.hpp"

#include <memory>
#include <string_view>

namespace rt::image {

class Deflater final : public ByteSink {
public:
    explicit Deflater(ByteSink& behind); // borrowed
    ~Deflater() override;

    Result<void> write(std::string_view data) override;
    Result<void> finish(); // nothing may be written after it

private:
    struct State;
    Result<void> run();

    ByteSink& behind_;
    std::unique_ptr<State> state_;
};

} // namespace rt::image
