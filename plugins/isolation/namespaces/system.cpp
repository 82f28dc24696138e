// SPDX-License-Identifier: Apache-2.0
#include "system.hpp"

#include <fcntl.h>
#include <sys/vfs.h>
#include <time.h>

namespace rt::namespaces {

Result<std::string> read_all(int fd, std::string_view name, std::size_t limit) {
    std::string text;
    for (;;) {
        const auto used = text.size();
        text.resize(used + 4096);
        const ssize_t got = ::read(fd, text.data() + used, 4096);
        if (got < 0 && errno != EINTR) return fail_errno(errno, "read '", name, "'");
        text.resize(used + static_cast<std::size_t>(got > 0 ? got : 0));
        if (got == 0) return text;
        if (text.size() > limit) return fail_errno(EFBIG, "read '", name, "'");
    }
}

Result<std::string> read_whole(int directory, const char* path, std::size_t limit) {
    const UniqueFd fd(::openat(directory, path, O_RDONLY | O_CLOEXEC));
    if (!fd) return fail_errno(errno, "open '", path, "'");
    return read_all(fd.get(), path, limit);
}

Result<void> write_control(int directory, const char* path, std::string_view text, std::string_view name) {
    const UniqueFd fd(::openat(directory, path, O_WRONLY | O_CLOEXEC));
    if (!fd) return fail_errno(errno, "open '", name, "'");
    const ssize_t written = ::write(fd.get(), text.data(), text.size());
    if (written < 0) return fail_errno(errno, "write '", text, "' to '", name, "'");
    if (static_cast<std::size_t>(written) != text.size())
        return fail(Code::internal, "write '", text, "' to '", name, "': only a part was taken");
    return {};
}

std::int64_t now_ms() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

bool has_file_system_type(int fd, std::int64_t magic) {
    struct statfs info{};
    return ::fstatfs(fd, &info) == 0 && static_cast<std::int64_t>(info.f_type) == magic;
}

} // namespace rt::namespaces
