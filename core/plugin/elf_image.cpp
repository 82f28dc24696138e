// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/elf_image.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <bit>
#include <utility>

namespace rt {
namespace {

#if defined(__x86_64__)
constexpr std::uint16_t kMachine = EM_X86_64;
constexpr std::uint32_t kRelative = R_X86_64_RELATIVE;
#elif defined(__aarch64__)
constexpr std::uint16_t kMachine = EM_AARCH64;
constexpr std::uint32_t kRelative = R_AARCH64_RELATIVE;
#else
#error "name this machine's ELF number and its relative relocation here"
#endif
constexpr std::uint8_t kByteOrder = std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
constexpr std::uint64_t kSizeLimit = 1U << 30U;

} // namespace

Result<ElfImage> ElfImage::open(const Path& file) {
    RT_TRY_ASSIGN(const UniqueFd fd, open_file(file, O_RDONLY));
    struct stat status{};
    if (::fstat(fd.get(), &status) != 0) return fail_errno(errno, "look at '", file.native(), "'");
    const auto size = static_cast<std::uint64_t>(status.st_size);
    const auto not_an_object = [&] {
        return fail(Code::invalid_argument, "'", file.native(),
                    "' is not a shared object for this machine, or only a part of one");
    };
    if (size < sizeof(Elf64_Ehdr) || size > kSizeLimit) return not_an_object();
    void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
    if (mapped == MAP_FAILED) return fail_errno(errno, "map '", file.native(), "'");
    ElfImage image({static_cast<const std::byte*>(mapped), size});
    if (!image.read_tables()) return not_an_object();
    return image;
}

ElfImage::ElfImage(ElfImage&& other) noexcept
    : bytes_(std::exchange(other.bytes_, {})), segments_(std::move(other.segments_)),
      sections_(std::move(other.sections_)) {}

ElfImage::~ElfImage() {
    // munmap(2) has no const.
    if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size()); // NOLINT
}

bool ElfImage::read_tables() {
    const auto header = read<Elf64_Ehdr>(0);
    if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
        header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != kByteOrder ||
        header->e_machine != kMachine || header->e_type != ET_DYN || header->e_shnum == 0 ||
        header->e_phentsize != sizeof(Elf64_Phdr) || header->e_shentsize != sizeof(Elf64_Shdr))
        return false;
    for (std::uint64_t i = 0; i < header->e_phnum; ++i) {
        const auto segment = read<Elf64_Phdr>(header->e_phoff + i * sizeof(Elf64_Phdr));
        if (!segment) return false;
        // The dynamic linker maps what is not there, and a process that touches it dies of SIGBUS.
        if (segment->p_type == PT_LOAD &&
            (segment->p_offset > bytes_.size() || segment->p_filesz > bytes_.size() - segment->p_offset))
            return false;
        segments_.push_back(*segment);
    }
    for (std::uint64_t i = 0; i < header->e_shnum; ++i) {
        const auto section = read<Elf64_Shdr>(header->e_shoff + i * sizeof(Elf64_Shdr));
        if (!section) return false;
        sections_.push_back(*section);
    }
    return true;
}

template <class T>
std::vector<T> ElfImage::entries(const Elf64_Shdr& section) const {
    std::vector<T> all;
    for (std::uint64_t at = 0; section.sh_size - at >= sizeof(T) && at < section.sh_size; at += sizeof(T)) {
        const auto entry = read<T>(section.sh_offset + at);
        if (!entry) break;
        all.push_back(*entry);
    }
    return all;
}

std::optional<std::uint64_t> ElfImage::offset_of(std::uint64_t address) const {
    for (const Elf64_Phdr& segment : segments_)
        if (segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
            address - segment.p_vaddr < segment.p_filesz)
            return segment.p_offset + (address - segment.p_vaddr);
    return std::nullopt;
}

std::string ElfImage::string_at(const Elf64_Shdr& strings, std::uint64_t offset) const {
    const std::uint64_t start = strings.sh_offset + offset;
    if (offset >= strings.sh_size || start < offset || start >= bytes_.size()) return {};
    const auto rest = bytes_.subspan(start);
    const auto end = std::ranges::find(rest, std::byte{0});
    return {reinterpret_cast<const char*>(rest.data()),
            static_cast<std::size_t>(end - rest.begin())}; // NOLINT
}

std::vector<ElfImage::Symbol> ElfImage::exports() const {
    std::vector<Symbol> found;
    for (const Elf64_Shdr& section : sections_) {
        if (section.sh_type != SHT_DYNSYM || section.sh_link >= sections_.size()) continue;
        for (const auto& symbol : entries<Elf64_Sym>(section)) {
            const bool is_shared = ELF64_ST_BIND(symbol.st_info) != STB_LOCAL &&
                                   ELF64_ST_VISIBILITY(symbol.st_other) == STV_DEFAULT;
            if (symbol.st_shndx == SHN_UNDEF || symbol.st_shndx == SHN_ABS || !is_shared) continue;
            found.push_back(
                {string_at(sections_[section.sh_link], symbol.st_name), symbol.st_value, symbol.st_size});
        }
    }
    return found;
}

std::vector<std::string> ElfImage::needed() const {
    std::vector<std::string> found;
    for (const Elf64_Shdr& section : sections_) {
        if (section.sh_type != SHT_DYNAMIC || section.sh_link >= sections_.size()) continue;
        for (const auto& entry : entries<Elf64_Dyn>(section))
            if (entry.d_tag == DT_NEEDED)
                found.push_back(string_at(sections_[section.sh_link], entry.d_un.d_val));
    }
    return found;
}

void ElfImage::relocate(const Elf64_Shdr& section, std::uint64_t address, std::vector<std::uint64_t>& values,
                        bool& foreign) const {
    // In place: a plugin in C++ has thousands of them.
    for (std::uint64_t at = 0; at < section.sh_size; at += sizeof(Elf64_Rela)) {
        const auto read_entry = read<Elf64_Rela>(section.sh_offset + at);
        if (!read_entry) break;
        const Elf64_Rela& entry = *read_entry;
        const std::uint64_t distance = entry.r_offset - address;
        const std::uint64_t index = distance / sizeof(std::uint64_t);
        if (entry.r_offset < address || index >= values.size()) continue;
        if (ELF64_R_TYPE(entry.r_info) == kRelative)
            values[index] = static_cast<std::uint64_t>(entry.r_addend);
        else
            foreign = true;
    }
}

std::optional<std::vector<std::uint64_t>> ElfImage::pointers(std::uint64_t address, std::size_t count) const {
    const auto offset = offset_of(address);
    if (!offset) return std::nullopt;
    std::vector<std::uint64_t> values;
    for (std::size_t i = 0; i < count; ++i) {
        // What stands in the file counts where relative relocations are packed (DT_RELR).
        const auto value = read<std::uint64_t>(*offset + i * sizeof(std::uint64_t));
        if (!value) return std::nullopt;
        values.push_back(*value);
    }
    bool foreign = false;
    for (const Elf64_Shdr& section : sections_)
        if (section.sh_type == SHT_RELA) relocate(section, address, values, foreign);
    if (foreign) return std::nullopt;
    return values;
}

std::optional<std::string> ElfImage::text(std::uint64_t address) const {
    const auto offset = offset_of(address);
    if (!offset || *offset >= bytes_.size()) return std::nullopt;
    const auto rest = bytes_.subspan(*offset);
    const auto end = std::ranges::find(rest, std::byte{0});
    if (end == rest.end()) return std::nullopt;
    return std::string(
        reinterpret_cast<const char*>(rest.data()), // NOLINT(*-reinterpret-cast): bytes of text
        static_cast<std::size_t>(end - rest.begin()));
}

} // namespace rt
