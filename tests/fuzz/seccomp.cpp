// SPDX-License-Identifier: Apache-2.0
// A seccomp profile in docker's form, what the core makes of it, and the filter that the driver compiles; and
// the same text as the driver's own input.
#include "core/container/seccomp_profile.hpp"
#include "fuzz/fuzz.hpp"
#include "seccomp_profile.hpp"

#include <nlohmann/json.hpp>

using namespace rt;

namespace {

void compile(std::string_view json) {
    const auto profile = namespaces::parse_seccomp(json);
    if (!profile) return;
    const auto program = namespaces::compile_seccomp(*profile);
    fuzz::must(!program || (!program->instructions.empty() && program->instructions.size() <= BPF_MAXINSNS),
               "the kernel takes what was compiled");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(fuzz::text_of(data, size));
    static const SeccompTarget kTarget{"amd64", "6.1.0-18-amd64", {"CAP_CHOWN", "CAP_SYS_ADMIN"}};
    if (const auto made = seccomp_for(text, kTarget))
        compile(made->dump(-1, ' ', false, Json::error_handler_t::replace));
    compile(text);
    return 0;
}
