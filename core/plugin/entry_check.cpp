// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/entry_check.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace rt {
namespace {

constexpr std::size_t kIdLimit = 32;

bool is_plugin_id(std::string_view id) {
    const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
    return !id.empty() && id.size() <= kIdLimit && is_letter(id.front()) &&
           std::ranges::all_of(id,
                               [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-'; });
}

template <class... Pieces>
std::unexpected<Error> defective(const Path& file, const Pieces&... pieces) {
    return fail(Code::invalid_argument, "plugin '", file.native(), "' is defective: ", pieces...,
                "; get a corrected version from its author");
}

} // namespace

Result<void> check_entry_texts(const rtp_entry& entry, const Path& file) {
    const std::array<std::pair<const char*, const char*>, 7> texts{{{"id", entry.id},
                                                                    {"version", entry.version},
                                                                    {"kind", entry.kind},
                                                                    {"sdk_version", entry.sdk_version},
                                                                    {"description", entry.description},
                                                                    {"license", entry.license},
                                                                    {"config_schema", entry.config_schema}}};
    for (const auto& [name, text] : texts)
        if (text == nullptr) return defective(file, "'", name, "' in " RTP_ENTRY_SYMBOL " is null");
    if (!is_plugin_id(entry.id))
        return defective(file, "its id '", entry.id, "' is not 1 to ", kIdLimit,
                         " small letters, digits and '-', the first a letter");
    if (file.stem() != entry.id)
        return fail(Code::invalid_argument, "plugin '", file.native(), "' has the id '", entry.id,
                    "', so its file must be called '", entry.id, ".so'; rename it");
    const std::string_view kind = entry.kind;
    if (kind != RTP_KIND_STORAGE && kind != RTP_KIND_NETWORK && kind != RTP_KIND_ISOLATION)
        return defective(file, "its kind '", kind, "' is none of 'storage', 'network' and 'isolation'");
    return {};
}

} // namespace rt
