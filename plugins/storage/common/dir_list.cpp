// SPDX-License-Identifier: Apache-2.0
#include "rt/storage/dir_list.hpp"

#include <dirent.h>

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

} // namespace rt::storage
