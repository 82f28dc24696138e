// SPDX-License-Identifier: Apache-2.0
// A container out of busybox for the tests of the isolation plugin: a root file system in a temporary
// directory, a config.json to change, and the plugin's functions with their results as plain values. Removes
// what it made.
#pragma once

#include "support/plugin_host.hpp"
#include "support/temp_dir.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rt::test {

struct Outcome {
    rtp_status status = RTP_OK;
    std::string message;
    int exit_code = -1; // 128 + n for a signal
    std::string output; // standard output and error
};

class ContainerTest : public testing::Test {
protected:
    ContainerTest();
    ~ContainerTest() override;

    // The plugin, straight. create() leaves the process in process_ and its output in a pipe.
    Outcome create();
    Outcome start();
    Outcome wait(); // for the first process; reads its output to the end
    Outcome destroy();
    Outcome signal(int number, int scope = RTP_SIGNAL_FIRST_PROCESS);
    Outcome exec(const nlohmann::json& process); // and waits
    Outcome exec_shell(const std::string& script);

    // create, start, wait, destroy; the first failure ends it (and destroys).
    Outcome run();
    Outcome run_shell(const std::string& script);

    [[nodiscard]] bool nothing_is_left() const; // no cgroup and no mount of this test
    [[nodiscard]] std::string cgroup_path() const { return "/" + name_; }
    [[nodiscard]] std::string cgroup_file(const std::string& controller, const std::string& file) const;
    [[nodiscard]] std::string read_process(int pid, const std::string& file) const;
    [[nodiscard]] std::filesystem::path rootfs() const { return directory_ / "bundle/rootfs"; }
    void close_process(); // the descriptors
    std::unique_ptr<PluginHost> another_instance() const;
    void use_overlay();
    void wait_until(const std::function<bool()>& condition) const; // at most 10 s

    TempDir directory_;
    std::string name_; // of the container and of its cgroup
    std::unique_ptr<PluginHost> host_;
    nlohmann::json config_;
    rtp_process process_{0, -1, -1, -1};
    std::vector<rtp_mount> mounts_;
    rtp_call call_ = kCall;
    int output_ = -1;

private:
    const rtp_isolation_v1& table() const { return host_->table<rtp_isolation_v1>(RTP_ISOLATION_V1); }
    void make_rootfs();

    void reap();
    std::vector<std::string> texts_;
    std::vector<const char*> options_;
};

} // namespace rt::test
