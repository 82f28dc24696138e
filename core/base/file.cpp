// SPDX-License-Identifier: Apache-2.0
#include "core/base/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <system_error>

namespace rt {

Result<UniqueFd> open_file(const Path& path, int flags, mode_t mode) {
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
    if (fd < 0) return fail_errno(errno, "open '", path.native(), "'");
    return UniqueFd(fd);
}

Result<std::string> read_file(const Path& path, std::size_t limit) {
    RT_TRY_ASSIGN(const UniqueFd fd, open_file(path, O_RDONLY));
    std::string text;
    std::array<char, 16384> buffer; // NOLINT(cppcoreguidelines-pro-type-member-init): read() fills it
    for (;;) {
        const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
        if (count == 0) return text;
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail_errno(errno, "read '", path.native(), "'");
        if (text.size() + static_cast<std::size_t>(count) > limit)
            return fail(Code::resource_exhausted, "read '", path.native(), "': larger than ", limit,
                        " bytes");
        text.append(buffer.data(), static_cast<std::size_t>(count));
    }
}

Result<void> write_all(int fd, std::string_view text, std::string_view what) {
    while (!text.empty()) {
        const ssize_t count = ::write(fd, text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail_errno(errno, "write '", what, "'");
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
}

Result<void> replace_file(const Path& path, std::string_view text, mode_t mode) {
    const Path temporary = cat(path.native(), ".", ::getpid(), ".tmp");
    Rollback rollback;
    {
        RT_TRY_ASSIGN(const UniqueFd fd,
                      open_file(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode));
        rollback.add([&] { ::unlink(temporary.c_str()); });
        RT_TRY(write_all(fd.get(), text, temporary.native()));
    }
    if (::rename(temporary.c_str(), path.c_str()) != 0)
        return fail_errno(errno, "replace '", path.native(), "'");
    rollback.commit();
    return {};
}

Result<void> make_directories(const Path& path, mode_t mode) {
    if (::mkdir(path.c_str(), mode) == 0) return {};
    if (errno == ENOENT && path.has_relative_path()) {
        RT_TRY(make_directories(path.parent_path(), mode));
        if (::mkdir(path.c_str(), mode) == 0) return {};
    }
    const int problem = errno;
    struct stat status{};
    if (problem == EEXIST && ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return {};
    return fail_errno(problem, "make directory '", path.native(), "'");
}

Result<void> remove_tree(const Path& path) {
    std::error_code problem;
    std::filesystem::remove_all(path, problem);
    if (!problem) return {};
    Error error = fail_errno(problem.value(), "remove '", path.native(), "'").error();
    if (problem.value() == EBUSY) error.message += " (something is mounted in there: umount it first)";
    return std::unexpected(std::move(error));
}

Path program_directory() {
    std::error_code problem;
    return std::filesystem::read_symlink("/proc/self/exe", problem).parent_path();
}

Path install_prefix() {
    // bin/rtctl, libexec/rt/rt-shim: the prefix is where "bin" or "libexec" stands.
    const Path directory = program_directory();
    return directory.filename() == "rt" ? directory.parent_path().parent_path() : directory.parent_path();
}

} // namespace rt
