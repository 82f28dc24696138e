// SPDX-License-Identifier: Apache-2.0
// <directory>/shim.log: what the shim and its driver have to say that no client hears. The file appears with
// the first line and grows to 1 MiB at most. One thread.
#pragma once

#include "core/base/file.hpp"

namespace rt::shim {

class OwnLog {
public:
    void open(const Path& directory) { path_ = directory / "shim.log"; }
    void line(std::string_view text);
    // For a program whose messages go there; empty when the file cannot be opened.
    UniqueFd descriptor();

private:
    Path path_;
};

} // namespace rt::shim
