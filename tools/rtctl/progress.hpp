// SPDX-License-Identifier: Apache-2.0
// Shows how an image comes in or goes out: on a terminal a line per layer with a bar, redrawn in place;
// elsewhere a line when a layer begins or ends. Calls come one at a time.
#pragma once

#include "core/image/image_service.hpp"

#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

namespace rt::cli {

class ProgressDisplay {
public:
    explicit ProgressDisplay(std::FILE* out);
    // For ImageService; must not outlive this.
    ImageProgressSink sink() {
        return [this](const ImageProgress& progress) { show(progress); };
    }

private:
    void show(const ImageProgress& progress);
    void redraw();

    std::FILE* out_;
    bool terminal_;
    std::vector<ImageProgress> layers_; // in the order in which they appeared
    std::size_t drawn_ = 0;             // lines on the terminal that are ours
    std::int64_t last_drawn_ns_ = 0;
};

} // namespace rt::cli
