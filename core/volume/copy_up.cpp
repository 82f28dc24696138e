// SPDX-License-Identifier: Apache-2.0
#include "core/volume/copy_up.hpp"

#include "core/base/file.hpp"
#include "core/base/rooted_path.hpp"
#include "core/volume/tree_copy.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace rt {
namespace {

constexpr const char* kPart = ".rt-copy-part";
constexpr const char* kWhole = ".rt-copy-whole";

Result<UniqueFd> open_directory(int beside, const char* name) {
    UniqueFd fd(::openat(beside, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) return fail_errno(errno, "open '", name, "'");
    return fd;
}

// What it is called is ours; what is in it may have any form.
Result<void> remove(int beside, const char* name) {
    struct stat status{};
    if (::fstatat(beside, name, &status, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT) return {};
    return remove_tree(cat(path_of_fd(beside), "/", name));
}

// False, with errno: EEXIST when somebody has taken the name meanwhile.
bool move_one(int whole, int destination, const std::string& name) {
    if (::renameat2(whole, name.c_str(), destination, name.c_str(), RENAME_NOREPLACE) == 0) return true;
    if (errno != EINVAL) return false;
    struct stat status{}; // nfs, for one, cannot do it in one step
    errno = EEXIST;
    return ::fstatat(destination, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 &&
           ::renameat(whole, name.c_str(), destination, name.c_str()) == 0;
}

// A name that somebody took meanwhile stays his.
Result<void> move_all(int whole, int destination) {
    struct stat status{}; // before the moves change its time
    if (::fstat(whole, &status) != 0) return fail_errno(errno, "stat the copy");
    RT_TRY_ASSIGN(const auto names, names_in(whole));
    for (const std::string& name : names)
        if (!move_one(whole, destination, name) && errno != EEXIST)
            return fail_errno(errno, "move '", name, "' into the volume");
    return copy_directory_attributes(whole, status, destination);
}

Result<void> finish_move(const CopyUp& place) {
    auto whole = open_directory(place.beside, kWhole);
    if (!whole && whole.error().sys_errno == ENOENT) return {};
    if (!whole) return std::unexpected(std::move(whole).error());
    RT_TRY(move_all(whole->get(), place.destination));
    return remove(place.beside, kWhole);
}

} // namespace

Result<bool> finish_copy_up(const CopyUp& place) {
    RT_TRY(remove(place.beside, kPart));
    RT_TRY(finish_move(place));
    RT_TRY_ASSIGN(const auto names, names_in(place.destination));
    return names.empty();
}

Result<void> copy_up(int source, const CopyUp& place, const std::function<Result<void>()>& check) {
    if (::mkdirat(place.beside, kPart, 0700) != 0) return fail_errno(errno, "make a directory for the copy");
    Rollback rollback;
    rollback.add([&] { (void)remove(place.beside, kPart); }); // else whoever comes next does
    RT_TRY_ASSIGN(const UniqueFd part, open_directory(place.beside, kPart));
    RT_TRY(copy_tree(source, part.get(), check));
    if (::renameat(place.beside, kPart, place.beside, kWhole) != 0)
        return fail_errno(errno, "give the copy its name");
    rollback.commit();
    return finish_move(place);
}

} // namespace rt
