// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/instance.hpp"
#include "core/plugin/log.hpp"

#include <fcntl.h>

#include <vector>

namespace rt {
namespace {

// Mounts as the C structs; borrows from the Mounts.
class RawMounts {
public:
    explicit RawMounts(const std::vector<Mount>& mounts) {
        std::size_t options = 0;
        for (const Mount& mount : mounts) options += mount.options.size();
        options_.reserve(options); // no reallocation below: raw_ points into it
        raw_.reserve(mounts.size());
        for (const Mount& mount : mounts) {
            const std::size_t first = options_.size();
            for (const std::string& option : mount.options) options_.push_back(option.c_str());
            raw_.push_back({mount.type.c_str(), mount.source.c_str(), mount.target.c_str(),
                            options_.data() + first, mount.options.size()});
        }
    }
    [[nodiscard]] const std::vector<rtp_mount>& raw() const { return raw_; }

private:
    std::vector<const char*> options_;
    std::vector<rtp_mount> raw_;
};

class IsolationAdapter final : public Isolation {
public:
    IsolationAdapter(std::unique_ptr<PluginInstance> plugin, const rtp_isolation_v1* table,
                     const rtp_isolation_netns_v1* netns)
        : plugin_(std::move(plugin)), table_(table), netns_(netns) {}

    [[nodiscard]] const std::string& instance() const override { return plugin_->instance(); }
    [[nodiscard]] const std::string& plugin() const override { return plugin_->plugin(); }
    Result<std::string> probe(const Operation& operation) override { return plugin_->probe(operation); }

    Result<Process> create(const Operation& operation, const Bundle& bundle) override {
        const RawMounts rootfs(bundle.rootfs);
        const rtp_bundle raw{bundle.id.c_str(),   bundle.directory.c_str(), bundle.config_json.c_str(),
                             rootfs.raw().data(), rootfs.raw().size(),      bundle.stdio[0],
                             bundle.stdio[1],     bundle.stdio[2],          0};
        rtp_process out{0, -1, -1, -1};
        RT_TRY(plugin_->call("create", operation, [&](const rtp_call* call, rtp_error* error) {
            return table_->create(plugin_->self(), call, &raw, &out, error);
        }));
        return own("create", out);
    }

    Result<UniqueFd> make_network_namespace(const Operation& operation) override {
        if (netns_ == nullptr)
            return fail(Code::unsupported, "plugin '", plugin(),
                        "' makes no network namespace ahead of its container");
        std::int32_t raw = -1;
        RT_TRY(plugin_->call("make", operation, [&](const rtp_call* call, rtp_error* error) {
            return netns_->make(plugin_->self(), call, &raw, error);
        }));
        UniqueFd netns(raw);
        if (!netns) return plugin_->broken("make", "returned RTP_OK, but no descriptor");
        RT_TRY(keep_from_children("make", netns));
        return netns;
    }

    Result<void> start(const Operation& operation, const std::string& id) override {
        return plugin_->call("start", operation, [&](const rtp_call* call, rtp_error* error) {
            return table_->start(plugin_->self(), call, id.c_str(), error);
        });
    }

    Result<Process> exec(const Operation& operation, const std::string& id, const std::string& process_json,
                         std::array<int, 3> stdio) override {
        const rtp_exec raw{process_json.c_str(), stdio[0], stdio[1], stdio[2], 0};
        rtp_process out{0, -1, -1, -1};
        RT_TRY(plugin_->call("exec", operation, [&](const rtp_call* call, rtp_error* error) {
            return table_->exec(plugin_->self(), call, id.c_str(), &raw, &out, error);
        }));
        return own("exec", out);
    }

    Result<void> signal(const Operation& operation, const std::string& id, int number,
                        SignalScope scope) override {
        return plugin_->call("signal", operation, [&](const rtp_call* call, rtp_error* error) {
            return table_->signal(plugin_->self(), call, id.c_str(), number, static_cast<std::int32_t>(scope),
                                  error);
        });
    }

    Result<void> destroy(const Operation& operation, const std::string& id,
                         const std::string& config_json) override {
        return plugin_->call("destroy", operation, [&](const rtp_call* call, rtp_error* error) {
            return table_->destroy(plugin_->self(), call, id.c_str(), config_json.c_str(), error);
        });
    }

private:
    // Takes the descriptors of a new process over.
    Result<Process> own(const char* function_name, const rtp_process& raw) const {
        Process process{raw.pid, UniqueFd(raw.pidfd), UniqueFd(raw.console_fd), UniqueFd(raw.netns_fd)};
        if (raw.pid <= 0 || raw.pidfd < 0)
            return plugin_->broken(function_name, "returned RTP_OK, but no process (pid ", raw.pid,
                                   ", pidfd ", raw.pidfd, ")");
        for (const UniqueFd* fd : {&process.pidfd, &process.console, &process.netns})
            if (*fd) RT_TRY(keep_from_children(function_name, *fd));
        return process;
    }

    // A descriptor of the host inside a container would be a way out of it. Costs about 0.1 us each.
    Result<void> keep_from_children(const char* function_name, const UniqueFd& fd) const {
        const int flags = ::fcntl(fd.get(), F_GETFD);
        if (flags < 0)
            return plugin_->broken(function_name, "handed out ", fd.get(), ", which is no descriptor");
        if ((flags & FD_CLOEXEC) != 0) return {};
        if (::fcntl(fd.get(), F_SETFD, flags | FD_CLOEXEC) != 0)
            return fail_errno(errno, "make a descriptor of plugin '", plugin(), "' close-on-exec");
        log_plugin_line(RTP_LOG_WARNING, instance(),
                        plugin_->broken(function_name, "handed out a descriptor that is not close-on-exec")
                            .error()
                            .message);
        return {};
    }

    std::unique_ptr<PluginInstance> plugin_;
    const rtp_isolation_v1* table_;
    const rtp_isolation_netns_v1* netns_; // null: the driver has no such interface
};

} // namespace

Result<std::shared_ptr<Isolation>> make_isolation(const DriverSpec& spec) {
    RT_TRY_ASSIGN(auto plugin, PluginInstance::make(spec, RTP_KIND_ISOLATION));
    using Table = rtp_isolation_v1;
    RT_TRY_ASSIGN(const Table* table, plugin->require(RTP_ISOLATION_V1, &Table::create, &Table::start,
                                                      &Table::exec, &Table::signal, &Table::destroy));
    const rtp_isolation_netns_v1* netns = nullptr;
    if (plugin->find(RTP_ISOLATION_NETNS_V1) != nullptr) {
        RT_TRY_ASSIGN(netns, plugin->require(RTP_ISOLATION_NETNS_V1, &rtp_isolation_netns_v1::make));
    }
    return std::make_shared<IsolationAdapter>(std::move(plugin), table, netns);
}

} // namespace rt
