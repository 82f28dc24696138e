// SPDX-License-Identifier: Apache-2.0
#include "core/image/module/credentials.hpp"

#include "core/base/base64.hpp"
#include "core/base/json.hpp"

#include <nlohmann/json.hpp>

#include <cctype>
#include <cstdlib>

namespace rt::image {
namespace {

// "https://index.docker.io/v1/" stands for "index.docker.io".
std::string_view host_of_key(std::string_view key) {
    if (const auto scheme = key.find("://"); scheme != std::string::npos) key.remove_prefix(scheme + 3);
    return key.substr(0, key.find('/'));
}

std::string text_of(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

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

std::string Credentials::basic() const {
    return cat("Basic ", base64(cat(user, ":", password)));
}

Result<Credentials> read_credentials(const Path& file, const std::string& host) {
    auto text = read_file(file, 1U << 20U);
    if (!text && text.error().code == Code::not_found) return Credentials{};
    if (!text) return std::unexpected(std::move(text).error());
    RT_TRY_ASSIGN(const Json config, parse_json(*text, cat("'", file.native(), "'")));
    const auto auths = config.is_object() ? config.find("auths") : config.end();
    if (!config.is_object() || auths == config.end() || !auths->is_object()) return Credentials{};
    // Docker's own registry goes by another name there.
    const std::string wanted = host == "docker.io" ? "index.docker.io" : host;
    for (const auto& [key, value] : auths->items()) {
        if (host_of_key(key) != wanted || !value.is_object()) continue;
        Credentials credentials{text_of(value, "username"), text_of(value, "password"),
                                text_of(value, "identitytoken")};
        const std::string pair = from_base64(text_of(value, "auth")).value_or("");
        if (const auto colon = pair.find(':'); colon != std::string::npos) {
            credentials.user = pair.substr(0, colon);
            credentials.password = pair.substr(colon + 1);
        }
        return credentials;
    }
    return Credentials{};
}

Result<Credentials> find_credentials(const std::string& host) {
    const char* const directory = std::getenv("DOCKER_CONFIG");
    if (directory != nullptr && *directory != '\0')
        return read_credentials(Path(directory) / "config.json", host);
    const char* const home = std::getenv("HOME");
    if (home == nullptr || *home == '\0') return Credentials{};
    return read_credentials(Path(home) / ".docker" / "config.json", host);
}

std::vector<Challenge> parse_challenges(std::string_view text) {
    return ChallengeParser(text).parse();
}

} // namespace rt::image
