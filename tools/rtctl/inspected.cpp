// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/inspected.hpp"

#include "core/container/networks.hpp"
#include "core/volume/volume_service.hpp"
#include "core/volume/volume_view.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/template.hpp"

#include <optional>

namespace rt::cli {
namespace {

// Fields of a container that are left out where there is nothing, as docker leaves them out. Its templates
// see nothing then, and no missing field: '{{if .State.Health}}' is asked of all.
Json with_what_is_left_out(Json value) {
    if (!value.is_object() || !value.contains("HostConfig")) return value;
    static const std::pair<const char*, const char*> kFields[] = {
        {"State", "Health"},       {"Config", "Healthcheck"},    {"Config", "StopTimeout"},
        {"Config", "ArgsEscaped"}, {"HostConfig", "Init"},       {"HostConfig", "Annotations"},
        {"HostConfig", "Mounts"},  {"HostConfig", "StorageOpt"}, {"HostConfig", "Sysctls"},
        {"HostConfig", "Tmpfs"}};
    for (const auto& [part, field] : kFields)
        if (const auto found = value.find(part); found != value.end() && found->is_object())
            found->emplace(field, nullptr); // where there is none
    if (const auto config = value.find("Config"); config != value.end() && config->is_object())
        config->emplace("StopSignal", "");
    return value;
}

Result<void> show_line(const Json& value, const std::optional<Template>& format) {
    if (!format) {
        print_json_line(value);
        return {};
    }
    RT_TRY_ASSIGN(const std::string line, format->render(with_what_is_left_out(value)));
    print_line(printable_lines(line));
    return {};
}

} // namespace

Result<Json> look_at_volume(Engine& engine, const std::string& name) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    VolumeService service(engine.wiring(), state->database);
    RT_TRY_ASSIGN(const Volume volume, service.find(name));
    return inspect_volume(volume, service.data(volume.name));
}

void add_inspect_format(options::options_description& description) {
    description.add_options()("format,f", options::value<std::string>()->value_name("FORMAT"),
                              "json (one object a line) or a template (default: a list, indented)");
}

Result<int> show_inspected(const Parsed& parsed,
                           const std::function<Result<Json>(const std::string& reference)>& find) {
    const auto text = parsed.get<std::string>("format");
    std::optional<Template> format;
    if (!text.empty() && text != "json") {
        RT_TRY_ASSIGN(format, Template::parse(text));
    }
    Json list = Json::array();
    int exit_code = 0;
    for (const std::string& reference : parsed.operands) {
        auto value = find(reference);
        if (value && text.empty()) {
            list.push_back(std::move(*value));
            continue;
        }
        const Result<void> shown = value ? show_line(*value, format) : std::unexpected(value.error());
        if (shown) continue;
        print_error(shown.error());
        exit_code = 1;
    }
    if (text.empty()) print_json(list);
    return exit_code;
}

} // namespace rt::cli
