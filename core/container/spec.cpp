// SPDX-License-Identifier: Apache-2.0
// To and from the stored record. What has its default value is left out of it: a record is read at each
// listing.
#include "core/container/spec.hpp"

#include "core/container/spec_fields.hpp"

#include <nlohmann/json.hpp>

namespace rt {
namespace {

template <class T>
struct Codec {
    static Json write(const T& value) { return value; }
    static void read(const Json& json, T& value) { json.get_to(value); }
};

template <class T>
struct Codec<std::optional<T>> {
    static Json write(const std::optional<T>& value) { return value ? Codec<T>::write(*value) : Json(); }
    static void read(const Json& json, std::optional<T>& value) { Codec<T>::read(json, value.emplace()); }
};

// A struct that has parts(value, visit) below is an object; a list of them an array.
template <class Part, class Visit>
void parts(Part& part, Visit&& visit)
    requires std::same_as<std::remove_const_t<Part>, RestartPolicy>
{
    visit("name", part.name);
    visit("maximum_retry_count", part.maximum_retry_count);
}
template <class Part, class Visit>
void parts(Part& part, Visit&& visit)
    requires std::same_as<std::remove_const_t<Part>, Healthcheck>
{
    visit("test", part.test);
    visit("interval", part.interval);
    visit("timeout", part.timeout);
    visit("start_period", part.start_period);
    visit("start_interval", part.start_interval);
    visit("retries", part.retries);
}
template <class Part, class Visit>
void parts(Part& part, Visit&& visit)
    requires std::same_as<std::remove_const_t<Part>, LogConfig>
{
    visit("type", part.type);
    visit("config", part.config);
}
template <class Part, class Visit>
void parts(Part& part, Visit&& visit)
    requires std::same_as<std::remove_const_t<Part>, Ulimit>
{
    visit("name", part.name);
    visit("soft", part.soft);
    visit("hard", part.hard);
}
template <class Part, class Visit>
void parts(Part& part, Visit&& visit)
    requires std::same_as<std::remove_const_t<Part>, DeviceMapping>
{
    visit("path_on_host", part.path_on_host);
    visit("path_in_container", part.path_in_container);
    visit("cgroup_permissions", part.cgroup_permissions);
}
template <class Part, class Visit>
void parts(Part& part, Visit&& visit)
    requires std::same_as<std::remove_const_t<Part>, WeightDevice>
{
    visit("path", part.path);
    visit("weight", part.weight);
}
template <class Part, class Visit>
void parts(Part& part, Visit&& visit)
    requires std::same_as<std::remove_const_t<Part>, ThrottleDevice>
{
    visit("path", part.path);
    visit("rate", part.rate);
}
template <class Part, class Visit>
void parts(Part& part, Visit&& visit)
    requires std::same_as<std::remove_const_t<Part>, MountSpec>
{
    visit("type", part.type);
    visit("source", part.source);
    visit("target", part.target);
    visit("read_only", part.read_only);
    visit("long_form", part.long_form);
    visit("create_source", part.create_source);
    visit("propagation", part.propagation);
    visit("sub_mounts", part.sub_mounts);
    visit("selinux_relabel", part.selinux_relabel);
    visit("no_copy", part.no_copy);
    visit("subpath", part.subpath);
    visit("driver", part.driver);
    visit("driver_options", part.driver_options);
    visit("labels", part.labels);
    visit("anonymous", part.anonymous);
    visit("tmpfs_options", part.tmpfs_options);
}

template <class Part, class Visit>
void parts(Part& part, Visit&& visit)
    requires std::same_as<std::remove_const_t<Part>, EndpointSettings>
{
    visit("network", part.network);
    visit("aliases", part.aliases);
    visit("link_local_ips", part.link_local_ips);
    visit("links", part.links);
    visit("ipv4_address", part.ipv4_address);
    visit("ipv6_address", part.ipv6_address);
    visit("mac_address", part.mac_address);
    visit("driver_opts", part.driver_opts);
    visit("gw_priority", part.gw_priority);
}

template <class T>
concept HasParts = requires(T& value) { parts(value, [](const char*, auto&) {}); };

template <class T>
void take(const Json& object, const char* key, T& value) {
    if (const auto found = object.find(key); found != object.end()) Codec<T>::read(*found, value);
}

// Which keys an object may have, at a glance: of the hundred that a spec can have, a record has ten.
class KeyFilter {
public:
    explicit KeyFilter(const Json& object) {
        for (const auto& [key, value] : object.items()) bits_ |= bit_of(key);
    }
    [[nodiscard]] bool may_have(std::string_view key) const { return (bits_ & bit_of(key)) != 0; }

private:
    static constexpr std::uint64_t bit_of(std::string_view key) {
        constexpr std::uint64_t kBits = 64, kSpread = 7;
        if (key.empty()) return 1;
        return std::uint64_t{1} << ((key.size() * kSpread + static_cast<unsigned char>(key.front()) +
                                     static_cast<unsigned char>(key.back())) %
                                    kBits);
    }
    std::uint64_t bits_ = 0;
};

template <HasParts T>
struct Codec<T> {
    static Json write(const T& value) {
        Json object = Json::object();
        parts(value, [&](const char* key, const auto& part) {
            using Part = std::remove_cvref_t<decltype(part)>;
            object[key] = Codec<Part>::write(part);
        });
        return object;
    }
    static void read(const Json& json, T& value) {
        parts(value, [&](const char* key, auto& part) {
            take(json, key, part); // one of an older version lacks some
        });
    }
};

template <HasParts T>
struct Codec<std::vector<T>> {
    static Json write(const std::vector<T>& list) {
        Json array = Json::array();
        for (const T& value : list) array.push_back(Codec<T>::write(value));
        return array;
    }
    static void read(const Json& json, std::vector<T>& list) {
        for (const Json& entry : json) Codec<T>::read(entry, list.emplace_back());
    }
};

template <>
struct Codec<MountType> {
    static Json write(MountType type) { return name_of(type); }
    static void read(const Json& json, MountType& type) {
        for (const MountType known : {MountType::bind, MountType::volume, MountType::tmpfs})
            if (json == name_of(known)) type = known;
    }
};

template <>
struct Codec<SubMounts> {
    static Json write(SubMounts what) {
        return what == SubMounts::writable ? "writable" : what == SubMounts::left_out ? "left-out" : "";
    }
    static void read(const Json& json, SubMounts& what) {
        if (json == "writable") what = SubMounts::writable;
        if (json == "left-out") what = SubMounts::left_out;
    }
};

template <>
struct Codec<std::vector<PublishedPort>> {
    static Json write(const std::vector<PublishedPort>& ports) {
        Json list = Json::array();
        for (const PublishedPort& port : ports) list.push_back(to_json(port));
        return list;
    }
    static void read(const Json& json, std::vector<PublishedPort>& ports) {
        for (const Json& value : json) ports.push_back(published_port_from_json(value).value());
    }
};

template <class T>
constexpr bool is_default(const T& value) {
    return value == T();
}
bool is_default(const std::vector<PublishedPort>& ports) {
    return ports.empty();
}

} // namespace

Json to_json(const ContainerSpec& spec) {
    Json object = Json::object();
    visit_fields(spec, [&](const char* key, const char*, const auto& member) {
        using Member = std::remove_cvref_t<decltype(member)>;
        if (!is_default(member)) object[key] = Codec<Member>::write(member);
    });
    object["image"] = spec.image;
    return object;
}

// Made where it is returned: it is large. We wrote the text, so what parse_json() looks for is not in it.
Result<ContainerSpec> spec_from_json(const std::string& text) {
    Result<ContainerSpec> made{std::in_place};
    const Json value = Json::parse(text, nullptr, false);
    if (value.is_discarded()) {
        const auto why = parse_json(text, "stored container");
        made = why ? fail(Code::corrupt, "stored container: not valid JSON") : std::unexpected(why.error());
        return made;
    }
    try {
        value.at("image").get_to(made->image);
        const KeyFilter keys(value);
        visit_fields(*made, [&](const char* key, const char*, auto& member) {
            if (keys.may_have(key)) take(value, key, member);
        });
    } catch (const std::exception& error) { // of Json, or of a value that is none
        made = fail(Code::corrupt, "stored container: ", error.what());
    }
    return made;
}

std::string mounts_to_text(const std::vector<MountSpec>& mounts) {
    return Codec<std::vector<MountSpec>>::write(mounts).dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<std::vector<MountSpec>> mounts_from_text(const std::string& text) {
    RT_TRY_ASSIGN(const Json value, parse_json(text, "stored mounts"));
    try {
        std::vector<MountSpec> mounts;
        Codec<std::vector<MountSpec>>::read(value, mounts);
        return mounts;
    } catch (const Json::exception& error) {
        return fail(Code::corrupt, "stored mounts: ", error.what());
    }
}

const std::vector<SpecField>& spec_fields() {
    static const std::vector<SpecField> kFields = [] {
        std::vector<SpecField> fields;
        ContainerSpec spec;
        visit_fields(spec,
                     [&](const char* key, const char* docker, auto&) { fields.push_back({key, docker}); });
        return fields;
    }();
    return kFields;
}

} // namespace rt
