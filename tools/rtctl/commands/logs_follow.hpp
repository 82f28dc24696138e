// SPDX-License-Identifier: Apache-2.0
// rtctl logs -f: what comes after that which is there already, until the container ends. Waits for inotify
// and for the shim; never looks by the clock. One thread.
#pragma once

#include "core/container/engine.hpp"
#include "core/container/log_reader.hpp"

namespace rt::cli {

Result<void> follow_log(Engine& engine, const Container& container, LogReader& reader, const LogSink& sink);

} // namespace rt::cli
