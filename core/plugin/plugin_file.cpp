// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/plugin_file.hpp"

#include "core/config/trusted_path.hpp"
#include "core/plugin/elf_image.hpp"
#include "core/plugin/entry_check.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

namespace rt {
namespace {

constexpr std::size_t kTextCount = 7; // the texts that rtp_entry begins with
static_assert(offsetof(rtp_entry, id) == 0 && offsetof(rtp_entry, config_schema) == 6 * sizeof(char*));

std::vector<std::string> names_of(const std::vector<ElfImage::Symbol>& symbols) {
    std::vector<std::string> names;
    names.reserve(symbols.size());
    for (const auto& symbol : symbols) names.push_back(symbol.name);
    return names;
}

// As an rtp_entry whose texts are those of texts, for the checks that both ways of reading share.
rtp_entry view_of(const std::array<std::optional<std::string>, kTextCount>& texts) {
    const auto raw = [&](std::size_t i) { return texts[i] ? texts[i]->c_str() : nullptr; };
    return {raw(0), raw(1), raw(2), raw(3), raw(4), raw(5), raw(6), nullptr};
}

} // namespace

std::unexpected<Error> no_entry(const Path& file, const std::vector<std::string>& exports) {
    for (const std::string& name : exports)
        if (name.starts_with("rtp_entry_v"))
            return fail(Code::unsupported, "plugin '", file.native(),
                        "' was built for another version of the plugin ABI: it exports '", name,
                        "', and this rt takes '" RTP_ENTRY_SYMBOL
                        "'; install the plugin's version for this rt, or build it with this rt's SDK");
    return fail(Code::invalid_argument, "'", file.native(),
                "' is not a plugin: it does not export '" RTP_ENTRY_SYMBOL
                "'; build it with rt_add_plugin() and one RT_..._PLUGIN() line");
}

Result<std::vector<std::string>> exported_symbols(const Path& file) {
    RT_TRY_ASSIGN(const ElfImage image, ElfImage::open(file));
    return names_of(image.exports());
}

Result<PluginFile> read_plugin_file(const Path& file) {
    RT_TRY(check_trusted_file(file, "plugin"));
    RT_TRY_ASSIGN(const ElfImage image, ElfImage::open(file));
    const auto symbols = image.exports();
    const auto entry = std::ranges::find(symbols, RTP_ENTRY_SYMBOL, &ElfImage::Symbol::name);
    if (entry == symbols.end()) return no_entry(file, names_of(symbols));
    const auto pointers = image.pointers(entry->address, kTextCount);
    if (!pointers)
        return fail(Code::invalid_argument, "plugin '", file.native(),
                    "' is defective: " RTP_ENTRY_SYMBOL
                    " is not plain data; get a corrected version from its author");
    std::array<std::optional<std::string>, kTextCount> texts;
    for (std::size_t i = 0; i < kTextCount; ++i)
        if ((*pointers)[i] != 0) texts[i] = image.text((*pointers)[i]);
    RT_TRY(check_entry_texts(view_of(texts), file));
    return PluginFile{*texts[0], *texts[1], *texts[2],         *texts[3],     *texts[4],
                      *texts[5], *texts[6], names_of(symbols), image.needed()};
}

} // namespace rt
