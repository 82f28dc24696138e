// SPDX-License-Identifier: Apache-2.0
#include "core/config/trusted_path.hpp"
#include "core/image/image_module.hpp"

// std::filesystem in place of Boost.Filesystem, which would be one more library to load.
#define BOOST_DLL_USE_STD_FS
#include <boost/dll/shared_library.hpp>

#include <dlfcn.h>

#include <mutex>
#include <system_error>

namespace rt {
namespace {

constexpr const char* kFile = "lib/rt/modules/rt-image.so";
constexpr const char* kSymbol = "rt_image_module_v1";

Result<ImageModule*> load(const Path& file) {
    RT_TRY(check_trusted_file(file, "module"));
    namespace mode = boost::dll::load_mode;
    constexpr auto kMode = mode::rtld_now | mode::rtld_local | static_cast<mode::type>(RTLD_NODELETE);
    boost::dll::shared_library library;
    std::error_code problem;
    library.load(file, problem, kMode);
    if (problem) {
        const char* const said = ::dlerror(); // NOLINT(concurrency-mt-unsafe): per thread in glibc
        return fail(Code::failed_precondition, "cannot load the image module '", file.native(),
                    "': ", said == nullptr ? "the dynamic linker gave no reason" : said,
                    ": install the libraries that 'ldd ", file.native(), "' shows as missing");
    }
    if (!library.has(kSymbol))
        return fail(Code::failed_precondition, "the image module '", file.native(), "' has no '", kSymbol,
                    "': it belongs to another version of rt, install both from one build");
    return library.get<decltype(rt_image_module_v1)>(kSymbol)();
}

} // namespace

Result<ImageModule*> load_image_module() {
    static std::mutex mutex;
    static ImageModule* loaded = nullptr;
    const std::lock_guard lock(mutex);
    if (loaded == nullptr) {
        RT_TRY_ASSIGN(loaded, load(install_prefix() / kFile));
    }
    return loaded;
}

} // namespace rt
