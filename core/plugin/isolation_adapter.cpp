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

struct PidList {
    std::vector<int> pids;
    const char* defect = nullptr;

    static void add(void* context, std::int32_t pid) noexcept {
        auto& self = *static_cast<PidList*>(context);
        if (pid <= 0) {
            self.defect = "listed a process with a pid that does not exist";
            return;
        }
        if (self.pids.size() == kMostProcesses) {
            self.defect = "listed more processes than a kernel can have";
            return;
        }
        try {
            self.pids.push_back(pid);
        } catch (...) {
            self.defect = "listed more processes than there is memory for";
        }
    }

    static constexpr std::size_t kMostProcesses = 4 << 20; // PID_MAX_LIMIT
};

// What a driver may leave out; null where it does.
struct OptionalTables {
    const rtp_isolation_netns_v1* netns = nullptr;
    const rtp_isolation_freeze_v1* freeze = nullptr;
    const rtp_isolation_stats_v1* stats = nullptr;
    const rtp_isolation_update_v1* update = nullptr;
    const rtp_isolation_processes_v1* processes = nullptr;
};

class IsolationAdapter final : public Isolation {
public:
    IsolationAdapter(std::unique_ptr<PluginInstance> plugin, const rtp_isolation_v1* table,
                     const OptionalTables& optional)
        : plugin_(std::move(plugin)), table_(table), optional_(optional) {}

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
        if (optional_.netns == nullptr) return cannot("make a network namespace ahead of its container");
        std::int32_t raw = -1;
        RT_TRY(plugin_->call("make", operation, [&](const rtp_call* call, rtp_error* error) {
            return optional_.netns->make(plugin_->self(), call, &raw, error);
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

    Result<void> pause(const Operation& operation, const std::string& id) override {
        if (optional_.freeze == nullptr) return cannot("pause a container");
        return plugin_->call("pause", operation, [&](const rtp_call* call, rtp_error* error) {
            return optional_.freeze->pause(plugin_->self(), call, id.c_str(), error);
        });
    }

    Result<void> resume(const Operation& operation, const std::string& id) override {
        if (optional_.freeze == nullptr) return cannot("resume a container");
        return plugin_->call("resume", operation, [&](const rtp_call* call, rtp_error* error) {
            return optional_.freeze->resume(plugin_->self(), call, id.c_str(), error);
        });
    }

    Result<std::string> stats(const Operation& operation, const std::string& id) override {
        if (optional_.stats == nullptr) return cannot("tell what a container uses");
        return plugin_->call_for_json(
            "stats", operation, [&](const rtp_call* call, const rtp_sink* sink, rtp_error* error) {
                return optional_.stats->stats(plugin_->self(), call, id.c_str(), sink, error);
            });
    }

    Result<void> update(const Operation& operation, const std::string& id,
                        const std::string& resources_json) override {
        if (optional_.update == nullptr) return cannot("change the limits of a container that runs");
        return plugin_->call("update", operation, [&](const rtp_call* call, rtp_error* error) {
            return optional_.update->update(plugin_->self(), call, id.c_str(), resources_json.c_str(), error);
        });
    }

    Result<std::vector<int>> processes(const Operation& operation, const std::string& id) override {
        if (optional_.processes == nullptr) return cannot("list the processes of a container");
        PidList list;
        const rtp_pid_sink sink{&list, PidList::add};
        RT_TRY(plugin_->call("processes", operation, [&](const rtp_call* call, rtp_error* error) {
            return optional_.processes->processes(plugin_->self(), call, id.c_str(), &sink, error);
        }));
        if (list.defect != nullptr) return plugin_->broken("processes", list.defect);
        return std::move(list.pids);
    }

private:
    [[nodiscard]] std::unexpected<Error> cannot(const char* what) const {
        return fail(Code::unsupported, "isolation driver '", instance(), "' (", plugin(), ") cannot ", what);
    }

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
    OptionalTables optional_;
};

Result<OptionalTables> find_optional(const PluginInstance& plugin) {
    OptionalTables out;
    RT_TRY_ASSIGN(out.netns, plugin.require_if_there(RTP_ISOLATION_NETNS_V1, &rtp_isolation_netns_v1::make));
    RT_TRY_ASSIGN(out.freeze,
                  plugin.require_if_there(RTP_ISOLATION_FREEZE_V1, &rtp_isolation_freeze_v1::pause,
                                          &rtp_isolation_freeze_v1::resume));
    RT_TRY_ASSIGN(out.stats, plugin.require_if_there(RTP_ISOLATION_STATS_V1, &rtp_isolation_stats_v1::stats));
    RT_TRY_ASSIGN(out.update,
                  plugin.require_if_there(RTP_ISOLATION_UPDATE_V1, &rtp_isolation_update_v1::update));
    RT_TRY_ASSIGN(out.processes, plugin.require_if_there(RTP_ISOLATION_PROCESSES_V1,
                                                         &rtp_isolation_processes_v1::processes));
    return out;
}

} // namespace

Result<std::shared_ptr<Isolation>> make_isolation(const DriverSpec& spec) {
    RT_TRY_ASSIGN(auto plugin, PluginInstance::make(spec, RTP_KIND_ISOLATION));
    using Table = rtp_isolation_v1;
    RT_TRY_ASSIGN(const Table* table, plugin->require(RTP_ISOLATION_V1, &Table::create, &Table::start,
                                                      &Table::exec, &Table::signal, &Table::destroy));
    RT_TRY_ASSIGN(const OptionalTables optional, find_optional(*plugin));
    return std::make_shared<IsolationAdapter>(std::move(plugin), table, optional);
}

} // namespace rt
