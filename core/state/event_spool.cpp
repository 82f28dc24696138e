// SPDX-License-Identifier: Apache-2.0
#include "core/state/event_spool.hpp"

#include "core/base/id.hpp"
#include "core/base/lock_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>

namespace rt {
namespace {

constexpr std::size_t kMostBytes = 256U << 10U;
constexpr std::size_t kIdDigits = 16;

Path spool_in(const Path& root) {
    return root / "events.spool";
}

// What is no file would make who reads or locks it wait for ever.
Result<void> check_spool(const Path& path) {
    struct stat status{};
    if (::lstat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode))
        return fail(Code::corrupt, "the spool of events '", path.native(), "' is no file");
    return {};
}

Result<SpooledEvents> after(const std::string& mark, const Path& path) {
    RT_TRY_ASSIGN(const std::string text, read_file(path));
    const std::string id = text.substr(0, text.find('\n'));
    if (!text.empty() && (id.size() != kIdDigits || !is_hex(id)))
        return fail(Code::corrupt, "the spool of events '", path.native(), "' has no id in its first line");
    std::size_t taken = id.size();
    if (const std::string prefix = id + " "; mark.starts_with(prefix))
        std::from_chars(mark.data() + prefix.size(), mark.data() + mark.size(), taken);
    if (taken > text.size()) taken = id.size(); // the power went: not all that was taken has stayed
    if (taken == text.size()) return SpooledEvents{};
    return SpooledEvents{text.substr(taken), cat(id, " ", text.size())};
}

} // namespace

Result<bool> spool_event(const Path& root, std::string_view event) {
    const Path path = spool_in(root);
    RT_TRY(check_spool(path));
    RT_TRY_ASSIGN(const auto lock, LockFile::try_acquire(path));
    if (!lock) return false;
    struct stat status{};
    if (::fstat(lock->descriptor(), &status) != 0) return fail_errno(errno, "look at '", path.native(), "'");
    const std::string text = cat(status.st_size == 0 ? random_hex(kIdDigits) : std::string(), "\n", event);
    if (static_cast<std::size_t>(status.st_size) + text.size() > kMostBytes) return false;
    const ssize_t written = ::pwrite(lock->descriptor(), text.data(), text.size(), status.st_size);
    if (written == static_cast<ssize_t>(text.size())) return true;
    const int problem = written < 0 ? errno : ENOSPC;
    if (written > 0 && ::ftruncate(lock->descriptor(), status.st_size) != 0)
        return fail_errno(errno, "take back a part of an event in '", path.native(), "'");
    return fail_errno(problem, "write an event to '", path.native(), "'");
}

Result<SpooledEvents> spooled_events(const Path& root, const std::string& mark) {
    const Path path = spool_in(root);
    RT_TRY(check_spool(path));
    RT_TRY_ASSIGN(const auto lock, LockFile::try_acquire(path));
    if (!lock) return SpooledEvents{};
    return after(mark, path);
}

Result<void> forget_spooled(const Path& root, const std::string& mark) {
    const Path path = spool_in(root);
    RT_TRY_ASSIGN(const auto lock, LockFile::try_acquire(path));
    if (!lock) return {};
    RT_TRY_ASSIGN(const SpooledEvents more, after(mark, path));
    if (more.lines.empty() && ::unlink(path.c_str()) != 0)
        return fail_errno(errno, "remove '", path.native(), "'");
    return {};
}

Result<std::optional<Path>> set_spool_aside(const Path& root) {
    const Path path = spool_in(root);
    std::optional<LockFile> lock;
    if (check_spool(path)) { // else it is no file, and nobody writes there
        RT_TRY_ASSIGN(lock, LockFile::try_acquire(path));
        const auto again = lock ? after("", path) : SpooledEvents{};
        if (again || again.error().code != Code::corrupt) return std::nullopt;
    }
    Path aside = cat(path.native(), ".broken");
    if (std::rename(path.c_str(), aside.c_str()) != 0)
        return fail_errno(errno, "set '", path.native(), "' aside as '", aside.native(), "'");
    return aside;
}

bool has_spooled_events(const Path& root) {
    return ::access(spool_in(root).c_str(), F_OK) == 0;
}

} // namespace rt
