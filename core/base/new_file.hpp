// SPDX-License-Identifier: Apache-2.0
// A regular file that takes its name when it is whole. Until then it has none (O_TMPFILE), so that nothing is
// left of it when its writer is killed. Where the name is another file's, it has a hidden one between two
// system calls, since linkat(2) replaces nothing; where the file system has no files without a name, all the
// time. One thread.
#pragma once

#include "core/base/error.hpp"

#include <sys/types.h>

#include <string>

namespace rt {

class NewFile {
public:
    // directory: borrowed, O_PATH suffices.
    static Result<NewFile> make(int directory, mode_t mode = 0600);
    static Result<NewFile> make_hidden(int directory, mode_t mode = 0600); // where make() has no other choice

    NewFile(NewFile&& other) noexcept;
    NewFile& operator=(NewFile&&) = delete;
    ~NewFile(); // one that has not taken its name goes

    [[nodiscard]] int fd() const { return fd_.get(); } // for writing
    // Replaces what has the name, if that is no directory.
    Result<void> take_name(const std::string& name);

private:
    NewFile(int directory, UniqueFd fd) : directory_(directory), fd_(std::move(fd)) {}

    int directory_;
    UniqueFd fd_;
    std::string hidden_; // the name that it has meanwhile
};

} // namespace rt
