// SPDX-License-Identifier: Apache-2.0
// Every flag of `docker run --help` (28.5) is known to `rtctl run`, with the letter that docker has for it,
// and stands in docs/options.md.
#include "tools/rtctl/run_options.hpp"

#include "support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace {

using namespace rt::cli;

// "name" or "name,letter"
const char* const kDockers[] = {"add-host",
                                "annotation",
                                "attach,a",
                                "blkio-weight",
                                "blkio-weight-device",
                                "cap-add",
                                "cap-drop",
                                "cgroup-parent",
                                "cgroupns",
                                "cidfile",
                                "cpu-count",
                                "cpu-percent",
                                "cpu-period",
                                "cpu-quota",
                                "cpu-rt-period",
                                "cpu-rt-runtime",
                                "cpu-shares,c",
                                "cpus",
                                "cpuset-cpus",
                                "cpuset-mems",
                                "detach,d",
                                "detach-keys",
                                "device",
                                "device-cgroup-rule",
                                "device-read-bps",
                                "device-read-iops",
                                "device-write-bps",
                                "device-write-iops",
                                "disable-content-trust",
                                "dns",
                                "dns-option",
                                "dns-search",
                                "domainname",
                                "entrypoint",
                                "env,e",
                                "env-file",
                                "expose",
                                "gpus",
                                "group-add",
                                "health-cmd",
                                "health-interval",
                                "health-retries",
                                "health-start-interval",
                                "health-start-period",
                                "health-timeout",
                                "help",
                                "hostname,h",
                                "init",
                                "interactive,i",
                                "io-maxbandwidth",
                                "io-maxiops",
                                "ip",
                                "ip6",
                                "ipc",
                                "isolation",
                                "kernel-memory",
                                "label,l",
                                "label-file",
                                "link",
                                "link-local-ip",
                                "log-driver",
                                "log-opt",
                                "mac-address",
                                "memory,m",
                                "memory-reservation",
                                "memory-swap",
                                "memory-swappiness",
                                "mount",
                                "name",
                                "network",
                                "network-alias",
                                "no-healthcheck",
                                "oom-kill-disable",
                                "oom-score-adj",
                                "pid",
                                "pids-limit",
                                "platform",
                                "privileged",
                                "publish,p",
                                "publish-all,P",
                                "pull",
                                "quiet,q",
                                "read-only",
                                "restart",
                                "rm",
                                "runtime",
                                "security-opt",
                                "shm-size",
                                "sig-proxy",
                                "stop-signal",
                                "stop-timeout",
                                "storage-opt",
                                "sysctl",
                                "tmpfs",
                                "tty,t",
                                "ulimit",
                                "use-api-socket",
                                "user,u",
                                "userns",
                                "uts",
                                "volume,v",
                                "volume-driver",
                                "volumes-from",
                                "workdir,w"};

TEST(DockerFlags, AreAllKnown) {
    const auto known = run_options();
    for (const std::string flag : kDockers) {
        const auto comma = flag.find(',');
        const std::string name = flag.substr(0, comma);
        if (name == "help") continue; // every command has it
        const auto* option = known.find_nothrow(name, false);
        ASSERT_NE(option, nullptr) << name;
        if (comma == flag.npos) continue;
        EXPECT_EQ(known.find_nothrow("-" + flag.substr(comma + 1), false), option) << flag;
    }
}

TEST(DockerFlags, ThatAreRefusedSayWhy) {
    const Command command{"run", "", "", nullptr};
    for (const RefusedFlag& flag : refused_flags()) {
        std::string word = rt::cat("--", flag.name);
        Arguments words{word, "x", "image"};
        if (std::string_view(flag.name) == "use-api-socket") words = {word, "image"};
        const auto parsed = parse(command, run_options(), words, Operands::end_options, 1, SIZE_MAX);
        ASSERT_TRUE(parsed) << parsed.error().error.message;
        const auto request = run_request(**parsed);
        ASSERT_FALSE(request) << word;
        EXPECT_EQ(request.error().code, rt::Code::unsupported) << word;
        EXPECT_NE(request.error().message.find(word), std::string::npos) << request.error().message;
    }
}

TEST(DockerFlags, AndOursStandInTheDocument) {
    const std::string text = rt::test::read_file(RT_SOURCE_DIR "/docs/options.md");
    std::size_t documented = 0;
    for (auto at = text.find("\n| `--"); at != text.npos && at < text.find("## What is refused so far");
         at = text.find("\n| `--", at + 1))
        ++documented;
    std::size_t known = 0;
    const auto description = run_options();
    for (const auto& option : description.options()) {
        ++known;
        EXPECT_NE(text.find(rt::cat("\n| `--", option->long_name(), "`")), text.npos) << option->long_name();
    }
    EXPECT_EQ(documented, known);
    for (const RefusedFlag& flag : refused_flags())
        EXPECT_NE(text.find(rt::cat("\n| `--", flag.name, "` | refused | ", flag.why, " |")), text.npos)
            << flag.name;
}

} // namespace
