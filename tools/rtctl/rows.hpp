// SPDX-License-Identifier: Apache-2.0
// Containers, images and volumes as docker's lists show them: what `ps`, `images`, `volume ls` and `system
// df` have in common. One thread.
#pragma once

#include "core/container/engine.hpp"
#include "core/container/listing.hpp"
#include "tools/rtctl/listing.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rt::cli {

enum class Ids { cut, whole }; // also: commands

inline constexpr std::string_view kNotCounted = "N/A";

std::string show_labels(const StringMap& labels); // "a=b,c=d"
// Fit for a terminal, and not longer than most; what is left out is shown as "…".
std::string shortened(const std::string& text, std::size_t most);
std::string show_age(std::int64_t time); // "2 hours ago"; time: ns

std::span<const ListingField> container_fields();
// keys: those that are asked for; empty: all. "Size" is "0B": nobody has counted.
Json container_row(const ContainerSummary& summary, Ids ids, std::span<const std::string_view> keys = {});

// A name of an image, or the image without one.
struct ImageRow {
    std::string repository, tag, digest; // "<none>": there is none
    std::string id;
    std::int64_t created = 0; // ns; 0: the image does not say
    std::int64_t size = 0;
};
std::span<const ListingField> image_fields();
Result<std::vector<ImageRow>> image_rows(Engine::State& state, const Image& image); // by name; one at least
bool is_dangling(const ImageRow& row);
std::string show_id(const std::string& image_id, Ids ids);
Json image_json_row(const ImageRow& row, Ids ids);

std::span<const ListingField> volume_fields();
// Those of docker that tell of swarms, and of what only `system df` counts, are N/A as they are there.
Json volume_row(const Volume& volume, const Path& data);

} // namespace rt::cli
