// SPDX-License-Identifier: Apache-2.0
// Dependencies point one way: tools -> core -> sdk, plugins -> sdk only, sdk -> nothing; and core names no
// driver. This reads the include lines of the source tree and says where that is broken.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <regex>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

struct Include {
    std::string file; // relative to the source tree
    std::size_t line;
    std::string target;
    bool is_quoted;
};

std::vector<fs::path> sources(const std::string& folder) {
    std::vector<fs::path> files;
    const fs::path root = fs::path(RT_SOURCE_DIR) / folder;
    if (!fs::exists(root)) return files;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
        const auto extension = entry.path().extension();
        if (extension == ".cpp" || extension == ".hpp" || extension == ".h" || extension == ".c")
            files.push_back(entry.path());
    }
    std::ranges::sort(files);
    return files;
}

std::vector<Include> includes_of(const std::string& folder) {
    static const std::regex kInclude(R"rx(^\s*#\s*include\s*([<"])([^>"]+)[>"].*)rx");
    std::vector<Include> found;
    for (const auto& file : sources(folder)) {
        std::ifstream in(file);
        std::string text;
        for (std::size_t line = 1; std::getline(in, text); ++line)
            if (std::smatch match; std::regex_match(text, match, kInclude))
                found.push_back({fs::relative(file, RT_SOURCE_DIR), line, match[2], match[1] == "\""});
    }
    return found;
}

bool begins_with_any(const std::string& text, const std::vector<std::string>& beginnings) {
    return std::ranges::any_of(beginnings,
                               [&](const auto& beginning) { return text.starts_with(beginning); });
}

void expect_all(const std::string& folder, const std::string& rule,
                const std::function<bool(const Include&)>& is_allowed) {
    const auto includes = includes_of(folder);
    EXPECT_FALSE(includes.empty()) << folder;
    for (const Include& include : includes)
        EXPECT_TRUE(is_allowed(include))
            << include.file << ":" << include.line << " includes '" << include.target << "'; " << rule;
}

// The folder of a file, and the file that a quoted include in it names, if that is there.
bool is_below(const fs::path& file, const fs::path& folder) {
    return file.lexically_normal().native().starts_with((fs::path(RT_SOURCE_DIR) / folder).native() + "/");
}

TEST(IncludeRules, TheCAbiNeedsNothingButTwoStandardHeaders) {
    expect_all("sdk/include", "sdk/include stands alone", [](const Include& include) {
        return begins_with_any(include.target, {"rtp/"}) || include.target == "stddef.h" ||
               include.target == "stdint.h";
    });
}

TEST(IncludeRules, TheSdkKnowsNeitherCoreNorPlugins) {
    expect_all("sdk/cpp", "the SDK includes itself and the system only", [](const Include& include) {
        return !include.is_quoted &&
               !begins_with_any(include.target, {"core/", "tools/", "plugins/", "boost/", "nlohmann/"});
    });
}

// "plugins/network/bridge/driver.cpp": the first 2 parts are its kind, the first 3 its own folder.
fs::path beginning_of(const std::string& file, int parts) {
    fs::path out;
    for (const auto& part : fs::path(file)) {
        if (parts-- == 0) break;
        out /= part;
    }
    return out;
}

// The shared library of each kind of drivers that has one, by what its includes begin with.
fs::path kind_that_shares(const std::string& target) {
    if (target.starts_with("rt/storage/")) return "plugins/storage";
    if (target.starts_with("rt/network/")) return "plugins/network";
    return {};
}

TEST(IncludeRules, PluginsSeeTheSdkTheirOwnFolderAndWhatTheirKindShares) {
    expect_all("plugins", "a plugin sees the SDK, its own folder and what its kind shares",
               [](const Include& include) {
                   if (begins_with_any(include.target, {"core/", "tools/", "plugins/"})) return false;
                   if (const fs::path kind = kind_that_shares(include.target); !kind.empty())
                       return beginning_of(include.file, 2) == kind;
                   if (!include.is_quoted) return true;
                   const fs::path named =
                       (fs::path(RT_SOURCE_DIR) / include.file).parent_path() / include.target;
                   return fs::exists(named) && is_below(named, beginning_of(include.file, 3));
               });
}

// Sources can be shared without an include: by naming them in the list of another driver.
TEST(IncludeRules, APluginIsBuiltOfItsOwnFolder) {
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(RT_SOURCE_DIR) / "plugins")) {
        if (entry.path().filename() != "CMakeLists.txt") continue;
        std::ifstream in(entry.path());
        const std::string text{std::istreambuf_iterator<char>(in), {}};
        EXPECT_EQ(text.find("../"), std::string::npos) << entry.path() << " reaches out of its folder";
    }
}

TEST(IncludeRules, CoreSeesItselfAndTheSdk) {
    expect_all("core", "core includes core and the SDK, never tools or plugins", [](const Include& include) {
        if (include.is_quoted) return include.target.starts_with("core/");
        return !begins_with_any(include.target,
                                {"core/", "tools/", "plugins/", "rt/storage/", "rt/network/"});
    });
}

TEST(IncludeRules, ToolsSeeNoPlugin) {
    expect_all("tools", "tools work through core", [](const Include& include) {
        return !begins_with_any(include.target, {"plugins/", "../../plugins", "rt/storage/", "rt/network/"});
    });
}

// A driver is chosen by the wiring. Where core compares a driver's name, a plugin of somebody else cannot do
// the same. ("host", "none" and "namespaces" are words of other vocabularies as well.)
TEST(IncludeRules, CoreNamesNoDriver) {
    for (const auto& file : sources("core")) {
        const std::string name = fs::relative(file, RT_SOURCE_DIR);
        if (name == "core/config/wiring.cpp") continue; // the built-in default wiring
        std::ifstream in(file);
        std::string text;
        for (std::size_t line = 1; std::getline(in, text); ++line) {
            if (text.find_first_not_of(' ') == text.find("//")) continue;
            for (const char* driver : {"\"overlayfs\"", "\"vfs\"", "\"bridge\""})
                EXPECT_EQ(text.find(driver), std::string::npos)
                    << name << ":" << line << " names the driver " << driver;
        }
    }
}

} // namespace
