// SPDX-License-Identifier: Apache-2.0
// Runs the built rtctl as a user would, on state of the test's own, and looks for what it leaves behind.
#pragma once

#include "support/patience.hpp"
#include "support/temp_dir.hpp"

#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace rt::test {

struct Outcome {
    int exit_code = -1; // 128+n when rtctl itself was ended by signal n
    std::string out;
    std::string err;
};

// Any program; input goes to its standard input. Ends it after a minute.
Outcome run_program(const std::vector<std::string>& arguments, const std::string& input = {});

// Where a cgroup is, whatever the host has below mounts: one hierarchy of version 2, or several.
std::vector<std::filesystem::path> cgroup_directories(const std::filesystem::path& mounts,
                                                      const std::filesystem::path& parent);

// A child of this process is in that system call (x86-64) now.
bool a_child_is_in(long system_call);

class Rtctl {
public:
    // config: the members of the wiring file besides root and run, as JSON without braces.
    explicit Rtctl(const std::string& config = {});
    Rtctl(const Rtctl&) = delete;
    Rtctl& operator=(const Rtctl&) = delete;
    ~Rtctl(); // removes every container that is left

    Outcome operator()(std::vector<std::string> arguments, const std::string& input = {}) const;
    // The command line, for tests that start it themselves.
    [[nodiscard]] std::vector<std::string> command(const std::vector<std::string>& arguments) const;

    // Starts it and says nothing of what it says: when it ends is the caller's, who has to wait for it.
    [[nodiscard]] ::pid_t start(const std::vector<std::string>& arguments) const;

    // A container NAME of these options that ends with exit_code once `wait WORDS NAME` waits for it; what
    // that says.
    [[nodiscard]] Outcome wait_for_end(const std::vector<std::string>& options, const std::string& name,
                                       int exit_code, const std::vector<std::string>& words = {}) const;

    // Imports a root file system with busybox as "busybox", which is called by these names in there; its user
    // "web" (1000:1000) is in group "extra" (2000). What it has made is kept: a process that runs many tests
    // imports once and copies, with the run directory in it of that first one: two of the same config cannot
    // both have it while a container of the first runs.
    void import_busybox(const std::vector<std::string>& applets = kApplets) const;
    static const std::vector<std::string> kApplets; // what the tests use

    [[nodiscard]] std::filesystem::path root() const { return directory_ / "root"; }
    [[nodiscard]] std::filesystem::path run() const { return directory_ / "run"; }
    [[nodiscard]] const TempDir& directory() const { return directory_; }

    // What containers may leave: mounts, links, nft objects, cgroups, shims, snapshots, run directories.
    // Compare two.
    [[nodiscard]] std::set<std::string> traces() const;

private:
    void import_new_busybox(const std::vector<std::string>& applets) const;

    TempDir directory_;
    std::string config_;
};

} // namespace rt::test
