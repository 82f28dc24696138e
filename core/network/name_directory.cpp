// SPDX-License-Identifier: Apache-2.0
#include "core/network/name_directory.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace rt {
namespace {

std::string without_length(const std::string& address) {
    return address.substr(0, address.find('/'));
}

std::string read_link(const Path& path) {
    std::array<char, 512> text{};
    const ssize_t size = ::readlink(path.c_str(), text.data(), text.size());
    return size <= 0 ? std::string() : std::string(text.data(), static_cast<std::size_t>(size));
}

Result<void> make_link(const std::string& text, const Path& path) {
    constexpr int kRounds = 100; // another endpoint that goes may take the directory with it
    for (int round = 0; round < kRounds; ++round) {
        RT_TRY(make_directories(path.parent_path()));
        if (::unlink(path.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR)
            return fail_errno(errno, "replace '", path.native(), "'");
        if (::symlink(text.c_str(), path.c_str()) == 0) return {};
        if (errno != ENOENT && errno != EEXIST) break;
    }
    return fail_errno(errno, "make '", path.native(), "'");
}

Result<void> remove_link(const Path& path) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR)
        return fail_errno(errno, "remove '", path.native(), "'");
    return {};
}

template <class Use>
Result<void> for_each_name(const EndpointNames& endpoint, const Use& use) {
    for (const std::string& name : endpoint.names)
        for (const std::string& form : {small_letters(name), small_letters(cat(name, ".", endpoint.network))})
            if (is_network_name(form)) RT_TRY(use(form));
    return {};
}

} // namespace

std::string small_letters(std::string name) {
    std::ranges::transform(name, name.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return name;
}

bool is_network_name(const std::string& name) {
    return !name.empty() && name.size() <= 253 && name.front() != '.' &&
           std::ranges::all_of(name, [](unsigned char c) {
               return (c < 128 && std::isalnum(c) != 0) || c == '-' || c == '_' || c == '.';
           });
}

Result<void> NameDirectory::publish(const EndpointNames& endpoint) {
    std::string all;
    for (const std::string& address : endpoint.addresses)
        all += cat(all.empty() ? "" : ",", without_length(address));
    if (all.empty()) return {};
    RT_TRY(for_each_name(endpoint, [&](const std::string& name) {
        return make_link(all, directory_ / "names" / name / endpoint.endpoint_id);
    }));
    for (const std::string& address : endpoint.addresses)
        RT_TRY(make_link(cat(endpoint.names.front(), ".", endpoint.network),
                         directory_ / "addresses" / without_length(address)));
    return {};
}

Result<void> NameDirectory::withdraw(const EndpointNames& endpoint) {
    const Result<void> gone = for_each_name(endpoint, [&](const std::string& name) {
        const Path directory = directory_ / "names" / name;
        Result<void> removed = remove_link(directory / endpoint.endpoint_id);
        (void)::rmdir(directory.c_str()); // others may have the name
        return removed;
    });
    RT_TRY(gone);
    for (const std::string& address : endpoint.addresses)
        RT_TRY(remove_link(directory_ / "addresses" / without_length(address)));
    return {};
}

NameDirectory::Addresses NameDirectory::find(const std::string& name) const {
    Addresses found;
    if (!is_network_name(name)) return found;
    std::error_code none; // also of each step: a shim must not end of an exception
    std::filesystem::directory_iterator entry(directory_ / "names" / name, none);
    for (; entry != std::filesystem::directory_iterator(); entry.increment(none)) {
        const std::string text = read_link(entry->path());
        if (text.empty()) continue; // it has just gone
        found.known = true;
        for (std::size_t at = 0; at <= text.size();) {
            const auto comma = std::min(text.find(',', at), text.size());
            found.texts.push_back(text.substr(at, comma - at));
            at = comma + 1;
        }
    }
    return found;
}

std::string NameDirectory::name_of(const std::string& address) const {
    if (address.empty() || address.find('/') != std::string::npos || address.front() == '.') return {};
    return read_link(directory_ / "addresses" / address);
}

} // namespace rt
