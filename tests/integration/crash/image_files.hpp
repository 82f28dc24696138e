// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace rt::test {

// Into the directory: "tiny.tar", a root file system of one file, "hello"; and "tiny-image.tar", a
// docker-archive of the image "tiny" that has it.
void write_image_files(const std::filesystem::path& directory);

} // namespace rt::test
