// SPDX-License-Identifier: Apache-2.0
#include "rt/storage/dir_list.hpp"

#include <dirent.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

namespace rt::storage {

sdk::Result<std::vector<DirEntry>> list_directory(int fd) {
    std::vector<DirEntry> entries;
    alignas(dirent64) std::array<char, 32768> buffer;
    for (;;) {
        const ssize_t size = ::getdents64(fd, buffer.data(), buffer.size());
        if (size < 0 && errno == ENOENT) return entries; // removed since it was opened: it has none
        if (size < 0) return sdk::fail_errno(errno, "read a directory");
        if (size == 0) return entries;
        for (ssize_t offset = 0; offset < size;) {
            const auto* entry = reinterpret_cast<const dirent64*>(buffer.data() + offset);
            const std::string_view name = entry->d_name;
            if (name != "." && name != "..") entries.push_back({std::string(name), entry->d_type});
            offset += entry->d_reclen;
        }
    }
}

sdk::Result<std::string> read_to_end(int fd, const char* what) {
    std::string text;
    for (char part[16384];;) {
        const ssize_t count = ::read(fd, part, sizeof part);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return sdk::fail_errno(errno, "read '", what, "'");
        if (count == 0) return text;
        text.append(part, static_cast<std::size_t>(count));
    }
}

} // namespace rt::storage
