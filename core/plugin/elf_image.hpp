// SPDX-License-Identifier: Apache-2.0
// A shared object of this machine's kind, mapped read-only, with every access checked against its size: the
// file is input, not to be believed. Owns the mapping. One thread at a time.
#pragma once

#include "core/base/error.hpp"
#include "core/base/file.hpp"

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace rt {

class ElfImage {
public:
    // invalid_argument: not a 64-bit shared object for this machine, or cut short.
    static Result<ElfImage> open(const Path& file);

    ElfImage(ElfImage&& other) noexcept;
    ElfImage& operator=(ElfImage&&) = delete;
    ElfImage(const ElfImage&) = delete;
    ElfImage& operator=(const ElfImage&) = delete;
    ~ElfImage();

    struct Symbol {
        std::string name;
        std::uint64_t address;
        std::uint64_t size;
    };
    [[nodiscard]] std::vector<Symbol> exports() const;
    [[nodiscard]] std::vector<std::string> needed() const;

    // count pointers from address on, as they will be once the object is loaded, relative to its base; 0 for
    // null. Empty: address is not in the file, or a pointer leads to another object.
    [[nodiscard]] std::optional<std::vector<std::uint64_t>> pointers(std::uint64_t address,
                                                                     std::size_t count) const;
    // The NUL-terminated text at an address; empty: there is none.
    [[nodiscard]] std::optional<std::string> text(std::uint64_t address) const;

private:
    explicit ElfImage(std::span<const std::byte> bytes) : bytes_(bytes) {}

    bool read_tables();
    [[nodiscard]] std::optional<std::uint64_t> offset_of(std::uint64_t address) const;
    [[nodiscard]] std::string string_at(const Elf64_Shdr& strings, std::uint64_t offset) const;
    void relocate(const Elf64_Shdr& section, std::uint64_t address, std::vector<std::uint64_t>& values,
                  bool& foreign) const;

    // A copy, so that alignment does not matter.
    template <class T>
    [[nodiscard]] std::optional<T> read(std::uint64_t offset) const {
        if (offset > bytes_.size() || bytes_.size() - offset < sizeof(T)) return std::nullopt;
        T value;
        std::memcpy(&value, bytes_.data() + offset, sizeof value);
        return value;
    }

    template <class T>
    [[nodiscard]] std::vector<T> entries(const Elf64_Shdr& section) const;

    std::span<const std::byte> bytes_;
    std::vector<Elf64_Phdr> segments_;
    std::vector<Elf64_Shdr> sections_;
};

} // namespace rt
