// SPDX-License-Identifier: Apache-2.0
// What a driver sees of its host and of each call. Thin views over the C structs: they own nothing and may be
// copied.
#pragma once

#include <rt/sdk/error.hpp>
#include <rtp/host.h>

#include <poll.h>

#include <array>
#include <ctime>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rt::sdk {

using LogField = std::pair<std::string_view, std::string_view>;

class Host {
public:
    explicit Host(const rtp_host* host) : host_(host) {}

    [[nodiscard]] std::string_view instance() const { return host_->instance; }
    [[nodiscard]] std::string state_dir() const { return host_->state_dir; }
    [[nodiscard]] std::string run_dir() const { return host_->run_dir; }

    void debug(const std::string& text, std::initializer_list<LogField> fields = {}) const {
        log(RTP_LOG_DEBUG, text, fields);
    }
    void info(const std::string& text, std::initializer_list<LogField> fields = {}) const {
        log(RTP_LOG_INFO, text, fields);
    }
    // Shown to the user of the operation: something was reduced or worked around.
    void warn(const std::string& text, std::initializer_list<LogField> fields = {}) const {
        log(RTP_LOG_WARNING, text, fields);
    }

private:
    void log(int level, const std::string& text, std::initializer_list<LogField> fields) const {
        std::vector<std::pair<std::string, std::string>> texts;
        std::vector<rtp_log_field> views;
        for (const auto& [key, value] : fields) texts.emplace_back(key, value);
        for (const auto& [key, value] : texts) views.push_back({key.c_str(), value.c_str()});
        host_->log(host_->context, level, text.c_str(), views.data(), views.size());
    }

    const rtp_host* host_;
};

class Call {
public:
    explicit Call(const rtp_call* call) : call_(call) {}

    [[nodiscard]] std::string_view operation_id() const { return call_->operation_id; }

    // Ok to go on? Fails with deadline_exceeded or cancelled. Ask between the steps of anything long.
    [[nodiscard]] Result<void> check() const {
        if (call_->deadline_ns != 0) {
            timespec now{};
            ::clock_gettime(CLOCK_MONOTONIC, &now);
            if (now.tv_sec * 1'000'000'000LL + now.tv_nsec >= call_->deadline_ns)
                return fail(Code::deadline_exceeded, "the operation's deadline has passed");
        }
        if (call_->cancel_fd >= 0) {
            pollfd poll_fd{call_->cancel_fd, POLLIN, 0};
            if (::poll(&poll_fd, 1, 0) > 0) return fail(Code::cancelled, "the operation was cancelled");
        }
        return {};
    }

private:
    const rtp_call* call_;
};

// One mount, as data; see rtp_mount.
struct Mount {
    std::string type;
    std::string source;
    std::string target;
    std::vector<std::string> options;
};

} // namespace rt::sdk
