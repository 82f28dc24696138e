// SPDX-License-Identifier: Apache-2.0
#include "seccomp.hpp"

#include "seccomp_cache.hpp"
#include "seccomp_profile.hpp"

namespace rt::namespaces {
namespace {

constexpr std::string_view kCompilerVersion =
    "2"; // to be raised with every change of the compiler or the built-in profile

std::string library_version() {
    const scmp_version* version = ::seccomp_version();
    return cat(version->major, ".", version->minor, ".", version->micro);
}

} // namespace

SeccompSource::SeccompSource(const Config& config, const std::string& state_dir)
    : kind_(config.seccomp), json_(config.seccomp_json), directory_(state_dir + "/seccomp") {}

Result<SeccompProgram> SeccompSource::program(std::uint64_t bounding) const {
    if (kind_ == SeccompKind::none) return SeccompProgram{};
    const std::uint64_t capabilities = bounding & capabilities_of_default_profile();
    const std::string source =
        cat("rt seccomp ", kCompilerVersion, " libseccomp ", library_version(), " architecture ",
            ::seccomp_arch_native(), "\n",
            kind_ == SeccompKind::custom ? json_ : cat("built-in, capabilities ", capabilities));
    const SeccompCache cache(directory_);
    if (auto cached = cache.load(source)) return std::move(*cached);
    SeccompProfile profile;
    if (kind_ == SeccompKind::custom) {
        RT_TRY_ASSIGN(profile, parse_seccomp(json_));
    } else {
        profile = default_seccomp_profile(capabilities);
    }
    RT_TRY_ASSIGN(SeccompProgram program, compile_seccomp(profile));
    (void)cache.store(source, program); // a full disk costs the next start some time, nothing else
    return program;
}

} // namespace rt::namespaces
