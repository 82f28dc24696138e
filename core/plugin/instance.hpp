// SPDX-License-Identifier: Apache-2.0
// One instance of a plugin, whatever its kind: what the three adapters share. Owns the instance and the
// rtp_host that it was given; destroys the one before the other. Everything that comes back over the border
// is checked here against the contract of <rtp/base.h>; a breach becomes an error of code internal that names
// the plugin. Any thread, where the driver's own functions allow it.
#pragma once

#include "core/interfaces/driver.hpp"
#include "core/plugin/loader.hpp"

#include <rtp/rtp.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace rt {

class PluginInstance {
public:
    // Loads the plugin, makes the directories and the instance. kind: RTP_KIND_*.
    static Result<std::unique_ptr<PluginInstance>> make(const DriverSpec& spec, std::string_view kind);

    PluginInstance(const PluginInstance&) = delete;
    PluginInstance& operator=(const PluginInstance&) = delete;
    ~PluginInstance();

    [[nodiscard]] const std::string& instance() const { return spec_.instance; }
    [[nodiscard]] const std::string& plugin() const { return label_; } // "vfs 0.1.0"
    [[nodiscard]] void* self() const { return plugin_.self; }

    // The plugin's table for an interface, or nullptr. One whose id ends in -draft/N is not asked for unless
    // the wiring allows drafts: its layout may have changed without notice.
    [[nodiscard]] const void* find(const char* interface_id) const;

    // The first interface of a kind: the plugin must have it. The table's functions must not be null.
    template <class Table, class... Functions>
    Result<const Table*> require(const char* interface_id, Functions Table::*... functions) const {
        const auto* table = static_cast<const Table*>(find(interface_id));
        if (table == nullptr)
            return broken("get_interface", "has no '", interface_id, "', which its kind needs");
        if (((table->*functions == nullptr) || ...))
            return broken("get_interface", "left a function of '", interface_id, "' null");
        return table;
    }

    // The same for an optional one: null where the plugin has no such table; one that it has must be whole.
    template <class Table, class... Functions>
    Result<const Table*> require_if_there(const char* interface_id, Functions Table::*... functions) const {
        if (find(interface_id) == nullptr) return nullptr;
        return require(interface_id, functions...);
    }

    // Calls function(call, error) and turns what it answers into a Result.
    template <class Function>
    Result<void> call(const char* function_name, const Operation& operation, Function&& function) const {
        const rtp_call raw{operation.id.c_str(), operation.deadline_ns, operation.cancel_fd, 0};
        rtp_error
            error; // NOLINT(cppcoreguidelines-pro-type-member-init): 504 bytes that only a failure needs
        error.code = RTP_OK;
        error.sys_errno = 0;
        error.message[0] = '\0';
        error.message[sizeof error.message - 1] = '\0';
        const rtp_status status = function(&raw, &error);
        if (status == RTP_OK) [[likely]]
            return {};
        return failure(function_name, status, error);
    }

    // The same for a function that answers JSON through a sink: function(call, sink, error).
    template <class Function>
    Result<std::string> call_for_json(const char* function_name, const Operation& operation,
                                      Function&& function) const {
        Output output;
        const rtp_sink sink{&output, Output::write};
        RT_TRY(call(function_name, operation,
                    [&](const rtp_call* raw, rtp_error* error) { return function(raw, &sink, error); }));
        RT_TRY(check_json(function_name, output));
        return std::move(output.text);
    }

    Result<std::string> probe(const Operation& operation) const;

    // "plugin 'x' broke its contract: attach() ...": a defect of the plugin, named as such.
    template <class... Pieces>
    std::unexpected<Error> broken(std::string_view function_name, const Pieces&... pieces) const {
        return fail(Code::internal, "plugin '", label_, "' broke its contract: ", function_name, "() ",
                    pieces..., "; this is a defect of the plugin ('", spec_.file.native(), "')");
    }

private:
    // What a plugin writes into a sink; bounded, since it may write for ever.
    struct Output {
        std::string text;
        bool overflow = false;
        static void write(void* context, const char* data, std::size_t size) noexcept;
    };

    explicit PluginInstance(const DriverSpec& spec);

    Result<void> create(const rtp_entry& entry);
    std::unexpected<Error> failure(const char* function_name, rtp_status status,
                                   const rtp_error& error) const;
    Result<void> check_json(const char* function_name, const Output& output) const;

    DriverSpec spec_;
    std::string label_;
    std::string state_dir_, run_dir_;
    rtp_host host_{};
    rtp_plugin plugin_{};
};

// A mount as a plugin handed it out, or an empty optional where a pointer in it is null.
bool is_complete(const rtp_mount& mount);

} // namespace rt
