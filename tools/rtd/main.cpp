// SPDX-License-Identifier: Apache-2.0
// rtd: the engine behind docker's API.
#include "core/base/text.hpp"
#include "tools/rtd/engine/metrics.hpp"
#include "tools/rtd/http/listener.hpp"
#include "tools/rtd/http/tls.hpp"
#include "tools/rtd/log.hpp"
#include "tools/rtd/routes/dispatch.hpp"
#include "tools/rtd/routes/metrics_page.hpp"
#include "tools/rtd/service_manager.hpp"
#include "tools/rtd/services.hpp"

#include "core/base/descriptor_limit.hpp"
#include "core/container/operation_name.hpp"
#include "core/plugin/loader.hpp"
#include "core/shim/client.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/program_options.hpp>
#include <rtp/host.h>

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <malloc.h>
#include <sys/stat.h>
#include <unistd.h>

#include <iostream>
#include <list>
#include <mutex>
#include <optional>
#include <thread>

namespace rt::rtd {
namespace {

namespace options = boost::program_options;

struct Settings {
    Path config_file;
    std::vector<std::string> hosts;
    ListenOptions listening;
    TlsFiles tls;
    std::string metrics; // "": nowhere
    bool debug = false, logs_requests = false;
};

void log_plugin(int level, const std::string& instance, const std::string& text) {
    const LogLevel as = level == RTP_LOG_DEBUG     ? LogLevel::debug
                        : level == RTP_LOG_INFO    ? LogLevel::info
                        : level == RTP_LOG_WARNING ? LogLevel::warning
                                                   : LogLevel::error;
    log(as, cat(instance, ": ", text));
}

// Answers the exit code; empty: go on.
Result<std::optional<int>> read_settings(int argc, char** argv, Settings& settings) {
    options::options_description description("Options");
    description.add_options()("config", options::value<std::string>()->value_name("FILE"),
                              "the wiring file (default: /etc/rt/config.json where it exists)")(
        "host,H", options::value<std::vector<std::string>>()->composing()->value_name("ADDRESS"),
        "where to listen (may be given again): unix://PATH, tcp://ADDRESS:PORT with TLS, or fd:// for the "
        "sockets of systemd (default: unix:///run/rt/rtd.sock)")(
        "group,G", options::value<std::string>()->value_name("GROUP"),
        "who may use unix sockets besides root (default: docker)")(
        "allow-open-tcp", "listen on loopback without TLS, where every local user becomes root")(
        "tlscacert", options::value<std::string>()->value_name("FILE"),
        "speak TLS on tcp, with clients whose certificate this authority has signed")(
        "tlscert", options::value<std::string>()->value_name("FILE"), "the server's certificate")(
        "tlskey", options::value<std::string>()->value_name("FILE"), "the key of the server's certificate")(
        "metrics", options::value<std::string>()->value_name("ADDRESS:PORT"),
        "show counters there, to everybody who asks (GET /metrics, for Prometheus)")(
        "log-requests", "a line in the log for each request")("debug,D", "log all that drivers say")(
        "version,v", "show the version")("help,h", "show this text");
    options::variables_map given;
    try {
        options::store(options::command_line_parser(argc, argv)
                           .options(description)
                           .positional(options::positional_options_description())
                           .run(),
                       given);
    } catch (const options::error& error) {
        return fail(Code::invalid_argument, error.what(), "; see 'rtd --help'");
    }
    if (given.contains("help")) {
        std::cout << "Usage: rtd [OPTIONS]\n\nServes docker's API (versions 1.24 to 1.50) over the container "
                     "engine rt.\n\n"
                  << description;
        return 0;
    }
    if (given.contains("version")) {
        std::puts("rtd " RT_VERSION);
        return 0;
    }
    if (given.contains("config")) settings.config_file = given["config"].as<std::string>();
    if (given.contains("host")) settings.hosts = given["host"].as<std::vector<std::string>>();
    if (given.contains("group")) {
        settings.listening.group = given["group"].as<std::string>();
        settings.listening.needs_group = true;
    }
    if (settings.hosts.empty()) settings.hosts = {"unix:///run/rt/rtd.sock"};
    settings.listening.open_tcp = given.contains("allow-open-tcp");
    if (given.contains("metrics")) settings.metrics = given["metrics"].as<std::string>();
    settings.logs_requests = given.contains("log-requests");
    const auto file = [&](const char* name) {
        return given.contains(name) ? given[name].as<std::string>() : "";
    };
    settings.tls = {file("tlscacert"), file("tlscert"), file("tlskey")};
    settings.listening.has_tls = given.contains("tlscacert");
    if (given.contains("tlscert") != settings.listening.has_tls ||
        given.contains("tlskey") != settings.listening.has_tls)
        return fail(Code::invalid_argument,
                    "--tlscacert, --tlscert and --tlskey go together: give all or none");
    settings.debug = given.contains("debug");
    return std::nullopt;
}

void log_request(const RequestRecord& record) {
    const OperationName name(record.operation);
    const auto microseconds = [](std::chrono::nanoseconds time) { return time.count() / 1000; };
    log(LogLevel::info, cat(record.method, " ", record.path, " ", record.status, " route=", record.route,
                            " version=", to_string(record.version), " head_us=",
                            microseconds(record.until_head), " end_us=", microseconds(record.until_end)));
}

// Work that is under way has a moment to end: an upload whose client is slow, a stop with a long grace. What
// is left of it is cleaned up as after a kill.
class LastMoment {
public:
    LastMoment()
        : watch_([](const std::stop_token& ended) {
              constexpr std::chrono::seconds kMoment{3};
              std::mutex mutex;
              std::condition_variable_any over;
              std::unique_lock lock(mutex);
              over.wait_for(lock, ended, kMoment, [] { return false; });
              if (ended.stop_requested()) return;
              log(LogLevel::warning, "rtd ends in the middle of what it was doing");
              ::_exit(0);
          }) {}

private:
    std::jthread watch_;
};

// No client comes in any more, and none has a further wish: they are the next one's. What is being worked on
// is done first, with all that still serves it. Streams without an end just end.
Awaitable<void> end_when_asked(asio::io_context& io, asio::signal_set& signals, Services& services,
                               Serving& serving, std::list<asio::cancellation_signal>& accepting,
                               std::optional<LastMoment>& last_moment) {
    constexpr std::chrono::milliseconds kPause{2};
    constexpr int kEnough = 3; // looks that find nothing; a request may have a next step in between
    co_await signals.async_wait(asio::use_awaitable);
    notify_service_manager("STOPPING=1");
    log(LogLevel::info, "rtd ends; containers go on");
    last_moment.emplace();
    serving.ending = true;
    for (asio::cancellation_signal& signal : accepting) signal.emit(asio::cancellation_type::terminal);
    asio::steady_timer pause(io);
    for (int idle = 0; idle < kEnough; idle = services.is_busy() ? 0 : idle + 1) {
        pause.expires_after(kPause);
        co_await pause.async_wait(asio::use_awaitable);
    }
    io.stop();
}

// What the server cannot do without has failed: it is better to be started again than to go on half dead.
// Containers do not notice.
void end_without(const std::exception_ptr& problem) {
    if (!problem) return;
    try {
        std::rethrow_exception(problem);
    } catch (const boost::system::system_error& cancelled) {
        if (cancelled.code() == asio::error::operation_aborted) return; // it was to end
        log(LogLevel::error, cat("rtd ends, to be started again: ", cancelled.what()));
    } catch (const std::exception& exception) {
        log(LogLevel::error, cat("rtd ends, to be started again: ", exception.what()));
    }
    ::_exit(1);
}

Awaitable<void> reap_shims(asio::signal_set& ended_children) {
    for (;;) {
        co_await ended_children.async_wait(asio::use_awaitable);
        ShimClient::reap_launched();
    }
}

// Others end at these words; what would be read again is said, and that it is not.
Awaitable<void> pass_over_reloads(asio::signal_set& hang_ups) {
    for (;;) {
        co_await hang_ups.async_wait(asio::use_awaitable);
        log(LogLevel::warning,
            "SIGHUP: nothing is read again while rtd runs; to have it read another wiring file "
            "start it anew, containers do not notice");
    }
}

Result<void> serve(const Settings& settings) {
    std::vector<Listener> listeners;
    std::optional<Listener> for_metrics;
    std::shared_ptr<asio::ssl::context> tls;
    // Before what runs coroutines: these tell what became of their requests when they are ended with it.
    Metrics metrics;
    Serving serving, serving_metrics;
    asio::io_context io(1);
    // Before anything listens: who is answered may send any of them.
    asio::signal_set signals(io, SIGTERM, SIGINT);
    asio::signal_set ended_children(io, SIGCHLD), hang_ups(io, SIGHUP);
    const auto open = [file = settings.config_file] {
        return Engine::open(file, [](const std::string& text) { log(LogLevel::warning, text); });
    };
    RT_TRY(open()); // what is wrong with the wiring is told before anything listens
    for (const std::string& host : settings.hosts) {
        RT_TRY_ASSIGN(auto opened, listen_at(host, settings.listening));
        for (Listener& listener : opened) listeners.push_back(std::move(listener));
    }
    if (settings.listening.has_tls) {
        RT_TRY_ASSIGN(tls, open_tls(settings.tls));
    }
    if (!settings.metrics.empty()) {
        RT_TRY_ASSIGN(Listener opened, listen_for_metrics(settings.metrics));
        for_metrics.emplace(std::move(opened));
    }
    std::optional<LastMoment> last_moment; // outlives what has threads
    Services services(io.get_executor(), open);
    serving.find = [&services](Request& request) { return find_handler(services, request); };
    serving.done = [&](const RequestRecord& record) {
        metrics.count(record);
        if (settings.logs_requests) log_request(record);
    };
    serving_metrics.find = metrics_page(services, metrics, serving);
    const ServeClient serve_metrics = [&](Socket client) {
        asio::co_spawn(io, serve_connection(std::move(client), serving_metrics), asio::detached);
    };
    const ServeClient serve_plain = [&](Socket client) {
        asio::co_spawn(io, serve_connection(std::move(client), serving), asio::detached);
    };
    const ServeClient serve_encrypted = [&](Socket client) {
        asio::co_spawn(io, serve_tls(std::move(client), *tls, serving), asio::detached);
    };
    std::list<asio::cancellation_signal> accepting;
    for (const Listener& listener : listeners)
        asio::co_spawn(io,
                       accept_clients(listener.fd(), listener.speaks_tls() ? serve_encrypted : serve_plain),
                       asio::bind_cancellation_slot(accepting.emplace_back().slot(), end_without));
    if (for_metrics) asio::co_spawn(io, accept_clients(for_metrics->fd(), serve_metrics), end_without);
    asio::co_spawn(io, end_when_asked(io, signals, services, serving, accepting, last_moment), end_without);
    asio::co_spawn(io, reap_shims(ended_children), end_without);
    asio::co_spawn(io, pass_over_reloads(hang_ups), end_without);
    asio::co_spawn(io, services.events.run(), end_without);
    asio::co_spawn(io, services.events.tell_in_turn(), end_without);
    asio::co_spawn(io, services.leases.run(), end_without);
    asio::co_spawn(io, services.logs.run(), end_without);
    asio::co_spawn(io, services.attaches.follow(services.events, services.workers), end_without);
    log(LogLevel::info, cat("rtd " RT_VERSION " listens at ", joined(settings.hosts, ", ")));
    notify_service_manager("READY=1");
    io.run();
    return {};
}

int main_with(int argc, char** argv) {
    Settings settings;
    const auto exit_code = read_settings(argc, argv, settings);
    if (!exit_code) {
        std::fprintf(stderr, "rtd: %s\n", exit_code.error().message.c_str());
        return 125;
    }
    if (*exit_code) return **exit_code;
    set_log_level(settings.debug ? LogLevel::debug : LogLevel::info);
    set_plugin_log(log_plugin);
    const Result<void> served = serve(settings);
    if (!served) log(LogLevel::error, served.error().message);
    return served ? 0 : 1;
}

} // namespace
} // namespace rt::rtd

int main(int argc, char** argv) {
    ::umask(022);               // what containers are to read must not depend on who starts us
    ::signal(SIGPIPE, SIG_IGN); // clients go when they like
    rt::raise_descriptor_limit();
    ::mallopt(M_ARENA_MAX, 2); // many threads that allocate little: an arena each would be memory for nothing
    // What root has stored for registries is root's, not that of every client.
    ::unsetenv("HOME");
    ::unsetenv("DOCKER_CONFIG");
    return rt::rtd::main_with(argc, argv);
}
