// SPDX-License-Identifier: Apache-2.0
// The border itself: turns every Result and every stray exception into a status and a caller-owned rtp_error.
#pragma once

#include <rt/sdk/error.hpp>
#include <rt/sdk/host.hpp>
#include <rtp/entry.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <new>
#include <span>
#include <string_view>
#include <vector>

namespace rt::sdk::detail {

inline rtp_status report(rtp_error* out, Code code, int sys_errno, std::string_view message) noexcept {
    if (out != nullptr) {
        out->code = static_cast<rtp_status>(code);
        out->sys_errno = sys_errno;
        const auto size = std::min(message.size(), sizeof out->message - 1);
        std::memcpy(out->message, message.data(), size);
        out->message[size] = '\0';
    }
    return static_cast<rtp_status>(code);
}

// Runs body, which returns Result<void>.
template <class Body>
rtp_status guard(rtp_error* out, Body&& body) noexcept {
    try {
        const Result<void> result = body();
        if (result) return RTP_OK;
        return report(out, result.error().code, result.error().sys_errno, result.error().message);
    } catch (const std::bad_alloc&) {
        return report(out, Code::resource_exhausted, ENOMEM, "out of memory in the plugin");
    } catch (const std::exception& exception) {
        try {
            return report(out, Code::internal, 0, cat("the plugin threw an exception: ", exception.what()));
        } catch (...) {
            return report(out, Code::internal, 0, "the plugin threw an exception");
        }
    } catch (...) {
        return report(out, Code::internal, 0, "the plugin threw something that is not a std::exception");
    }
}

inline void put(const rtp_sink* sink, std::string_view text) {
    sink->write(sink->context, text.data(), text.size());
}

inline std::string_view view(const char* text) {
    return text == nullptr ? std::string_view{} : std::string_view{text};
}

inline std::vector<std::string_view> views(const char* const* items, std::size_t count) {
    const std::span raw(items, count);
    return {raw.begin(), raw.end()};
}

// Lends a Mount out as the C struct; must not outlive it.
class MountView {
public:
    explicit MountView(const Mount& mount) {
        for (const auto& option : mount.options) options_.push_back(option.c_str());
        raw_ = {mount.type.c_str(), mount.source.c_str(), mount.target.c_str(), options_.data(),
                options_.size()};
    }
    MountView(const MountView&) = delete;
    MountView& operator=(const MountView&) = delete;
    [[nodiscard]] const rtp_mount& raw() const { return raw_; }

private:
    std::vector<const char*> options_;
    rtp_mount raw_{};
};

inline Mount own(const rtp_mount& mount) {
    Mount copy{mount.type, std::string(view(mount.source)), std::string(view(mount.target)), {}};
    for (const char* option : std::span(mount.options, mount.option_count)) copy.options.emplace_back(option);
    return copy;
}

// What all three kinds share: the rtp_plugin_api of a class with probe(), and making it.
template <class Driver>
rtp_status probe_thunk(void* self, const rtp_call* call, const rtp_sink* facts, rtp_error* error) noexcept {
    return guard(error, [&]() -> Result<void> {
        RT_TRY_ASSIGN(const std::string text, static_cast<Driver*>(self)->probe(Call(call)));
        put(facts, text);
        return {};
    });
}

template <class Driver>
void destroy_thunk(void* self) noexcept {
    delete static_cast<Driver*>(self);
}

template <class Driver, const rtp_plugin_api& api>
rtp_status create_thunk(const rtp_host* host, const char* config, rtp_plugin* out,
                        rtp_error* error) noexcept {
    return guard(error, [&]() -> Result<void> {
        RT_TRY_ASSIGN(auto driver, Driver::create(Host(host), view(config)));
        *out = {driver.release(), &api};
        return {};
    });
}

} // namespace rt::sdk::detail

// The tail of RT_*_PLUGIN: defines the one exported symbol.
#define RT_SDK_ENTRY(Driver, kind, Thunks, id, version, license, description, schema)                        \
    extern "C" const rtp_entry rtp_entry_v1 = {                                                              \
        id,          version,                                                                                \
        kind,        RTP_SDK_VERSION,                                                                        \
        description, license,                                                                                \
        schema,      rt::sdk::detail::create_thunk<Driver, rt::sdk::detail::Thunks<Driver>::api>}
