// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/progress.hpp"

#include "core/base/clock.hpp"
#include "core/base/text.hpp"
#include "tools/rtctl/output.hpp"

#include <unistd.h>

#include <algorithm>

namespace rt::cli {
namespace {

constexpr std::int64_t kRedrawNs = 50'000'000;
constexpr std::size_t kBarWidth = 30;

using Phase = ImageProgress::Phase;

std::string_view name_of(Phase phase) {
    switch (phase) {
    case Phase::note: return "";
    case Phase::waiting: return "Waiting";
    case Phase::downloading: return "Downloading";
    case Phase::unpacking: return "Extracting";
    case Phase::done: return "Pull complete";
    case Phase::exists: return "Already exists";
    case Phase::preparing: return "Preparing";
    case Phase::pushing: return "Pushing";
    case Phase::pushed: return "Pushed";
    case Phase::mounted: return "Mounted from ";
    case Phase::present: return "Layer already exists";
    }
    return "";
}

std::string state_of(const ImageProgress& layer) {
    return cat(name_of(layer.phase), printable(layer.text));
}

std::string bar(const ImageProgress& layer) {
    const bool moves =
        layer.phase == Phase::downloading || layer.phase == Phase::unpacking || layer.phase == Phase::pushing;
    if (layer.total == 0 || !moves) return {};
    const auto done =
        static_cast<std::size_t>(kBarWidth * std::min(layer.current, layer.total) / layer.total);
    std::string text = cat(" [", std::string(done, '='), done < kBarWidth ? ">" : "");
    text.append(kBarWidth - std::min(done + 1, kBarWidth), ' ');
    return cat(text, "] ", human_size(layer.current), "/", human_size(layer.total));
}

} // namespace

ProgressDisplay::ProgressDisplay(std::FILE* out) : out_(out), terminal_(is_terminal(::fileno(out))) {}

void ProgressDisplay::show(const ImageProgress& progress) {
    if (progress.layer.empty()) {
        std::fprintf(out_, "%s\n", printable(progress.text).c_str());
        drawn_ = 0; // what was drawn scrolls up with the rest
        return;
    }
    const auto found = std::ranges::find(layers_, progress.layer, &ImageProgress::layer);
    const bool is_new = found == layers_.end();
    const bool changed = is_new || found->phase != progress.phase;
    if (is_new)
        layers_.push_back(progress);
    else
        *found = progress;
    if (terminal_) {
        const std::int64_t now = monotonic_ns();
        if (!changed && now - last_drawn_ns_ < kRedrawNs) return;
        last_drawn_ns_ = now;
        redraw();
    } else if (changed) {
        std::fprintf(out_, "%s: %s\n", progress.layer.c_str(), state_of(progress).c_str());
    }
}

void ProgressDisplay::redraw() {
    std::string text;
    if (drawn_ > 0) text = cat("\033[", drawn_, "A");
    for (const ImageProgress& layer : layers_)
        text += cat("\r\033[K", layer.layer, ": ", state_of(layer), bar(layer), "\n");
    drawn_ = layers_.size();
    std::fwrite(text.data(), 1, text.size(), out_);
    std::fflush(out_);
}

} // namespace rt::cli
