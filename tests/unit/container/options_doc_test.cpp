// SPDX-License-Identifier: Apache-2.0
// docs/options.md says what the code does: every field of docker's Config and HostConfig, and what is
// refused.
#include "core/container/spec.hpp"
#include "core/container/unsupported.hpp"

#include "support/temp_dir.hpp"

#include <gmock/gmock.h>

#include <map>
#include <set>
#include <sstream>

namespace {

using Row = std::vector<std::string>;

std::string trimmed(std::string text) {
    text.erase(0, text.find_first_not_of(' '));
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
}

// The rows of the table below a heading, cells without the back quotes.
std::vector<Row> table(const std::string& heading) {
    const std::string text = rt::test::read_file(RT_SOURCE_DIR "/docs/options.md");
    std::istringstream lines(text.substr(text.find("## " + heading + "\n")));
    std::vector<Row> rows;
    for (std::string line; std::getline(lines, line) && (rows.empty() || line.starts_with("|"));) {
        if (!line.starts_with("| `")) continue;
        Row row;
        std::istringstream cells(line.substr(1));
        for (std::string cell; std::getline(cells, cell, '|');) {
            std::erase(cell, '`');
            row.push_back(trimmed(cell));
        }
        rows.push_back(row);
    }
    return rows;
}

// Engine API v1.50, ContainerConfig, HostConfig and Resources.
const std::set<std::string> kDockers{"Config.Hostname",
                                     "Config.Domainname",
                                     "Config.User",
                                     "Config.AttachStdin",
                                     "Config.AttachStdout",
                                     "Config.AttachStderr",
                                     "Config.ExposedPorts",
                                     "Config.Tty",
                                     "Config.OpenStdin",
                                     "Config.StdinOnce",
                                     "Config.Env",
                                     "Config.Cmd",
                                     "Config.Healthcheck",
                                     "Config.ArgsEscaped",
                                     "Config.Image",
                                     "Config.Volumes",
                                     "Config.WorkingDir",
                                     "Config.Entrypoint",
                                     "Config.NetworkDisabled",
                                     "Config.MacAddress",
                                     "Config.OnBuild",
                                     "Config.Labels",
                                     "Config.StopSignal",
                                     "Config.StopTimeout",
                                     "Config.Shell",
                                     "HostConfig.Binds",
                                     "HostConfig.ContainerIDFile",
                                     "HostConfig.LogConfig",
                                     "HostConfig.NetworkMode",
                                     "HostConfig.PortBindings",
                                     "HostConfig.RestartPolicy",
                                     "HostConfig.AutoRemove",
                                     "HostConfig.VolumeDriver",
                                     "HostConfig.VolumesFrom",
                                     "HostConfig.Mounts",
                                     "HostConfig.ConsoleSize",
                                     "HostConfig.Annotations",
                                     "HostConfig.CapAdd",
                                     "HostConfig.CapDrop",
                                     "HostConfig.CgroupnsMode",
                                     "HostConfig.Dns",
                                     "HostConfig.DnsOptions",
                                     "HostConfig.DnsSearch",
                                     "HostConfig.ExtraHosts",
                                     "HostConfig.GroupAdd",
                                     "HostConfig.IpcMode",
                                     "HostConfig.Cgroup",
                                     "HostConfig.Links",
                                     "HostConfig.OomScoreAdj",
                                     "HostConfig.PidMode",
                                     "HostConfig.Privileged",
                                     "HostConfig.PublishAllPorts",
                                     "HostConfig.ReadonlyRootfs",
                                     "HostConfig.SecurityOpt",
                                     "HostConfig.StorageOpt",
                                     "HostConfig.Tmpfs",
                                     "HostConfig.UTSMode",
                                     "HostConfig.UsernsMode",
                                     "HostConfig.ShmSize",
                                     "HostConfig.Sysctls",
                                     "HostConfig.Runtime",
                                     "HostConfig.Isolation",
                                     "HostConfig.MaskedPaths",
                                     "HostConfig.ReadonlyPaths",
                                     "HostConfig.CpuShares",
                                     "HostConfig.Memory",
                                     "HostConfig.CgroupParent",
                                     "HostConfig.BlkioWeight",
                                     "HostConfig.BlkioWeightDevice",
                                     "HostConfig.BlkioDeviceReadBps",
                                     "HostConfig.BlkioDeviceWriteBps",
                                     "HostConfig.BlkioDeviceReadIOps",
                                     "HostConfig.BlkioDeviceWriteIOps",
                                     "HostConfig.CpuPeriod",
                                     "HostConfig.CpuQuota",
                                     "HostConfig.CpuRealtimePeriod",
                                     "HostConfig.CpuRealtimeRuntime",
                                     "HostConfig.CpusetCpus",
                                     "HostConfig.CpusetMems",
                                     "HostConfig.Devices",
                                     "HostConfig.DeviceCgroupRules",
                                     "HostConfig.DeviceRequests",
                                     "HostConfig.KernelMemoryTCP",
                                     "HostConfig.MemoryReservation",
                                     "HostConfig.MemorySwap",
                                     "HostConfig.MemorySwappiness",
                                     "HostConfig.NanoCpus",
                                     "HostConfig.OomKillDisable",
                                     "HostConfig.Init",
                                     "HostConfig.PidsLimit",
                                     "HostConfig.Ulimits",
                                     "HostConfig.CpuCount",
                                     "HostConfig.CpuPercent",
                                     "HostConfig.IOMaximumIOps",
                                     "HostConfig.IOMaximumBandwidth"};

TEST(OptionsDocument, HasEveryFieldOfDockersApiOnce) {
    std::multiset<std::string> documented;
    for (const Row& row : table("Fields")) documented.insert(row[0]);
    EXPECT_EQ(std::set<std::string>(documented.begin(), documented.end()), kDockers);
    EXPECT_EQ(documented.size(), kDockers.size());
}

TEST(OptionsDocument, NamesTheMembersThatTheCodeHas) {
    std::map<std::string, std::string> members;
    for (const rt::SpecField& field : rt::spec_fields()) {
        std::istringstream names{std::string(field.docker)};
        for (std::string name; names >> name;)
            members[name] += (members[name].empty() ? "" : ", ") + std::string(field.key);
    }
    for (const Row& row : table("Fields")) {
        ASSERT_GE(row.size(), 4U) << row[0];
        EXPECT_EQ(row[2], members[row[0]]) << row[0];
        const bool kept = !row[2].empty();
        EXPECT_TRUE(kept ? row[1] == "works" || row[1] == "refused" : row[1] == "none") << row[0];
        if (!kept) {
            EXPECT_FALSE(row[3].empty()) << row[0] << " has no reason";
        }
    }
    for (const auto& [name, member] : members) EXPECT_TRUE(kDockers.contains(name)) << name;
}

TEST(OptionsDocument, HasEveryRefusalWithItsReason) {
    std::vector<std::string> documented;
    for (const Row& row : table("What is refused so far")) documented.push_back(row[0] + ": " + row[1]);
    std::vector<std::string> coded;
    for (const auto& refusal : rt::unsupported_options())
        coded.push_back(refusal.option + ": " + refusal.why);
    EXPECT_EQ(documented, coded);
}

} // namespace
