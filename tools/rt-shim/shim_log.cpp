// SPDX-License-Identifier: Apache-2.0
#include "shim_log.hpp"

#include "core/base/clock.hpp"

#include <fcntl.h>
#include <sys/stat.h>

namespace rt::shim {
namespace {

constexpr off_t kLongestLog = 1 << 20;

} // namespace

UniqueFd OwnLog::descriptor() {
    if (path_.empty()) return {};
    auto fd = open_file(path_, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW);
    return fd ? std::move(*fd) : UniqueFd{};
}

void OwnLog::line(std::string_view text) {
    const UniqueFd fd = descriptor();
    struct stat status{};
    if (!fd || ::fstat(fd.get(), &status) != 0 || status.st_size > kLongestLog) return;
    (void)write_all(fd.get(), cat(rfc3339(now_ns()), " ", text, "\n"),
                    path_.native()); // nobody is left to tell
}

} // namespace rt::shim
