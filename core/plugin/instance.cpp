// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/instance.hpp"

#include "core/base/text.hpp"

#include "core/plugin/log.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <span>

namespace rt {
namespace {

constexpr std::size_t kOutputLimit = 4U << 20U; // of one answer in JSON

bool is_draft(std::string_view interface_id) {
    const auto slash = interface_id.rfind('/');
    return interface_id.substr(0, slash).ends_with("-draft");
}

void log_from_plugin(void* context, std::int32_t level, const char* message, const rtp_log_field* fields,
                     std::size_t count) noexcept {
    try {
        const auto& instance = *static_cast<const std::string*>(context);
        std::string text = message == nullptr ? "" : printable(message);
        for (const rtp_log_field& field : std::span(fields, fields == nullptr ? 0 : count))
            if (field.key != nullptr && field.value != nullptr)
                text += cat(" ", printable(field.key), "=", printable(field.value));
        log_plugin_line(std::clamp<int>(level, RTP_LOG_DEBUG, RTP_LOG_ERROR), instance, text);
    } catch (...) { // out of memory: a log line is lost, and nothing else
    }
}

const void* no_host_interface(void* /*context*/, const char* /*interface_id*/) noexcept {
    return nullptr;
}

} // namespace

void PluginInstance::Output::write(void* context, const char* data, std::size_t size) noexcept {
    auto& self = *static_cast<Output*>(context);
    try {
        self.overflow = self.overflow || size > kOutputLimit - self.text.size();
        if (data != nullptr && !self.overflow) self.text.append(data, size);
    } catch (...) {
        self.overflow = true;
    }
}

PluginInstance::PluginInstance(const DriverSpec& spec)
    : spec_(spec), state_dir_(spec.state_dir.native()), run_dir_(spec.run_dir.native()) {
    host_ = {&spec_.instance,  spec_.instance.c_str(), state_dir_.c_str(),
             run_dir_.c_str(), log_from_plugin,        no_host_interface};
}

PluginInstance::~PluginInstance() {
    if (plugin_.api != nullptr && plugin_.api->destroy != nullptr) plugin_.api->destroy(plugin_.self);
}

Result<std::unique_ptr<PluginInstance>> PluginInstance::make(const DriverSpec& spec, std::string_view kind) {
    RT_TRY_ASSIGN(const rtp_entry* entry,
                  spec.file_checked ? load_checked_plugin(spec.file) : load_plugin(spec.file));
    if (kind != entry->kind)
        return fail(Code::invalid_argument, "driver instance '", spec.instance, "': plugin '", entry->id,
                    "' ('", spec.file.native(), "') is a ", entry->kind, " driver, but a ", kind,
                    " driver is needed here; name another plugin in the wiring file");
    RT_TRY(make_directories(spec.state_dir));
    RT_TRY(make_directories(spec.run_dir));
    std::unique_ptr<PluginInstance> made(new PluginInstance(spec));
    RT_TRY(made->create(*entry));
    return made;
}

Result<void> PluginInstance::create(const rtp_entry& entry) {
    label_ = cat(entry.id, " ", entry.version);
    const auto created = call("create", Operation{}, [&](const rtp_call*, rtp_error* error) {
        return entry.create(&host_, spec_.config_json.c_str(), &plugin_, error);
    });
    if (!created) {
        plugin_ = {};
        return in_context(created.error(), "cannot make driver instance '", spec_.instance, "'");
    }
    if (plugin_.api == nullptr || plugin_.api->probe == nullptr || plugin_.api->get_interface == nullptr ||
        plugin_.api->destroy == nullptr)
        return broken("create", "returned a null function table, or one with a null function");
    return {};
}

const void* PluginInstance::find(const char* interface_id) const {
    if (is_draft(interface_id) && !spec_.drafts) return nullptr;
    return plugin_.api->get_interface(plugin_.self, interface_id);
}

std::unexpected<Error> PluginInstance::failure(const char* function_name, rtp_status status,
                                               const rtp_error& error) const {
    const std::span<const char> buffer(error.message);
    const auto end = std::ranges::find(buffer, '\0');
    const std::string message = printable({buffer.begin(), end});
    if (status < RTP_INVALID_ARGUMENT || status > RTP_INTERNAL)
        return broken(function_name, "returned the status ", status, ", which does not exist; its message: '",
                      message, "'");
    if (end == buffer.end())
        return broken(function_name, "failed with a message that is not NUL-terminated: '", message, "'");
    const Code code{status};
    if (message.empty())
        return std::unexpected(
            Error{code, error.sys_errno,
                  cat("driver '", spec_.instance, "' (plugin '", label_, "'): ", function_name,
                      "() failed with ", name_of(code), " and gave no reason")});
    // What only the plugin's author can explain: say whose plugin it is.
    if (code == Code::internal)
        return std::unexpected(Error{
            code, error.sys_errno,
            cat("driver '", spec_.instance, "' (plugin '", label_, "'): ", function_name, "(): ", message)});
    return std::unexpected(Error{code, error.sys_errno, message});
}

Result<void> PluginInstance::check_json(const char* function_name, const Output& output) const {
    if (output.overflow)
        return broken(function_name, "answered more than ", kOutputLimit, " bytes, or memory ran out");
    if (output.text.empty()) return broken(function_name, "returned RTP_OK, but wrote no answer");
    // The core parses it where it needs it; here only what is plainly no object.
    if (output.text.front() != '{') return broken(function_name, "answered something that is no JSON object");
    return {};
}

Result<std::string> PluginInstance::probe(const Operation& operation) const {
    return call_for_json("probe", operation,
                         [&](const rtp_call* raw, const rtp_sink* sink, rtp_error* error) {
                             return plugin_.api->probe(plugin_.self, raw, sink, error);
                         });
}

bool is_complete(const rtp_mount& mount) {
    if (mount.type == nullptr || mount.source == nullptr || mount.target == nullptr) return false;
    if (mount.option_count != 0 && mount.options == nullptr) return false;
    return std::ranges::none_of(std::span(mount.options, mount.option_count),
                                [](const char* option) { return option == nullptr; });
}

} // namespace rt
