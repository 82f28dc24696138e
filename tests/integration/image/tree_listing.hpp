// SPDX-License-Identifier: Apache-2.0
// What a directory holds, as one line of text per entry: everything that an image says about a file.
#pragma once

#include <sys/stat.h>
#include <sys/xattr.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace rt::test {

inline std::string attributes_of(const std::string& path) {
    std::string names(65536, '\0');
    const ssize_t size = ::llistxattr(path.c_str(), names.data(), names.size());
    std::set<std::string> found;
    for (ssize_t at = 0; at < size;) {
        const std::string name = names.c_str() + at;
        at += static_cast<ssize_t>(name.size()) + 1;
        std::string value(4096, '\0');
        const ssize_t length = ::lgetxattr(path.c_str(), name.c_str(), value.data(), value.size());
        value.resize(static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
        if (!name.starts_with("security.selinux")) found.insert(std::string(name).append("=").append(value));
    }
    std::string text;
    for (const std::string& item : found) text += " " + item;
    return text;
}

// paths relative to root, sorted.
inline std::vector<std::string> list_tree(const std::filesystem::path& root) {
    std::vector<std::string> lines;
    const auto describe = [&](const std::filesystem::path& path, const std::string& name) {
        struct stat status{};
        if (::lstat(path.c_str(), &status) != 0) return;
        std::ostringstream line;
        line << name << " " << std::oct << status.st_mode << std::dec << " " << status.st_uid << ":"
             << status.st_gid << " " << status.st_mtim.tv_sec;
        if (S_ISREG(status.st_mode)) {
            std::ifstream file(path, std::ios::binary);
            line << " links=" << status.st_nlink << " '"
                 << std::string(std::istreambuf_iterator<char>(file), {}) << "'";
        }
        if (S_ISLNK(status.st_mode)) line << " -> " << std::filesystem::read_symlink(path).native();
        if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)) line << " dev=" << status.st_rdev;
        lines.push_back(line.str() + attributes_of(path.native()));
    };
    describe(root, ".");
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root))
        describe(entry.path(), entry.path().lexically_relative(root).native());
    std::ranges::sort(lines);
    return lines;
}

} // namespace rt::test
