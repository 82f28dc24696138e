// SPDX-License-Identifier: Apache-2.0
#include "support/plugin_host.hpp"

#include <dlfcn.h>

#include <span>
#include <stdexcept>

namespace rt::test {

PluginHost::PluginHost(const std::filesystem::path& file, const std::filesystem::path& directory,
                       const std::string& config_json)
    : instance_(file.stem()), state_(directory / "state"), run_(directory / "run") {
    std::filesystem::create_directories(state_);
    std::filesystem::create_directories(run_);
    void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) throw std::runtime_error(::dlerror());
    entry_ = static_cast<const rtp_entry*>(::dlsym(library, RTP_ENTRY_SYMBOL));
    if (entry_ == nullptr) throw std::runtime_error(file.string() + " exports no " RTP_ENTRY_SYMBOL);
    host_ = {this,           instance_.c_str(),
             state_.c_str(), run_.c_str(),
             append_log,     [](void*, const char*) noexcept -> const void* { return nullptr; }};
    rtp_error error{};
    if (entry_->create(&host_, config_json.c_str(), &plugin_, &error) != RTP_OK)
        throw std::runtime_error(error.message);
}

PluginHost::~PluginHost() {
    if (plugin_.api != nullptr) plugin_.api->destroy(plugin_.self);
}

const void* PluginHost::find(const char* interface_id) const {
    const void* table = plugin_.api->get_interface(plugin_.self, interface_id);
    if (table == nullptr) throw std::runtime_error(instance_ + " has no " + interface_id);
    return table;
}

void PluginHost::append_log(void* context, int32_t level, const char* text, const rtp_log_field* fields,
                            size_t count) noexcept {
    std::string line = text;
    for (const auto& field : std::span(fields, count))
        line += std::string(" ") + field.key + "=" + field.value;
    static_cast<PluginHost*>(context)->log_.push_back({level, line});
}

} // namespace rt::test
