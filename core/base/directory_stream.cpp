// SPDX-License-Identifier: Apache-2.0
#include "core/base/directory_stream.hpp"

#include <algorithm>
#include <cerrno>

namespace rt {

Result<std::vector<std::string>> names_in(const Path& directory) {
    std::vector<std::string> names;
    const DirectoryStream stream(::opendir(directory.c_str()));
    if (!stream && errno == ENOENT) return names;
    int problem = stream ? 0 : errno;
    while (problem == 0) {
        errno = 0;
        const dirent* const entry = ::readdir(stream.get());
        problem = errno;
        if (entry == nullptr) break;
        std::string name = &entry->d_name[0];
        if (name != "." && name != "..") names.push_back(std::move(name));
    }
    if (problem != 0) return fail_errno(problem, "read the directory '", directory.native(), "'");
    std::ranges::sort(names);
    return names;
}

} // namespace rt
