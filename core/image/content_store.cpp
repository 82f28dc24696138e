// SPDX-License-Identifier: Apache-2.0
#include "core/image/content_store.hpp"

#include "core/base/clock.hpp"
#include "core/base/id.hpp"
#include "core/image/reference.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <system_error>

namespace rt {
namespace {

constexpr std::int64_t kKeepPartsNs = 7LL * 24 * 3600 * 1'000'000'000;
constexpr std::string_view kSha256 = "sha256:";

std::string_view hex_of(std::string_view digest) {
    return digest.substr(kSha256.size());
}

bool is_older(const Path& file, std::int64_t age_ns) {
    struct stat status{};
    if (::lstat(file.c_str(), &status) != 0) return false;
    return now_ns() - (status.st_mtim.tv_sec * 1'000'000'000LL + status.st_mtim.tv_nsec) > age_ns;
}

} // namespace

Result<ContentStore> ContentStore::open(const Path& root) {
    ContentStore store(root / "blobs");
    RT_TRY(make_directories(store.root_ / "sha256"));
    RT_TRY(make_directories(store.root_ / "ingest"));
    return store;
}

Path ContentStore::blob_path(std::string_view digest) const {
    return root_ / "sha256" / hex_of(digest);
}

bool ContentStore::has(std::string_view digest) const {
    return is_digest(digest) && ::access(blob_path(digest).c_str(), F_OK) == 0;
}

Result<std::string> ContentStore::read(std::string_view digest, std::size_t limit) const {
    return read_file(blob_path(digest), limit);
}

Result<void> ContentStore::remove(std::string_view digest) const {
    if (::unlink(blob_path(digest).c_str()) != 0 && errno != ENOENT)
        return fail_errno(errno, "remove the blob '", blob_path(digest).native(), "'");
    return {};
}

Result<std::vector<std::string>> ContentStore::list() const {
    std::vector<std::string> digests;
    std::error_code problem;
    std::filesystem::directory_iterator entries(root_ / "sha256", problem);
    for (; !problem && entries != std::filesystem::directory_iterator(); entries.increment(problem))
        if (std::string digest = cat(kSha256, entries->path().filename().native()); is_digest(digest))
            digests.push_back(std::move(digest));
    if (problem) return fail_errno(problem.value(), "read the directory '", (root_ / "sha256").native(), "'");
    return digests;
}

Path ContentStore::part_path(std::string_view digest) const {
    return root_ / "ingest" / cat(hex_of(digest), ".part");
}

Path ContentStore::scratch_path() const {
    return root_ / "ingest" / cat(random_hex(16), ".tmp");
}

Result<void> ContentStore::adopt(const Path& file, std::string_view digest) const {
    if (::rename(file.c_str(), blob_path(digest).c_str()) != 0)
        return fail_errno(errno, "move '", file.native(), "' to '", blob_path(digest).native(), "'");
    return {};
}

Result<LockFile> ContentStore::lock(std::string_view name, const Patience& patience) const {
    const std::string_view plain = name.starts_with(kSha256) ? hex_of(name) : name;
    return LockFile::acquire(root_ / "ingest" / cat(plain, ".lock"), patience);
}

void ContentStore::clean_ingest() const {
    std::error_code problem;
    std::filesystem::directory_iterator entries(root_ / "ingest", problem);
    for (; !problem && entries != std::filesystem::directory_iterator(); entries.increment(problem)) {
        const Path& file = entries->path();
        if (file.extension() != ".part" || is_older(file, kKeepPartsNs)) ::unlink(file.c_str());
    }
}

} // namespace rt
