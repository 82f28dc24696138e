// SPDX-License-Identifier: Apache-2.0
#include "core/base/new_file.hpp"

#include "core/base/id.hpp"
#include "core/base/rooted_path.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

namespace rt {
namespace {

std::string hidden_name() {
    return cat(".rt-", random_hex(16));
}

} // namespace

Result<NewFile> NewFile::make(int directory, mode_t mode) {
    UniqueFd fd(::openat(directory, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, mode));
    if (fd) return NewFile(directory, std::move(fd));
    if (errno == EOPNOTSUPP || errno == EISDIR) return make_hidden(directory, mode); // open(2), "BUGS"
    return fail_errno(errno, "make the file");
}

Result<NewFile> NewFile::make_hidden(int directory, mode_t mode) {
    std::string hidden = hidden_name();
    UniqueFd fd(
        ::openat(directory, hidden.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
    if (!fd) return fail_errno(errno, "make the file");
    NewFile file(directory, std::move(fd));
    file.hidden_ = std::move(hidden);
    return file;
}

NewFile::NewFile(NewFile&& other) noexcept
    : directory_(other.directory_), fd_(std::move(other.fd_)), hidden_(std::exchange(other.hidden_, {})) {}

NewFile::~NewFile() {
    if (!hidden_.empty()) ::unlinkat(directory_, hidden_.c_str(), 0);
}

Result<void> NewFile::take_name(const std::string& name) {
    if (hidden_.empty()) {
        const std::string file = path_of_fd(fd_.get());
        const auto link = [&](const std::string& as) {
            return ::linkat(AT_FDCWD, file.c_str(), directory_, as.c_str(), AT_SYMLINK_FOLLOW) == 0;
        };
        if (link(name)) return {};
        if (errno != EEXIST) return fail_errno(errno, "put it in its place");
        std::string hidden = hidden_name();
        if (!link(hidden)) return fail_errno(errno, "put it in its place");
        hidden_ = std::move(hidden);
    }
    if (::renameat(directory_, hidden_.c_str(), directory_, name.c_str()) != 0)
        return fail_errno(errno, "put it in its place");
    hidden_.clear();
    return {};
}

} // namespace rt
