// SPDX-License-Identifier: Apache-2.0
#include "integration/shim/shim_fixture.hpp"

#include "core/base/clock.hpp"
#include "core/shim/run_files.hpp"
#include "support/patience.hpp"

#include <nlohmann/json.hpp>

#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace rt::test {

ShimTest::ShimTest() : directory_(temp_ / "run") {
    std::filesystem::create_directory(directory_);
    ::chmod(directory_.c_str(), 0700);
    const Path script = temp_ / "reaper";
    write_file(script, cat("#!/bin/sh\necho \"$1\" >>'", reaper_file().native(), "'\nexit 1\n"));
    ::chmod(script.c_str(), 0755);
    launch_.program = RT_BUILD_DIR "/libexec/rt/rt-shim";
    launch_.container_id = std::string(64, 'c');
    launch_.directory = directory_;
    launch_.isolation = {RT_BUILD_DIR "/tests/fixtures/isolation/fake.so", "fake", "{}", temp_ / "state",
                         temp_ / "driver"};
    launch_.reaper_command = {script};
}

ShimTest::~ShimTest() {
    if (shim_is_alive(directory_)) {
        const pid_t pid = shim_pid();
        if (auto client = ShimClient::connect(directory_)) (void)client->destroy(operation_);
        ::kill(pid, SIGKILL);
        (void)eventually([&] { return !shim_is_alive(directory_); });
    }
    // A run of the reaper may still be about to write its line.
    (void)eventually([&] {
        std::error_code problem;
        std::filesystem::remove_all(temp_.path(), problem);
        return !problem;
    });
}

std::string ShimTest::log() const {
    return read_file(log_file());
}

std::size_t ShimTest::reaper_runs() const {
    if (!std::filesystem::exists(reaper_file())) return 0;
    return static_cast<std::size_t>(std::ranges::count(read_file(reaper_file()), '\n'));
}

pid_t ShimTest::shim_pid() const {
    return std::stoi(read_file(directory_ / shim::kPidName).substr(4));
}

ShimClient ShimTest::launch() {
    auto client = ShimClient::launch(launch_);
    if (!client) throw std::runtime_error(client.error().message);
    return std::move(*client);
}

ShimClient ShimTest::connect() {
    auto client = ShimClient::connect(directory_);
    if (!client) throw std::runtime_error(client.error().message);
    return std::move(*client);
}

ShimContainer ShimTest::shell(const std::string& script) const {
    return program({"/bin/sh", "-c", script});
}

ShimContainer ShimTest::program(std::vector<std::string> arguments, bool terminal) const {
    const nlohmann::json spec = {{"process", {{"args", arguments}, {"terminal", terminal}}},
                                 {"annotations", nlohmann::json::parse(annotations_)}};
    ShimContainer container;
    container.bundle_directory = directory_;
    container.config_json = spec.dump();
    container.terminal = terminal;
    container.log.file = log_file();
    return container;
}

ShimClient ShimTest::run(const ShimContainer& container, bool with_stdin) {
    ShimClient client = launch();
    const auto check = [](const auto& result) {
        if (!result) throw std::runtime_error(result.error().message);
    };
    check(client.create(operation_, container));
    check(client.attach(with_stdin));
    check(client.start(operation_));
    return client;
}

Collected ShimTest::collect(ShimClient& client) {
    Collected all;
    for (;;) {
        auto event = client.next();
        if (!event || event->kind == ShimEvent::Kind::closed) return all;
        if (event->kind == ShimEvent::Kind::output)
            (event->stream == Stream::error ? all.error : all.out) += event->data;
        if (event->kind != ShimEvent::Kind::exit) continue;
        all.exited = true;
        all.exit = event->exit;
        return all;
    }
}

void ShimTest::expect_output(ShimClient& client, const std::string& text) {
    std::string seen;
    while (seen.find(text) == std::string::npos) {
        auto event = client.next();
        ASSERT_TRUE(event.has_value());
        ASSERT_TRUE(event->kind == ShimEvent::Kind::output || event->kind == ShimEvent::Kind::progress)
            << "the container ended before it had said '" << text << "'; it said '" << seen << "'";
        seen += event->data;
    }
}

} // namespace rt::test
