// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/output_stream.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace rt::cli {

OutputStream::OutputStream(int descriptor) : descriptor_(descriptor) {
    struct stat status{};
    if (::fstat(descriptor, &status) != 0) return;
    is_socket_ = S_ISSOCK(status.st_mode);
    // A regular file has its place to write at in the description that is shared: that one is used.
    if (!S_ISFIFO(status.st_mode) && !S_ISCHR(status.st_mode)) return;
    const std::string path = cat("/proc/self/fd/", descriptor);
    own_ = UniqueFd(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

std::string_view OutputStream::write_some(std::string_view data) {
    while (!data.empty()) {
        const ssize_t count = is_socket_
                                  ? ::send(descriptor_, data.data(), data.size(), MSG_DONTWAIT | MSG_NOSIGNAL)
                                  : ::write(fd(), data.data(), data.size());
        if (count >= 0) {
            data.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno == EAGAIN) {
            return data;
        } else if (errno != EINTR) {
            reader_gone_ = errno == EPIPE;
            return {};
        }
    }
    return {};
}

void OutputStream::put(std::string_view data) {
    if (reader_gone_) return;
    if (pending_.empty()) data = write_some(data);
    pending_ += data;
}

void OutputStream::flush() {
    const std::size_t left = write_some(pending_).size();
    pending_.erase(0, pending_.size() - left);
    if (reader_gone_) pending_.clear();
}

} // namespace rt::cli
