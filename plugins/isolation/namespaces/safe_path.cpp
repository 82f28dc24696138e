// SPDX-License-Identifier: Apache-2.0
#include "safe_path.hpp"

#include <fcntl.h>

#include <vector>

namespace rt::namespaces {
namespace {

// openat2() refuses "" and treats "/" below RESOLVE_IN_ROOT as the root itself.
const char* shown(const std::string& path) {
    return path.empty() ? "/" : path.c_str();
}

std::vector<std::string> components(std::string_view path) {
    std::vector<std::string> parts;
    while (!path.empty()) {
        const auto end = std::min(path.find('/'), path.size());
        if (const auto part = path.substr(0, end); !part.empty() && part != ".") parts.emplace_back(part);
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return parts;
}

// Makes one directory in parent and opens it; somebody else may make it at the same moment, but no link is
// followed.
Result<UniqueFd> make_one(int parent, const std::string& name, unsigned mode, const std::string& path) {
    if (::mkdirat(parent, name.c_str(), mode) < 0 && errno != EEXIST)
        return fail_errno(errno, "make the directory '", path, "' in the root file system");
    UniqueFd fd(openat2(parent, name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
                        RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS));
    if (!fd) return fail_errno(errno, "open the directory '", path, "' in the root file system");
    return fd;
}

} // namespace

Result<UniqueFd> open_in_root(int root, const std::string& path, int flags) {
    UniqueFd fd(openat2(root, shown(path), static_cast<unsigned>(flags | O_CLOEXEC),
                        RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS));
    if (!fd) return fail_errno(errno, "open '", path, "' in the root file system");
    return fd;
}

Result<UniqueFd> open_in_root_without_links(int root, const std::string& path, int flags) {
    UniqueFd fd(openat2(root, shown(path), static_cast<unsigned>(flags | O_CLOEXEC),
                        RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS));
    if (!fd) return fail_errno(errno, "open '", path, "' in the root file system without following links");
    return fd;
}

Result<UniqueFd> make_directory_in_root(int root, const std::string& path, unsigned mode) {
    auto whole = open_in_root(root, path, O_PATH | O_DIRECTORY);
    if (whole || whole.error().sys_errno != ENOENT) return whole;
    const auto parts = components(path);
    std::string prefix;
    UniqueFd current;
    std::size_t next = 0;
    RT_TRY_ASSIGN(current, open_in_root(root, "/", O_PATH | O_DIRECTORY));
    for (; next < parts.size(); ++next) { // the longest part that exists, links resolved inside the root
        auto deeper = open_in_root(root, prefix + "/" + parts[next], O_PATH | O_DIRECTORY);
        if (!deeper) {
            if (deeper.error().sys_errno != ENOENT) return deeper;
            break;
        }
        current = std::move(*deeper);
        prefix += "/" + parts[next];
    }
    for (; next < parts.size(); ++next) {
        if (parts[next] == "..")
            return fail(Code::invalid_argument, "make the directory '", path,
                        "' in the root file system: '..' follows a component that does not exist");
        RT_TRY_ASSIGN(current, make_one(current.get(), parts[next], mode, path));
    }
    return current;
}

Result<Entry> parent_in_root(int root, const std::string& path) {
    auto parts = components(path);
    if (parts.empty() || parts.back() == "..")
        return fail(Code::invalid_argument, "'", path, "' does not name a file in the root file system");
    std::string parent;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) parent += "/" + parts[i];
    RT_TRY_ASSIGN(UniqueFd fd, make_directory_in_root(root, parent));
    return Entry{std::move(fd), parts.back()};
}

Result<UniqueFd> make_file_in_root(int root, const std::string& path) {
    auto existing = open_in_root(root, path, O_PATH);
    if (existing || existing.error().sys_errno != ENOENT) return existing;
    RT_TRY_ASSIGN(const Entry entry, parent_in_root(root, path));
    const UniqueFd made(::openat(entry.parent.get(), entry.name.c_str(),
                                 O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
    if (!made) return fail_errno(errno, "make the file '", path, "' in the root file system");
    UniqueFd fd(openat2(entry.parent.get(), entry.name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC,
                        RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS));
    if (!fd) return fail_errno(errno, "open '", path, "' in the root file system");
    return fd;
}

} // namespace rt::namespaces
