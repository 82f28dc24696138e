// SPDX-License-Identifier: Apache-2.0
// Users by an image's own files: "USER\0PASSWD\0GROUP".
#include "fuzz/fuzz.hpp"
#include "user_lookup.hpp"

using namespace rt::namespaces;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto [user, files] = rt::fuzz::split(rt::fuzz::text_of(data, size));
    const auto [passwd, group] = rt::fuzz::split(files);
    if (const auto found = resolve_user(user, passwd, group)) {
        rt::fuzz::must(found->uid != UINT32_MAX && found->gid != UINT32_MAX,
                       "no id is the one that changes nothing");
        rt::fuzz::must(found->groups.size() <= kMostGroups, "no more groups than the kernel takes");
    }
    (void)find_home(0, passwd);
    return 0;
}
