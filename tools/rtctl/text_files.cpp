// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/text_files.hpp"

#include "core/base/file.hpp"

#include <sstream>

namespace rt::cli {

Result<std::vector<std::string>> read_assignments(const std::string& file) {
    constexpr std::size_t kLargest = 4U << 20U;
    RT_TRY_ASSIGN(std::string text, read_file(file, kLargest));
    if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3); // a byte order mark
    std::vector<std::string> assignments;
    std::istringstream lines(text);
    int number = 0;
    for (std::string line; std::getline(lines, line);) {
        ++number;
        if (line.ends_with('\r')) line.pop_back();
        line.erase(0, std::min(line.find_first_not_of(" \t\v\f"), line.size()));
        if (line.empty() || line.front() == '#') continue;
        const std::string key = line.substr(0, line.find('='));
        if (key.empty())
            return fail(Code::invalid_argument, file, ":", number, ": there is no name before the '='");
        if (key.find_first_of(" \t\v\f") != std::string::npos)
            return fail(Code::invalid_argument, file, ":", number, ": the name '", key,
                        "' has a space in it");
        assignments.push_back(std::move(line));
    }
    return assignments;
}

} // namespace rt::cli
