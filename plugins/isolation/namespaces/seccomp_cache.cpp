// SPDX-License-Identifier: Apache-2.0
#include "seccomp_cache.hpp"

#include <fcntl.h>

#include <cstdio>
#include <cstring>

namespace rt::namespaces {
namespace {

constexpr std::uint64_t kMagic = 0x3170636365737472; // "rtseccp1"
constexpr std::size_t kLargestFile = 8 << 20;

struct Header {
    std::uint64_t magic, check; // check: over everything behind the header, and the flags
    std::uint32_t source_size, instructions, flags, reserved;
};

// FNV-1a, 64 bits: against accidents, not against attackers, who cannot write here.
std::uint64_t hash(std::string_view text, std::uint64_t value = 0xcbf29ce484222325) {
    for (const char letter : text) value = (value ^ static_cast<unsigned char>(letter)) * 0x100000001b3;
    return value;
}

std::string_view bytes_of(const SeccompProgram& program) {
    return {reinterpret_cast<const char*>(program.instructions.data()),
            program.instructions.size() * sizeof(sock_filter)};
}

std::uint64_t checksum(std::string_view source, std::string_view code, std::uint32_t flags) {
    return hash(cat(flags), hash(code, hash(source)));
}

} // namespace

std::string SeccompCache::path_for(const std::string& source) const {
    char name[17];
    std::snprintf(name, sizeof name, "%016llx", static_cast<unsigned long long>(hash(source)));
    return cat(directory_, "/", name);
}

std::optional<SeccompProgram> SeccompCache::load(const std::string& source) const {
    const auto file = read_whole(AT_FDCWD, path_for(source).c_str(), kLargestFile);
    if (!file || file->size() < sizeof(Header)) return std::nullopt;
    Header header{};
    std::memcpy(&header, file->data(), sizeof header);
    const std::size_t code_size = std::size_t{header.instructions} * sizeof(sock_filter);
    if (header.magic != kMagic || header.instructions == 0 || header.instructions > BPF_MAXINSNS ||
        file->size() != sizeof header + header.source_size + code_size)
        return std::nullopt;
    const std::string_view stored = std::string_view(*file).substr(sizeof header, header.source_size);
    const std::string_view code = std::string_view(*file).substr(sizeof header + header.source_size);
    if (stored != source || header.check != checksum(stored, code, header.flags)) return std::nullopt;
    SeccompProgram program;
    program.flags = header.flags;
    program.instructions.resize(header.instructions);
    std::memcpy(program.instructions.data(), code.data(), code.size());
    return program;
}

Result<void> SeccompCache::store(const std::string& source, const SeccompProgram& program) const {
    if (::mkdir(directory_.c_str(), 0700) < 0 && errno != EEXIST)
        return fail_errno(errno, "make '", directory_, "'");
    const Header header{kMagic,
                        checksum(source, bytes_of(program), program.flags),
                        static_cast<std::uint32_t>(source.size()),
                        static_cast<std::uint32_t>(program.instructions.size()),
                        program.flags,
                        0};
    std::string content(reinterpret_cast<const char*>(&header), sizeof header);
    content += source;
    content += bytes_of(program);
    std::string temporary = directory_ + "/.new-XXXXXX";
    const UniqueFd fd(::mkostemp(temporary.data(), O_CLOEXEC));
    if (!fd) return fail_errno(errno, "make a file in '", directory_, "'");
    const bool written =
        ::write(fd.get(), content.data(), content.size()) == static_cast<ssize_t>(content.size());
    if (!written || ::rename(temporary.c_str(), path_for(source).c_str()) < 0) {
        const int number = errno;
        (void)::unlink(temporary.c_str()); // the first error is the one to tell
        return fail_errno(number, "write '", path_for(source), "'");
    }
    return {};
}

} // namespace rt::namespaces
