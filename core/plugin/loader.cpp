// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/loader.hpp"

#include "core/config/trusted_path.hpp"
#include "core/plugin/elf_image.hpp"
#include "core/plugin/entry_check.hpp"
#include "core/plugin/plugin_file.hpp"

// std::filesystem in place of Boost.Filesystem, which would be one more library to load.
#define BOOST_DLL_USE_STD_FS
#include <boost/dll/shared_library.hpp>

#include <dlfcn.h>

#include <string_view>
#include <system_error>

namespace rt {
namespace {

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
    return fail(Code::failed_precondition, tried, reason);
}

} // namespace

Result<const rtp_entry*> load_plugin(const Path& file) {
    RT_TRY(check_trusted_file(file, "plugin"));
    RT_TRY(ElfImage::open(file)); // whole? The dynamic linker does not ask that
    return load_checked_plugin(file);
}

Result<const rtp_entry*> load_checked_plugin(const Path& file) {
    namespace mode = boost::dll::load_mode;
    // Never unloaded: a driver's code may be in use until the process ends.
    constexpr auto kMode = mode::rtld_now | mode::rtld_local | static_cast<mode::type>(RTLD_NODELETE);
    boost::dll::shared_library library;
    std::error_code problem;
    library.load(file, problem, kMode);
    if (problem) return load_failure(file, ::dlerror()); // NOLINT(concurrency-mt-unsafe): per thread in glibc
    if (!library.has(RTP_ENTRY_SYMBOL)) {
        RT_TRY_ASSIGN(const auto exports, exported_symbols(file));
        return no_entry(file, exports);
    }
    const rtp_entry& entry = library.get<const rtp_entry>(RTP_ENTRY_SYMBOL);
    RT_TRY(check_entry_texts(entry, file));
    if (entry.create == nullptr)
        return fail(Code::invalid_argument, "plugin '", file.native(),
                    "' is defective: 'create' in " RTP_ENTRY_SYMBOL
                    " is null; get a corrected version from its author");
    return &entry;
}

} // namespace rt
