// SPDX-License-Identifier: Apache-2.0
#include "core/image/reference.hpp"

#include <algorithm>

namespace rt {
namespace {

constexpr std::string_view kDefaultHost = "docker.io";
constexpr std::string_view kOfficial = "library/";
constexpr std::size_t kNameLimit = 255; // of host/path, the distribution reference grammar
constexpr std::size_t kTagLimit = 128;
constexpr std::size_t kDigestHex = 64;

bool is_lower_alnum(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}
bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}
bool is_alnum(char c) {
    return is_lower_alnum(c) || is_upper(c);
}

// alnum+ joined by one of '.', '_', '__' or any number of '-'.
bool is_path_component(std::string_view text) {
    std::size_t at = 0;
    const auto word = [&] {
        const std::size_t start = at;
        while (at < text.size() && is_lower_alnum(text[at])) ++at;
        return at > start;
    };
    if (!word()) return false;
    while (at < text.size()) {
        const std::size_t start = at;
        const char joint = text[at];
        while (at < text.size() && text[at] == joint) ++at;
        const std::size_t length = at - start;
        const bool fits = (joint == '.' && length == 1) || (joint == '_' && length <= 2) || joint == '-';
        if (!fits || !word()) return false;
    }
    return true;
}

bool is_path(std::string_view text) {
    for (;;) {
        const auto slash = text.find('/');
        if (!is_path_component(text.substr(0, slash))) return false;
        if (slash == std::string::npos) return true;
        text.remove_prefix(slash + 1);
    }
}

bool is_tag(std::string_view text) {
    return !text.empty() && text.size() <= kTagLimit && (is_alnum(text[0]) || text[0] == '_') &&
           std::ranges::all_of(text, [](char c) { return is_alnum(c) || c == '_' || c == '.' || c == '-'; });
}

bool is_port(std::string_view text) {
    return !text.empty() && text.size() <= 5 &&
           std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_host(std::string_view text) {
    std::string_view name = text;
    if (text.starts_with('[')) { // an IPv6 address
        const auto end = text.find(']');
        if (end == std::string::npos || end < 2) return false;
        const auto inside = text.substr(1, end - 1);
        if (inside.find_first_not_of("0123456789abcdefABCDEF:") != std::string::npos) return false;
        const auto rest = text.substr(end + 1);
        return rest.empty() || (rest[0] == ':' && is_port(rest.substr(1)));
    }
    if (const auto colon = text.find(':'); colon != std::string::npos) {
        if (!is_port(text.substr(colon + 1))) return false;
        name = text.substr(0, colon);
    }
    if (name.empty() || name.front() == '.' || name.front() == '-' || name.back() == '.' ||
        name.back() == '-' || name.find("..") != std::string::npos)
        return false;
    return std::ranges::all_of(name, [](char c) { return is_alnum(c) || c == '.' || c == '-'; });
}

// The part before the first slash names a registry, not a user.
bool looks_like_host(std::string_view text) {
    return text == "localhost" || text.find_first_of(".:[") != std::string::npos ||
           std::ranges::any_of(text, is_upper);
}

std::unexpected<Error> invalid(std::string_view text, std::string_view why) {
    return fail(Code::invalid_argument, "image reference '", text, "': ", why,
                ": write it as [HOST[:PORT]/]PATH[:TAG][@sha256:DIGEST], the path in lower case");
}

} // namespace

bool is_digest(std::string_view text) {
    constexpr std::string_view kPrefix = "sha256:";
    if (!text.starts_with(kPrefix) || text.size() != kPrefix.size() + kDigestHex) return false;
    return std::ranges::all_of(text.substr(kPrefix.size()),
                               [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string Reference::name() const {
    return digest.empty() ? cat(host, "/", path, ":", tag) : cat(host, "/", path, "@", digest);
}

Result<Reference> parse_reference(std::string_view text) {
    Reference reference;
    std::string_view rest = text;
    if (const auto at = rest.find('@'); at != std::string::npos) {
        reference.digest = rest.substr(at + 1);
        if (!is_digest(reference.digest))
            return invalid(text, "what follows '@' is not sha256: and 64 lower case hexadecimal digits");
        rest = rest.substr(0, at);
    }
    if (const auto colon = rest.rfind(':');
        colon != std::string::npos && rest.find('/', colon) == std::string::npos) {
        reference.tag = rest.substr(colon + 1);
        if (!is_tag(reference.tag)) return invalid(text, cat("'", reference.tag, "' is not a tag"));
        rest = rest.substr(0, colon);
    } else if (reference.digest.empty()) {
        reference.tag = "latest";
    }
    reference.host = kDefaultHost;
    if (const auto slash = rest.find('/');
        slash != std::string::npos && looks_like_host(rest.substr(0, slash))) {
        reference.host = rest.substr(0, slash);
        if (!is_host(reference.host)) return invalid(text, cat("'", reference.host, "' is not a host"));
        rest = rest.substr(slash + 1);
    }
    if (reference.host == "index.docker.io") reference.host = kDefaultHost;
    if (!is_path(rest)) return invalid(text, cat("'", rest, "' is not the path of a repository"));
    reference.path = rest;
    if (reference.host == kDefaultHost && rest.find('/') == std::string::npos)
        reference.path = cat(kOfficial, rest);
    if (reference.host.size() + 1 + reference.path.size() > kNameLimit)
        return invalid(text, cat("longer than ", kNameLimit, " characters"));
    return reference;
}

std::string familiar_name(std::string_view name) {
    constexpr std::string_view kHub = "docker.io/";
    if (!name.starts_with(kHub)) return std::string(name);
    const auto path = name.substr(kHub.size());
    // What would be read as a host keeps the one it has.
    if (const auto slash = path.find('/');
        slash != std::string::npos && looks_like_host(path.substr(0, slash)))
        return std::string(name);
    name = path;
    // "library/a/b" is a path of its own: only the official images lose the word.
    if (name.starts_with(kOfficial) && name.find('/', kOfficial.size()) == std::string::npos)
        name.remove_prefix(kOfficial.size());
    return std::string(name);
}

Result<std::vector<std::string>> names_to_give(std::string_view text) {
    if (text.empty()) return {};
    RT_TRY_ASSIGN(const Reference reference, parse_reference(text));
    if (!reference.digest.empty())
        return fail(Code::invalid_argument, "'", text, "': a name with a digest cannot be given, only taken");
    return std::vector{reference.name()};
}

bool has_tag_or_digest(std::string_view text) {
    const auto slash = text.rfind('/');
    return text.find_first_of(":@", slash == std::string_view::npos ? 0 : slash) != std::string_view::npos;
}

} // namespace rt
