// SPDX-License-Identifier: Apache-2.0
// Names of images as docker users write them, taken apart and made whole: "debian" stands for
// "docker.io/library/debian:latest". Plain values; any thread.
#pragma once

#include "core/base/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace rt {

struct Reference {
    std::string host;   // "docker.io", "localhost:5000"
    std::string path;   // "library/debian"
    std::string tag;    // "latest"; empty where only a digest was given
    std::string digest; // "sha256:..."; empty where none was given

    [[nodiscard]] std::string repository() const { return host + "/" + path; }
    // What stands in the table of names: host/path@digest where there is a digest, else host/path:tag.
    [[nodiscard]] std::string name() const;
};

// [HOST[:PORT]/]PATH[:TAG][@DIGEST]; invalid_argument says what is wrong with it. Without tag and digest the
// tag is "latest". HOST is one when it has a dot or a colon, or is "localhost".
Result<Reference> parse_reference(std::string_view text);

// Whether text says which one of its repository it means, by a tag or a digest.
bool has_tag_or_digest(std::string_view text);

// What a new image is called where a user says text; {}: he says nothing. invalid_argument also for a digest,
// which nobody can choose.
Result<std::vector<std::string>> names_to_give(std::string_view text);

// Whether text is "sha256:" and 64 hexadecimal digits (lower case).
bool is_digest(std::string_view text);

// What people write: "docker.io/library/debian:12" is shown as "debian:12".
std::string familiar_name(std::string_view name);

} // namespace rt
