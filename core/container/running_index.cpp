// SPDX-License-Identifier: Apache-2.0
#include "core/container/running_index.hpp"

#include "core/base/id.hpp"
#include "core/shim/run_files.hpp"

#include <nlohmann/json.hpp>

#include <unistd.h>

namespace rt {
namespace {

constexpr std::size_t kIdDigits = 64;

Path name_file(const Engine& engine, const std::string& name) {
    return engine.wiring().run / "names" / name;
}

Path event_file(const Engine& engine, const std::string& id) {
    return engine.run_directory(id) / shim::kEventName;
}

std::string container_of_name(const Engine& engine, const std::string& name) {
    if (!is_valid_name(name)) return {}; // no path
    std::string id(kIdDigits + 1, '\0');
    const ssize_t length = ::readlink(name_file(engine, name).c_str(), id.data(), id.size());
    if (length != static_cast<ssize_t>(kIdDigits)) return {};
    id.resize(kIdDigits);
    return id;
}

} // namespace

Result<void> index_running(Engine& engine, const Container& container, const std::string& attributes) {
    RT_TRY(
        replace_file(event_file(engine, container.id), cat(engine.wiring().root.native(), "\n", attributes)));
    const Path link = name_file(engine, container.name);
    if (::symlink(container.id.c_str(), link.c_str()) == 0) return {};
    if (errno == ENOENT) RT_TRY(make_directories(link.parent_path()));
    if (errno == EEXIST) ::unlink(link.c_str()); // of another that had the name
    // Who comes in between has the name: then this one is found in the database.
    if (::symlink(container.id.c_str(), link.c_str()) == 0 || errno == EEXIST) return {};
    return fail_errno(errno, "link '", link.native(), "' to container ", container.id);
}

// The name first: it is known by the file.
Result<void> forget_running(Engine& engine, const std::string& id) {
    if (const auto known = find_running_by_id(engine, id);
        known && container_of_name(engine, known->name) == id)
        ::unlink(name_file(engine, known->name).c_str());
    const Path file = event_file(engine, id);
    if (::unlink(file.c_str()) != 0 && errno != ENOENT)
        return fail_errno(errno, "remove '", file.native(), "'");
    return {};
}

std::optional<RunningContainerIndex> find_running_by_id(const Engine& engine, const std::string& id) {
    if (id.size() != kIdDigits || !is_hex(id)) return std::nullopt;
    const auto text = read_file(event_file(engine, id));
    if (!text) return std::nullopt;
    const std::size_t line = text->find('\n');
    if (line == std::string::npos) return std::nullopt;
    const Json attributes =
        Json::parse(text->begin() + static_cast<std::ptrdiff_t>(line), text->end(), nullptr, false);
    const auto name = attributes.is_object() ? attributes.find("name") : attributes.end();
    if (name == attributes.end() || !name->is_string()) return std::nullopt;
    return RunningContainerIndex{id, name->get<std::string>(), text->substr(0, line), text->substr(line + 1)};
}

std::optional<RunningContainerIndex> find_running_by_name(const Engine& engine, const std::string& name) {
    auto found = find_running_by_id(engine, container_of_name(engine, name));
    return found && found->name == name ? found : std::nullopt;
}

} // namespace rt
