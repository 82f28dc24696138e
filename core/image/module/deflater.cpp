// SPDX-License-Identifier: Apache-2.0
#include "core/image/module/deflater.hpp"

#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <limits>
#include <vector>

namespace rt::image {

struct Deflater::State {
    isal_zstream stream;
    std::vector<unsigned char> level = std::vector<unsigned char>(ISAL_DEF_LVL2_DEFAULT);
    std::vector<unsigned char> out = std::vector<unsigned char>(256U << 10U);
};

Deflater::Deflater(ByteSink& behind) : behind_(behind), state_(std::make_unique<State>()) {
    isal_deflate_init(&state_->stream);
    state_->stream.level = 2;
    state_->stream.level_buf = state_->level.data();
    state_->stream.level_buf_size = static_cast<std::uint32_t>(state_->level.size());
    state_->stream.gzip_flag = IGZIP_GZIP;
    state_->stream.end_of_stream = 0;
    state_->stream.flush = NO_FLUSH;
}

Deflater::~Deflater() = default;

// Until it wants more, or has ended.
Result<void> Deflater::run() {
    isal_zstream& stream = state_->stream;
    do {
        stream.next_out = state_->out.data();
        stream.avail_out = static_cast<std::uint32_t>(state_->out.size());
        if (const int result = isal_deflate(&stream); result != COMP_OK)
            return fail(Code::internal, "compress a layer: ISA-L gives ", result);
        const std::size_t made = state_->out.size() - stream.avail_out;
        if (made > 0) RT_TRY(behind_.write({reinterpret_cast<const char*>(state_->out.data()), made}));
    } while (stream.avail_out == 0 || stream.avail_in > 0 ||
             (stream.end_of_stream != 0 && stream.internal_state.state != ZSTATE_END));
    return {};
}

Result<void> Deflater::write(std::string_view data) {
    constexpr std::size_t kMost = 1U << 30U;
    while (!data.empty()) {
        const std::string_view piece = data.substr(0, kMost);
        // ISA-L reads only; its interface does not say so.
        state_->stream.next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(piece.data()));
        state_->stream.avail_in = static_cast<std::uint32_t>(piece.size());
        RT_TRY(run());
        data.remove_prefix(piece.size());
    }
    return {};
}

Result<void> Deflater::finish() {
    state_->stream.next_in = nullptr;
    state_->stream.avail_in = 0;
    state_->stream.end_of_stream = 1;
    return run();
}

} // namespace rt::image
