// SPDX-License-Identifier: Apache-2.0
#include "image_files.hpp"

#include "support/rtctl.hpp"

#include <stdexcept>

namespace rt::test {
namespace {

std::string output_of(const std::vector<std::string>& command) {
    const Outcome outcome = run_program(command);
    if (outcome.exit_code != 0) throw std::runtime_error(command.front() + ": " + outcome.err);
    return outcome.out;
}

} // namespace

void write_image_files(const std::filesystem::path& directory) {
    constexpr std::size_t kDigits = 64;
    write_file(directory / "hello", "hello\n");
    output_of({"tar", "-C", directory, "-cf", directory / "tiny.tar", "hello"});
    const std::string digest = output_of({"sha256sum", directory / "tiny.tar"}).substr(0, kDigits);
    write_file(directory / "config.json.tiny", R"({"architecture": "amd64", "os": "linux", "config": {},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:)" +
                                                   digest + "\"]}}");
    write_file(directory / "manifest.json",
               R"([{"Config": "config.json.tiny", "RepoTags": ["tiny:latest"], "Layers": ["tiny.tar"]}])");
    output_of({"tar", "-C", directory, "-cf", directory / "tiny-image.tar", "manifest.json",
               "config.json.tiny", "tiny.tar"});
}

} // namespace rt::test
