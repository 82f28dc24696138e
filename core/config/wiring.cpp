// SPDX-License-Identifier: Apache-2.0
#include "core/config/wiring.hpp"

#include "core/config/id_pool.hpp"
#include "core/config/json_lines.hpp"
#include "core/config/schema.hpp"
#include "core/config/trusted_path.hpp"
#include "core/config/wording.hpp"

#include <nlohmann/json.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <initializer_list>
#include <utility>

namespace rt {
namespace {

constexpr const char* kDefaultFile = "/etc/rt/config.json";
constexpr std::size_t kSizeLimit = 1U << 20U;
constexpr std::size_t kInstanceLimit = 64; // letters in the name of an instance
constexpr std::string_view kBuiltIn = "built-in default";

void add_built_in(Wiring& wiring, Role role, std::string_view preset,
                  std::initializer_list<const char*> drivers) {
    RoleWiring& target = wiring.role(role);
    const std::string pointer = cat("/", name_of(role));
    target.default_instance = preset;
    wiring.origins[cat(pointer, "/default")] = kBuiltIn;
    for (const char* driver : drivers) {
        target.drivers[driver] = {driver, "{}", false};
        wiring.origins[cat(pointer, "/drivers/", driver)] = kBuiltIn;
        wiring.origins[cat(pointer, "/drivers/", driver, "/plugin")] = kBuiltIn;
    }
}

bool is_instance_name(const std::string& name) {
    const auto is_plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    };
    return !name.empty() && name.size() <= kInstanceLimit && is_plain(name.front()) &&
           std::ranges::all_of(name, [&](char c) { return is_plain(c) || c == '_' || c == '.' || c == '-'; });
}

// Lays a file over the built-in wiring: a merge patch in the sense of RFC 7396, as far as there is something
// to patch (null removes a driver).
class Overlay {
public:
    Overlay(Wiring& wiring, const JsonLines& lines) : wiring_(wiring), lines_(lines) {}

    Result<void> apply(const Json& file) {
        static const std::vector<std::string> kKeys{"root",        "run",     "cgroup_parent",
                                                    "plugin_path", "init",    "id_pool",
                                                    "storage",     "network", "isolation"};
        RT_TRY(is_object(file, ""));
        RT_TRY(only_known(file, "", kKeys));
        if (file.contains("root")) RT_TRY(absolute_path(file["root"], "/root", wiring_.root));
        if (file.contains("run")) RT_TRY(absolute_path(file["run"], "/run", wiring_.run));
        if (file.contains("cgroup_parent")) RT_TRY(cgroup_parent(file["cgroup_parent"]));
        if (file.contains("plugin_path")) RT_TRY(plugin_path(file["plugin_path"]));
        if (file.contains("init")) RT_TRY(init(file["init"]));
        if (file.contains("id_pool")) RT_TRY(id_pool(file["id_pool"]));
        for (const Role which : {Role::storage, Role::network, Role::isolation})
            if (const std::string key(name_of(which)); file.contains(key)) RT_TRY(role(file[key], which));
        return {};
    }

private:
    template <class... Pieces>
    std::unexpected<Error> wrong(const std::string& pointer, const Pieces&... pieces) const {
        return fail(Code::invalid_argument, "config file '", wiring_.file.native(), "' line ",
                    line_of(pointer), ", ", pointer.empty() ? "the whole file" : pointer, ": ", pieces...);
    }

    int line_of(const std::string& pointer) const {
        const auto found = lines_.find(pointer);
        return found == lines_.end() ? 1 : found->second;
    }

    void note(const std::string& pointer) {
        wiring_.origins[pointer] = cat(wiring_.file.native(), ":", line_of(pointer));
    }

    Result<void> is_object(const Json& value, const std::string& pointer) const {
        if (value.is_object()) return {};
        return wrong(pointer, "is ", describe(value), ", but must be an object");
    }

    Result<void> only_known(const Json& object, const std::string& pointer,
                            const std::vector<std::string>& known) const {
        for (const auto& item : object.items())
            if (std::ranges::find(known, item.key()) == known.end())
                return wrong(cat(pointer, "/", pointer_step(item.key())), "unknown key '", item.key(), "'",
                             suggestion(item.key(), known), "; known here: ", enumerate(known));
        return {};
    }

    Result<void> absolute_path(const Json& value, const std::string& pointer, Path& target) {
        if (!value.is_string())
            return wrong(pointer, "is ", describe(value), ", but must be a string: an absolute path");
        const Path path = value.get_ref<const std::string&>();
        if (!path.is_absolute() || path.native().contains('\0'))
            return wrong(pointer, "is ", describe(value), ", but must be an absolute path");
        target = path.lexically_normal();
        if (!target.has_filename() && target.has_relative_path())
            target = target.parent_path(); // "/a/" -> "/a"
        note(pointer);
        return {};
    }

    // A place below each cgroup hierarchy: never the root of one, and nothing that leads out of it.
    Result<void> cgroup_parent(const Json& value) {
        RT_TRY(absolute_path(value, "/cgroup_parent", wiring_.cgroup_parent));
        const Path given = value.get_ref<const std::string&>();
        if (wiring_.cgroup_parent == "/" || std::ranges::find(given, Path("..")) != given.end())
            return wrong("/cgroup_parent", "is ", describe(value),
                         ", but must name a cgroup below the root, such as \"/rt\", without '..'");
        return {};
    }

    Result<void> plugin_path(const Json& value) {
        if (!value.is_array() || value.empty())
            return wrong("/plugin_path", "is ", value.is_array() ? "an empty array" : describe(value),
                         ", but must be an array of absolute paths, searched in this order");
        wiring_.plugin_path.clear();
        for (std::size_t i = 0; i < value.size(); ++i)
            RT_TRY(absolute_path(value[i], cat("/plugin_path/", i), wiring_.plugin_path.emplace_back()));
        note("/plugin_path");
        return {};
    }

    Result<void> init(const Json& value) {
        static const std::vector<std::string> kKeys{"default", "program"};
        RT_TRY(is_object(value, "/init"));
        RT_TRY(only_known(value, "/init", kKeys));
        if (value.contains("default"))
            RT_TRY(boolean(value["default"], "/init/default", wiring_.init.by_default));
        if (value.contains("program"))
            RT_TRY(absolute_path(value["program"], "/init/program", wiring_.init.program));
        return {};
    }

    Result<void> id_pool(const Json& value) {
        if (!value.is_string())
            return wrong("/id_pool", "is ", describe(value), ", but must be a string: \"FIRST:COUNT\"");
        wiring_.id_pool = value.get<std::string>();
        if (const auto pool = parse_id_pool(wiring_.id_pool); !pool)
            return wrong("/id_pool", "is a ", pool.error().message);
        note("/id_pool");
        return {};
    }

    Result<void> boolean(const Json& value, const std::string& pointer, bool& target) {
        if (!value.is_boolean()) return wrong(pointer, "is ", describe(value), ", but must be true or false");
        target = value.get<bool>();
        note(pointer);
        return {};
    }

    Result<void> role(const Json& value, Role which) {
        static const std::vector<std::string> kKeys{"default", "drivers"};
        const std::string pointer = cat("/", name_of(which));
        RT_TRY(is_object(value, pointer));
        RT_TRY(only_known(value, pointer, kKeys));
        RoleWiring& target = wiring_.role(which);
        if (value.contains("drivers")) {
            RT_TRY(is_object(value["drivers"], cat(pointer, "/drivers")));
            for (const auto& item : value["drivers"].items())
                RT_TRY(driver(item.key(), item.value(), cat(pointer, "/drivers/", pointer_step(item.key())),
                              target));
        }
        return preset(value, cat(pointer, "/default"), target);
    }

    // The default must be there, whether the file names it or only took its driver away.
    Result<void> preset(const Json& value, const std::string& pointer, RoleWiring& target) {
        if (value.contains("default")) {
            if (!value["default"].is_string())
                return wrong(pointer, "is ", describe(value["default"]),
                             ", but must be a string: the name of a driver instance");
            target.default_instance = value["default"].get<std::string>();
            note(pointer);
        }
        if (target.drivers.contains(target.default_instance)) return {};
        std::vector<std::string> names;
        for (const auto& [name, driver] : target.drivers) names.push_back(name);
        return wrong(pointer, "there is no driver instance '", target.default_instance, "'",
                     suggestion(target.default_instance, names), "; instances: ", enumerate(names));
    }

    Result<void> driver(const std::string& name, const Json& value, const std::string& pointer,
                        RoleWiring& target) {
        static const std::vector<std::string> kKeys{"plugin", "config", "drafts"};
        if (!is_instance_name(name))
            return wrong(pointer, "'", name,
                         "' cannot be the name of an instance: it becomes that of a "
                         "directory, so it has 1 to ",
                         kInstanceLimit,
                         " letters, digits, '_', '.' and '-', and begins with a letter or digit");
        if (value.is_null()) {
            target.drivers.erase(name);
            std::erase_if(wiring_.origins, [&](const auto& origin) {
                return origin.first == pointer || origin.first.starts_with(pointer + "/");
            });
            note(pointer);
            return {};
        }
        RT_TRY(is_object(value, pointer));
        RT_TRY(only_known(value, pointer, kKeys));
        const bool is_new = !target.drivers.contains(name);
        DriverWiring& wired = target.drivers[name];
        if (is_new) wired.config_json = "{}";
        if (is_new && !value.contains("plugin"))
            return wrong(pointer,
                         "the key 'plugin' is missing: the name of a plugin, or the path of its .so");
        if (value.contains("plugin")) RT_TRY(plugin(value["plugin"], cat(pointer, "/plugin"), wired));
        if (value.contains("drafts")) RT_TRY(boolean(value["drafts"], cat(pointer, "/drafts"), wired.drafts));
        if (value.contains("config")) {
            RT_TRY(is_object(value["config"], cat(pointer, "/config")));
            wired.config_json = value["config"].dump();
        }
        note(pointer);
        note_all(value, pointer);
        return {};
    }

    Result<void> plugin(const Json& value, const std::string& pointer, DriverWiring& wired) {
        const std::string name = value.is_string() ? value.get<std::string>() : std::string();
        const bool is_name = !name.empty() && !name.contains('/') && !name.contains('\0');
        if (!is_name && !(name.starts_with('/') && name.ends_with(".so") && !name.contains('\0')))
            return wrong(pointer, "is ", describe(value),
                         ", but must be the name of a plugin in plugin_path ",
                         "(\"bridge\") or the absolute path of a shared object (\"/opt/x/fast.so\")");
        wired.plugin = name;
        return {};
    }

    void note_all(const Json& value, const std::string& pointer) {
        for (const auto& item : value.items()) {
            const std::string below = cat(pointer, "/", pointer_step(item.key()));
            note(below);
            if (item.value().is_structured()) note_all(item.value(), below);
        }
    }

    Wiring& wiring_;
    const JsonLines& lines_;
};

} // namespace

Wiring built_in_wiring() {
    Wiring wiring;
    wiring.root = "/var/lib/rt";
    wiring.run = "/run/rt";
    wiring.cgroup_parent = "/rt";
    wiring.plugin_path = {install_prefix() / "lib/rt/plugins"};
    wiring.id_pool = "2147483648:1073741824";
    wiring.init.program = install_prefix() / "libexec/rt/rt-init";
    for (const char* pointer : {"/root", "/run", "/cgroup_parent", "/plugin_path", "/plugin_path/0",
                                "/init/default", "/init/program", "/id_pool"})
        wiring.origins[pointer] = kBuiltIn;
    add_built_in(wiring, Role::storage, "overlayfs", {"overlayfs", "vfs"});
    add_built_in(wiring, Role::network, "bridge", {"bridge", "host", "none"});
    add_built_in(wiring, Role::isolation, "namespaces", {"namespaces"});
    return wiring;
}

Result<Wiring> parse_wiring(std::string_view text, const Path& file) {
    Wiring wiring = built_in_wiring();
    wiring.file = file;
    const std::string what = cat("config file '", file.native(), "'");
    RT_TRY_ASSIGN(const JsonLines lines, scan_lines(text, what));
    const auto json = parse_json(text, what);
    if (!json) return fail(Code::invalid_argument, json.error().message);
    RT_TRY(Overlay(wiring, lines).apply(*json));
    return wiring;
}

Result<Wiring> load_wiring(const Path& config_file) {
    struct stat status{};
    Path file = config_file.empty() ? Path(kDefaultFile) : config_file;
    if (config_file.empty() && ::stat(kDefaultFile, &status) != 0 && (errno == ENOENT || errno == ENOTDIR))
        return built_in_wiring();
    std::error_code problem;
    if (file.is_relative()) file = std::filesystem::absolute(file, problem).lexically_normal();
    if (problem) return fail_errno(problem.value(), "find config file '", config_file.native(), "'");
    RT_TRY(check_trusted_file(file, "config file"));
    RT_TRY_ASSIGN(const std::string text, read_file(file, kSizeLimit));
    return parse_wiring(text, file);
}

} // namespace rt
