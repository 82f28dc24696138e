// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/refused_options.hpp"

namespace rt::cli {

void add_refused(options::options_description& description, std::span<const RefusedOption> refused) {
    for (const RefusedOption& option : refused) {
        const std::string text = cat("refused: ", option.why);
        if (*option.value == '\0')
            description.add_options()(option.name, text.c_str());
        else // given twice, it is refused as well
            description.add_options()(option.name,
                                      options::value<Arguments>()->composing()->value_name(option.value),
                                      text.c_str());
    }
}

Result<void> refuse(const Command& command, const Parsed& parsed, std::span<const RefusedOption> refused) {
    for (const RefusedOption& option : refused) {
        const std::string_view words = option.name;
        const std::string name(words.substr(0, words.find(',')));
        if (parsed.has(name))
            return fail(Code::unsupported, command.name, ": --", name, " is not supported: ", option.why);
    }
    return {};
}

} // namespace rt::cli
