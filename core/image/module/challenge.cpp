// SPDX-License-Identifier: Apache-2.0
#include "core/image/module/challenge.hpp"

#include <cctype>

namespace rt::image {
namespace {

class ChallengeParser {
public:
    explicit ChallengeParser(std::string_view text) : text_(text) {}

    std::vector<Challenge> parse() {
        std::vector<Challenge> challenges;
        for (;;) {
            skip(" \t,");
            const std::string name = token();
            if (name.empty()) return challenges;
            skip(" \t");
            if (!challenges.empty() && peek() == '=') {
                ++at_;
                skip(" \t");
                challenges.back().parameters[name] = peek() == '"' ? quoted() : token();
            } else {
                challenges.push_back({name, {}});
            }
        }
    }

private:
    [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    void skip(std::string_view characters) {
        while (at_ < text_.size() && characters.find(text_[at_]) != std::string::npos) ++at_;
    }
    std::string token() {
        std::string out;
        while (at_ < text_.size() && std::string_view(" \t,=\"").find(text_[at_]) == std::string_view::npos)
            out += static_cast<char>(std::tolower(static_cast<unsigned char>(text_[at_++])));
        return out;
    }
    std::string quoted() {
        std::string out;
        for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
            if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
            out += text_[at_];
        }
        ++at_;
        return out;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

} // namespace

std::vector<Challenge> parse_challenges(std::string_view text) {
    return ChallengeParser(text).parse();
}

} // namespace rt::image
