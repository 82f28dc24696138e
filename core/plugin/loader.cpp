// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/loader.hpp"

#include "core/config/trusted_path.hpp"

// std::filesystem in place of Boost.Filesystem, which would be one more library to load.
#define BOOST_DLL_USE_STD_FS
#include <boost/dll/shared_library.hpp>

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <system_error>

namespace rt {
namespace {

constexpr std::size_t kIdLimit = 32;

bool is_plugin_id(std::string_view id) {
    const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
    return !id.empty() && id.size() <= kIdLimit && is_letter(id.front()) &&
           std::ranges::all_of(id,
                               [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-'; });
}

// What dlopen(3) said, with the cause and the remedy in our words where we know them.
std::unexpected<Error> load_failure(const Path& file, const char* said) {
    const std::string reason = said == nullptr ? "the dynamic linker gave no reason" : said;
    const std::string tried = cat("cannot load plugin '", file.native(), "': ");
    constexpr std::string_view kMissing = ": cannot open shared object file";
    if (const auto at = reason.find(kMissing); at != std::string::npos && !reason.starts_with(file.native()))
        return fail(Code::failed_precondition, tried, "it needs the library '", reason.substr(0, at),
                    "', which is not on this host; install the package that has it ('ldd ", file.native(),
                    "' lists everything that is missing)");
    if (reason.contains("undefined symbol"))
        return fail(Code::failed_precondition, tried, reason,
                    "; it was built against another version of a library, or not linked with all it needs: "
                    "build it again with rt_add_plugin()");
    if (reason.contains("invalid ELF header") || reason.contains("file too short") ||
        reason.contains("wrong ELF class"))
        return fail(Code::invalid_argument, tried, "it is no shared object for this machine (", reason, ")");
    return fail(Code::failed_precondition, tried, reason);
}

// Entries of other ABI versions, to tell "not a plugin" from "a plugin for another rt".
std::unexpected<Error> no_entry(const Path& file, const boost::dll::shared_library& library) {
    constexpr std::array kOthers{"rtp_entry_v2", "rtp_entry_v3", "rtp_entry_v4"};
    for (const char* other : kOthers)
        if (library.has(other))
            return fail(Code::unsupported, "plugin '", file.native(),
                        "' is for a newer plugin ABI (it exports '", other,
                        "'), and this rt knows '" RTP_ENTRY_SYMBOL
                        "'; update rt, or build the plugin against this version's SDK");
    return fail(Code::invalid_argument, "'", file.native(),
                "' is not a plugin: it does not export '" RTP_ENTRY_SYMBOL
                "'; build it with rt_add_plugin() and one RT_..._PLUGIN() line");
}

Result<void> check_entry(const rtp_entry& entry, const Path& file) {
    const auto wrong = [&](const auto&... pieces) {
        return fail(Code::invalid_argument, "plugin '", file.native(), "' is defective: ", pieces...);
    };
    const std::array<std::pair<const char*, const char*>, 7> texts{{{"id", entry.id},
                                                                    {"version", entry.version},
                                                                    {"kind", entry.kind},
                                                                    {"sdk_version", entry.sdk_version},
                                                                    {"description", entry.description},
                                                                    {"license", entry.license},
                                                                    {"config_schema", entry.config_schema}}};
    for (const auto& [name, text] : texts)
        if (text == nullptr) return wrong("'", name, "' in " RTP_ENTRY_SYMBOL " is null");
    if (entry.create == nullptr) return wrong("'create' in " RTP_ENTRY_SYMBOL " is null");
    if (!is_plugin_id(entry.id))
        return wrong("its id '", entry.id, "' is not 1 to ", kIdLimit,
                     " small letters, digits and '-', the first a letter");
    if (file.stem() != entry.id)
        return wrong("its id is '", entry.id, "', so its file must be called '", entry.id, ".so'");
    const std::string_view kind = entry.kind;
    if (kind != RTP_KIND_STORAGE && kind != RTP_KIND_NETWORK && kind != RTP_KIND_ISOLATION)
        return wrong("its kind '", kind, "' is none of 'storage', 'network' and 'isolation'");
    return {};
}

} // namespace

Result<const rtp_entry*> load_plugin(const Path& file) {
    RT_TRY(check_trusted_file(file, "plugin"));
    namespace mode = boost::dll::load_mode;
    // Never unloaded: a driver's code may be in use until the process ends.
    constexpr auto kMode = mode::rtld_now | mode::rtld_local | static_cast<mode::type>(RTLD_NODELETE);
    boost::dll::shared_library library;
    std::error_code problem;
    library.load(file, problem, kMode);
    if (problem) return load_failure(file, ::dlerror()); // NOLINT(concurrency-mt-unsafe): per thread in glibc
    if (!library.has(RTP_ENTRY_SYMBOL)) return no_entry(file, library);
    const rtp_entry& entry = library.get<const rtp_entry>(RTP_ENTRY_SYMBOL);
    RT_TRY(check_entry(entry, file));
    return &entry;
}

} // namespace rt
