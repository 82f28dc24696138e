// SPDX-License-Identifier: Apache-2.0
// A directory of the test's own, removed with everything in it (also when the test fails).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace rt::test {

class TempDir {
public:
    TempDir();
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;
    ~TempDir();

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

void write_file(const std::filesystem::path& path, std::string_view text);
std::string read_file(const std::filesystem::path& path);

} // namespace rt::test
