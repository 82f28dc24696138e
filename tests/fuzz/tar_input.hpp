// SPDX-License-Identifier: Apache-2.0
// A tar as the input of a fuzz target, and a place to unpack it: a directory "root" beside one that must not
// change ("outside"), in a file system in memory that no other process sees.
#pragma once

#include "fuzz/fuzz.hpp"

#include "core/image/module/byte_queue.hpp"
#include "core/image/module/tree_position.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <map>
#include <string>

namespace rt::fuzz {

// A checksum that fits in each header, as far as the sizes lead: what is mutated would be refused before
// anything looks at it otherwise.
inline std::string with_checksums(std::string tar) {
    for (std::size_t at = 0; at + 512 <= tar.size();) {
        char* const header = tar.data() + at;
        std::memset(header + 148, ' ', 8);
        unsigned sum = 0;
        for (std::size_t i = 0; i < 512; ++i) sum += static_cast<unsigned char>(header[i]);
        if (sum == 256) { // all zeros: an end mark
            std::memset(header + 148, 0, 8);
            at += 512;
            continue;
        }
        (void)std::snprintf(header + 148, 8, "%06o", sum);
        header[155] = ' ';
        const std::string size(header + 124, 11);
        at += 512 + (std::strtoul(size.c_str(), nullptr, 8) + 511) / 512 * 512;
    }
    return tar;
}

class TextSource final : public image::ByteSource {
public:
    explicit TextSource(std::string_view text) : text_(text) {}
    Result<std::string_view> next() override { return std::exchange(text_, {}); }

private:
    std::string_view text_;
};

// One for the whole process; it is root's and ends with the process.
class Place {
public:
    Place() {
        must(::unshare(CLONE_NEWNS) == 0 &&
                 ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                 ::mount("none", "/mnt", "tmpfs", MS_NODEV, "size=256m,nr_inodes=100k") == 0,
             "a file system of its own can be mounted (the target runs as root)");
        std::filesystem::create_directories("/mnt/outside/directory");
        std::filesystem::create_directories("/mnt/root");
        FILE* const file = std::fopen("/mnt/outside/file", "we");
        must(file != nullptr && std::fputs("untouched", file) >= 0 && std::fclose(file) == 0,
             "a file can be written");
        before_ = outside();
    }

    // An empty root, with links that lead out of it.
    int fresh_root() {
        if (root_) (void)image::remove_children(root_.get());
        root_.reset(::open("/mnt/root", O_PATH | O_DIRECTORY | O_CLOEXEC));
        UniqueFd readable(::open("/mnt/root", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        (void)image::remove_children(readable.get());
        for (const auto& [name, target] : {std::pair{"up", "../outside"},
                                           {"absolute", "/mnt/outside"},
                                           {"file", "../outside/file"},
                                           {"loop", "loop"}})
            must(::symlinkat(target, readable.get(), name) == 0, "the root is empty");
        (void)::mkdirat(readable.get(), "d", 0755);
        root_ = std::move(readable);
        return root_.get();
    }

    void check() const { must(outside() == before_, "what is outside of the root stays as it was"); }

private:
    static std::map<std::string, std::string> outside() {
        std::map<std::string, std::string> found;
        for (const char* top : {"/mnt", "/mnt/outside"})
            for (const auto& entry : std::filesystem::directory_iterator(top)) {
                struct stat status{};
                (void)::lstat(entry.path().c_str(), &status);
                std::string& text = found[entry.path().native()];
                if (entry.path() == "/mnt/root") continue;
                char line[128];
                (void)std::snprintf(line, sizeof line, "%o %u %u %ld %ld %lu", status.st_mode, status.st_uid,
                                    status.st_gid, static_cast<long>(status.st_size), status.st_mtim.tv_nsec,
                                    static_cast<unsigned long>(status.st_nlink));
                text = line;
            }
        return found;
    }

    UniqueFd root_;
    std::map<std::string, std::string> before_;
};

} // namespace rt::fuzz
