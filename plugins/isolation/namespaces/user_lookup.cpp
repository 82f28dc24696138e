// SPDX-License-Identifier: Apache-2.0
#include "user_lookup.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace rt::namespaces {
namespace {

// uid_t's last value means "no change" to the kernel, so it is no id.
std::optional<std::uint32_t> to_id(std::string_view text) {
    std::uint32_t id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error != std::errc() || end != text.data() + text.size() || id == UINT32_MAX) return std::nullopt;
    return id;
}

// Calls each(fields) for every well-formed line until it returns true. The last field keeps further colons.
template <std::size_t Count, class Each>
void for_each_line(std::string_view text, Each&& each) {
    text = text.substr(0, kLargestUserFile);
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.size() > kLongestUserLine || line.empty() || line.front() == '#') continue;
        std::array<std::string_view, Count> fields;
        std::size_t filled = 0;
        while (filled + 1 < Count) {
            const auto colon = line.find(':');
            if (colon == std::string_view::npos) break;
            fields[filled++] = line.substr(0, colon);
            line.remove_prefix(colon + 1);
        }
        fields[filled++] = line;
        if (filled == Count && !fields[0].empty() && each(fields)) return;
    }
}

struct PasswdEntry {
    std::string name, home;
    std::uint32_t uid, gid;
};

// By name, else by uid; the first line that fits counts.
std::optional<PasswdEntry> find_passwd(std::string_view passwd, std::string_view name,
                                       std::optional<std::uint32_t> uid) {
    std::optional<PasswdEntry> found;
    for_each_line<7>(passwd, [&](const auto& fields) { // name:password:uid:gid:comment:home:shell
        const auto line_uid = to_id(fields[2]);
        const auto line_gid = to_id(fields[3]);
        if (!line_uid || !line_gid || (fields[0] != name && line_uid != uid)) return false;
        PasswdEntry entry{std::string(fields[0]), std::string(fields[5]), *line_uid, *line_gid};
        const bool by_name = fields[0] == name; // a name made of digits goes before the number
        if (by_name || !found) found = std::move(entry);
        return by_name;
    });
    return found;
}

bool is_member(std::string_view members, std::string_view name) {
    while (!members.empty()) {
        const auto end = std::min(members.find(','), members.size());
        if (members.substr(0, end) == name) return true;
        members.remove_prefix(std::min(end + 1, members.size()));
    }
    return false;
}

// Sorted and without repetitions; not by looking through what was found already, which a big file would make
// slow.
std::vector<std::uint32_t> memberships(std::string_view group, std::string_view name) {
    std::vector<std::uint32_t> gids;
    for_each_line<4>(group, [&](const auto& fields) { // name:password:gid:members
        if (const auto gid = to_id(fields[2]); gid && is_member(fields[3], name)) gids.push_back(*gid);
        return false;
    });
    std::ranges::sort(gids);
    gids.erase(std::ranges::unique(gids).begin(), gids.end());
    if (gids.size() > kMostGroups) gids.resize(kMostGroups);
    return gids;
}

std::optional<std::uint32_t> find_gid(std::string_view group, std::string_view name) {
    std::optional<std::uint32_t> found;
    for_each_line<4>(group, [&](const auto& fields) {
        if (fields[0] == name) found = to_id(fields[2]);
        return found.has_value();
    });
    return found ? found : to_id(name);
}

} // namespace

Result<UserIdentity> resolve_user(std::string_view spec, std::string_view passwd, std::string_view group) {
    const auto colon = spec.find(':');
    const std::string_view user = spec.substr(0, colon);
    const auto uid = user.empty() ? std::optional<std::uint32_t>(0) : to_id(user);
    const auto entry = find_passwd(passwd, user, uid);
    if (!entry && !uid)
        return fail(Code::not_found, "unable to find user ", user,
                    ": no matching entries in passwd file of the container");
    UserIdentity out;
    out.uid = entry ? entry->uid : *uid;
    out.gid = entry ? entry->gid : 0;
    out.home = entry ? entry->home : std::string();
    if (colon != std::string_view::npos && colon + 1 < spec.size()) {
        RT_TRY_ASSIGN(out.gid, resolve_group(spec.substr(colon + 1), group));
    } else if (entry) {
        out.groups = memberships(group, entry->name);
    }
    return out;
}

Result<std::uint32_t> resolve_group(std::string_view name, std::string_view group) {
    const auto gid = find_gid(group, name);
    if (gid) return *gid;
    return fail(Code::not_found, "unable to find group ", name,
                ": no matching entries in group file of the container");
}

std::string find_home(std::uint32_t uid, std::string_view passwd) {
    std::string home;
    for_each_line<7>(passwd, [&](const auto& fields) {
        if (to_id(fields[2]) != uid) return false;
        home = fields[5];
        return true;
    });
    return home;
}

} // namespace rt::namespaces
