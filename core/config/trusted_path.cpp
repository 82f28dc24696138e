// SPDX-License-Identifier: Apache-2.0
#include "core/config/trusted_path.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <string>

namespace rt {
namespace {

constexpr int kLinkLimit = 40; // as the kernel's own (path_resolution(7))

constexpr bool is_link(const struct stat& status) {
    return S_ISLNK(status.st_mode);
}

// One file, directory or link: does it belong to somebody we trust, and can nobody else write to it?
Result<void> check_component(const std::string& path, const struct stat& status, std::string_view what,
                             const Path& file) {
    const uid_t user = ::geteuid();
    if (status.st_uid != 0 && status.st_uid != user)
        return fail(Code::permission_denied, what, " '", file.native(), "' is not trusted: '", path,
                    "' belongs to user ", static_cast<std::uint64_t>(status.st_uid),
                    ", who could change what runs as root; correct it with 'chown root:root ", path, "'");
    // The mode of a symbolic link means nothing: who may replace it is decided by its directory.
    if (!is_link(status) && (status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return fail(Code::permission_denied, what, " '", file.native(), "' is not trusted: '", path,
                    "' can be written by ", (status.st_mode & S_IWOTH) != 0 ? "everybody" : "its group",
                    ", who could change what runs as root; ",
                    // /tmp and its like are meant to be so.
                    (status.st_mode & S_ISVTX) != 0
                        ? std::string("keep the file elsewhere")
                        : cat("correct it with 'chmod go-w ", path, "', or keep the file elsewhere"));
    return {};
}

Result<std::string> read_link(const std::string& path) {
    std::string target(4096, '\0');
    const ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
    if (size < 0) return fail_errno(errno, "read link '", path, "'");
    target.resize(static_cast<std::size_t>(size));
    return target;
}

// Walks a path component by component, keeping what is still to be walked in rest.
class Walk {
public:
    Walk(const Path& file, std::string_view what) : file_(file), what_(what), rest_(file.native()) {}

    Result<void> run() {
        RT_TRY(look("/"));
        while (!rest_.empty()) {
            const std::string name = next_name();
            if (name.empty() || name == ".") continue;
            if (name == "..") {
                done_.resize(done_.find_last_of('/') == std::string::npos ? 0 : done_.find_last_of('/'));
                continue;
            }
            RT_TRY(step(cat(done_, "/", name)));
        }
        if (!S_ISREG(status_.st_mode))
            return fail(Code::invalid_argument, what_, " '", file_.native(), "' is not a regular file");
        return {};
    }

private:
    std::string next_name() {
        const auto slash = rest_.find('/');
        std::string name = rest_.substr(0, slash);
        rest_.erase(0, slash == std::string::npos ? slash : slash + 1);
        return name;
    }

    Result<void> look(const std::string& path) {
        if (::lstat(path.c_str(), &status_) != 0)
            return fail_errno(errno, "look at ", what_, " '", file_.native(), "'");
        return check_component(path, status_, what_, file_);
    }

    Result<void> step(const std::string& path) {
        RT_TRY(look(path));
        if (!is_link(status_)) {
            done_ = path;
            return {};
        }
        if (++links_ > kLinkLimit) return fail_errno(ELOOP, "look at ", what_, " '", file_.native(), "'");
        RT_TRY_ASSIGN(const std::string target, read_link(path));
        rest_ = rest_.empty() ? target : cat(target, "/", rest_);
        if (target.starts_with('/')) done_.clear();
        return {};
    }

    const Path& file_;
    std::string_view what_;
    std::string rest_; // still to be walked
    std::string done_; // walked and believed, without links; "" is the root
    struct stat status_{};
    int links_ = 0;
};

} // namespace

Result<void> check_trusted_file(const Path& path, std::string_view what) {
    if (!path.is_absolute())
        return fail(Code::invalid_argument, what, " '", path.native(),
                    "': give an absolute path, which does not depend on where the program is started");
    return Walk(path, what).run();
}

} // namespace rt
