// SPDX-License-Identifier: Apache-2.0
// --cidfile: a new file that gets the container's id. Made first, so that a container that nobody could name
// is not started; gone again when there is no container.
#pragma once

#include "core/base/file.hpp"

#include <string>
#include <utility>

namespace rt::cli {

class CidFile {
public:
    // "": there is to be none. already_exists: the file is of another container.
    static Result<CidFile> make(const std::string& path);
    CidFile(CidFile&& other) noexcept : path_(std::exchange(other.path_, {})), fd_(std::move(other.fd_)) {}
    CidFile& operator=(CidFile&&) = delete;
    ~CidFile();

    Result<void> write(const std::string& id);

private:
    CidFile() = default;
    std::string path_; // "": nothing to remove
    UniqueFd fd_;
};

} // namespace rt::cli
