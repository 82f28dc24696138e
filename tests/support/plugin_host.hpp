// SPDX-License-Identifier: Apache-2.0
// Hosts one plugin for a test, straight through the C ABI: loads the shared object, gives it directories of
// its own, and keeps what it logs.
#pragma once

#include <rtp/rtp.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace rt::test {

struct LogLine {
    int level;
    std::string text;
};

class PluginHost {
public:
    // file: the .so; directory: for state/ and run/ of the instance. Throws std::runtime_error with the
    // plugin's message.
    PluginHost(const std::filesystem::path& file, const std::filesystem::path& directory,
               const std::string& config_json = "{}");
    PluginHost(const PluginHost&) = delete;
    PluginHost& operator=(const PluginHost&) = delete;
    ~PluginHost();

    [[nodiscard]] const rtp_entry& entry() const { return *entry_; }
    [[nodiscard]] const rtp_plugin& plugin() const { return plugin_; }
    [[nodiscard]] void* self() const { return plugin_.self; }
    // The table of RTP_STORAGE_V1 and the like; throws when the plugin does not have it.
    template <class Table>
    [[nodiscard]] const Table& table(const char* interface_id) const {
        return *static_cast<const Table*>(find(interface_id));
    }
    [[nodiscard]] const std::vector<LogLine>& log() const { return log_; }

private:
    [[nodiscard]] const void* find(const char* interface_id) const;
    static void append_log(void* context, int32_t level, const char* text, const rtp_log_field* fields,
                           size_t count) noexcept;

    std::string instance_, state_, run_;
    std::vector<LogLine> log_;
    rtp_host host_{};
    const rtp_entry* entry_ = nullptr;
    rtp_plugin plugin_{};
};

// A call without deadline or cancellation.
inline constexpr rtp_call kCall{"test", 0, -1, 0};

// A sink that joins what it is given.
inline rtp_sink sink_to(std::string& out) {
    return {&out, [](void* context, const char* data, size_t size) noexcept {
                static_cast<std::string*>(context)->append(data, size);
            }};
}

} // namespace rt::test
