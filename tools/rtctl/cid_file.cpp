// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/cid_file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace rt::cli {

Result<CidFile> CidFile::make(const std::string& path) {
    CidFile file;
    if (path.empty()) return file;
    auto fd = open_file(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0644);
    if (!fd && fd.error().code == Code::already_exists)
        return fail(Code::already_exists, "--cidfile '", path,
                    "': the file is there already: remove it, or choose another one");
    if (!fd) return in_context(std::move(fd).error(), "--cidfile");
    file.fd_ = std::move(*fd);
    file.path_ = path;
    return file;
}

CidFile::~CidFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
}

Result<void> CidFile::write(const std::string& id) {
    if (!fd_) return {};
    RT_TRY(write_all(fd_.get(), id, path_));
    path_.clear();
    return {};
}

} // namespace rt::cli
