// SPDX-License-Identifier: Apache-2.0
// Every option of docker's client (28) is known to the command of rtctl that has its name, with the letter
// that docker has for it: it works, or it is refused by name. run and create:
// tests/unit/rtctl/docker_flags_test.cpp.
#include "with_busybox.hpp"

#include <map>
#include <sstream>

namespace {

using testing::HasSubstr;
using testing::Not;
using Words = std::vector<std::string>;

// "name" or "name,letter"
const std::map<std::string, std::string> kDockers{
    {"attach", "detach-keys no-stdin sig-proxy"},
    {"container prune", "filter force,f"},
    {"cp", "archive,a follow-link,L quiet,q"},
    {"events", "filter,f format since until"},
    {"exec", "detach,d detach-keys env,e env-file interactive,i privileged tty,t user,u workdir,w"},
    {"export", "output,o"},
    {"history", "format human,H no-trunc platform quiet,q"},
    {"image inspect", "format,f platform"},
    {"image prune", "all,a filter force,f"},
    {"images", "all,a digests filter,f format no-trunc quiet,q tree"},
    {"import", "change,c message,m platform"},
    {"info", "format,f"},
    {"inspect", "format,f size,s type"},
    {"kill", "signal,s"},
    {"load", "input,i platform quiet,q"},
    {"logs", "details follow,f since tail,n timestamps,t until"},
    {"network connect", "alias driver-opt gw-priority ip ip6 link link-local-ip"},
    {"network create", "attachable aux-address config-from config-only driver,d gateway ingress internal "
                       "ip-range ipam-driver ipam-opt ipv4 ipv6 label opt,o scope subnet"},
    {"network disconnect", "force,f"},
    {"network inspect", "format,f verbose,v"},
    {"network ls", "filter,f format no-trunc quiet,q"},
    {"network prune", "filter force,f"},
    {"network rm", "force,f"},
    {"ps", "all,a filter,f format last,n latest,l no-trunc quiet,q size,s"},
    {"pull", "all-tags,a disable-content-trust platform quiet,q"},
    {"restart", "signal,s timeout,t"},
    {"rm", "force,f link,l volumes,v"},
    {"rmi", "force,f no-prune platform"},
    {"start", "attach,a checkpoint checkpoint-dir detach-keys interactive,i"},
    {"stats", "all,a format no-stream no-trunc"},
    {"stop", "signal,s timeout,t"},
    {"system df", "format verbose,v"},
    {"system prune", "all,a filter force,f volumes"},
    {"update", "blkio-weight cpu-period cpu-quota cpu-rt-period cpu-rt-runtime cpu-shares,c cpus cpuset-cpus "
               "cpuset-mems memory,m memory-reservation memory-swap pids-limit restart"},
    {"version", "format,f"},
    {"volume create", "availability driver,d group label limit-bytes opt,o required-bytes scope secret "
                      "sharing topology-preferred topology-required type"},
    {"volume inspect", "format,f"},
    {"volume ls", "cluster filter,f format quiet,q"},
    {"volume prune", "all,a filter force,f"},
    {"volume rm", "force,f"},
};

Words words_of(const std::string& text) {
    std::istringstream stream(text);
    return {std::istream_iterator<std::string>(stream), {}};
}

class DockerOptions : public WithBusybox {
protected:
    std::string help_of(const std::string& command) {
        Words words = words_of(command);
        words.emplace_back("--help");
        return rtctl_(words).out;
    }
    void expect_refused(Words words, const std::string& why) {
        const auto outcome = rtctl_(words);
        EXPECT_NE(outcome.exit_code, 0) << why;
        EXPECT_THAT(outcome.err, HasSubstr(why));
    }
};

TEST_F(DockerOptions, AreAllKnown) {
    for (const auto& [command, options] : kDockers) {
        const std::string help = help_of(command);
        for (const std::string& option : words_of(options)) {
            const auto comma = option.find(',');
            const std::string name = "--" + option.substr(0, comma);
            const std::string shown = comma == option.npos
                                          ? "\n  " + name
                                          : "\n  -" + option.substr(comma + 1) + " [ " + name + " ]";
            EXPECT_TRUE(help.find(shown + " ") != help.npos || help.find(shown + "\n") != help.npos)
                << command << " " << option;
        }
    }
}

TEST_F(DockerOptions, OfCreateAreThoseOfRunButForItsAttachment) {
    const std::string run = help_of("run"), create = help_of("create");
    for (const char* option : {"--detach", "--detach-keys", "--sig-proxy"}) {
        EXPECT_THAT(run, HasSubstr(option));
        EXPECT_THAT(create, Not(HasSubstr(option)));
        EXPECT_EQ(rtctl_({"create", option, "busybox"}).exit_code, 125) << option;
    }
    EXPECT_THAT(create, HasSubstr("--interactive"));
}

TEST_F(DockerOptions, ThatAreRefusedSayWhy) {
    expect_refused({"rm", "--link", "one"},
                   "rm: --link is not supported: a link goes with its place in a network");
    expect_refused({"rm", "-l", "one"}, "--link");
    expect_refused({"images", "--tree"}, "--tree is not supported: an image here is for one machine");
    expect_refused({"start", "--checkpoint", "x", "one"}, "--checkpoint is not supported");
    expect_refused({"volume", "create", "--type", "block", "x"}, "it is for volumes of swarms");
    expect_refused({"volume", "ls", "--cluster"}, "it is for volumes of swarms");
    expect_refused({"pull", "--disable-content-trust=false", "x"}, "docker's content trust");
    expect_refused({"pull", "-a", "x:1"}, "tag can't be used with --all-tags/-a");
}

TEST_F(DockerOptions, ThePlatformHasToBeTheImages) {
    const std::string wrong = "image 'busybox:latest' is for ";
    expect_refused({"history", "--platform", "linux/s390x", "busybox"}, wrong);
    expect_refused({"image", "inspect", "--platform", "linux/s390x", "busybox"}, wrong);
    expect_refused({"rmi", "--platform", "linux/s390x", "busybox"}, wrong);
    expect_refused({"rmi", "-f", "--platform", "linux/s390x", "busybox"}, wrong);
    expect_refused({"inspect", "--type", "container", "--platform", "linux/s390x", "one"},
                   "--platform is for images");
    const std::string own = rtctl_({"image", "inspect", "-f", "{{.Os}}/{{.Architecture}}", "busybox"}).out;
    const std::string platform = own.substr(0, own.find('\n'));
    EXPECT_EQ(rtctl_({"history", "-q", "--platform", platform, "busybox"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"history", "-H", "busybox"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"image", "inspect", "--platform", platform, "busybox"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"tag", "busybox", "second"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"rmi", "--no-prune", "--platform", platform, "second"}).out,
              "Untagged: second:latest\n");
}

// stop and restart say with what a container is asked to end, and how long it may take.
TEST_F(DockerOptions, OfAnEndAreItsSignalAndItsTimeout) {
    ASSERT_EQ(rtctl_({"run", "-d", "--name", "one", "busybox", "sh", "-c",
                      "trap 'echo one; exit 3' USR1; trap 'echo two; exit 4' USR2; echo ready; "
                      "while :; do sleep 0.05; done"})
                  .exit_code,
              0);
    const auto is_ready = [&](int times) {
        return rt::test::eventually([&] {
            const std::string log = rtctl_({"logs", "one"}).out;
            int found = 0;
            for (auto at = log.find("ready"); at != log.npos; at = log.find("ready", at + 1)) ++found;
            return found == times;
        });
    };
    ASSERT_TRUE(is_ready(1));
    EXPECT_EQ(rtctl_({"restart", "--signal", "USR2", "--timeout", "50", "one"}).out, "one\n");
    ASSERT_TRUE(is_ready(2));
    EXPECT_EQ(rtctl_({"stop", "-s", "SIGUSR1", "--time", "50", "one"}).out, "one\n");
    EXPECT_EQ(rtctl_({"inspect", "-f", "{{.State.ExitCode}}", "one"}).out, "3\n");
    EXPECT_EQ(rtctl_({"logs", "one"}).out, "ready\ntwo\nready\none\n");
    EXPECT_THAT(rtctl_({"events", "--since", "1h", "--until", "0s", "--filter", "event=kill", "--format",
                        "{{.Actor.Attributes.signal}}"})
                    .out,
                "12\n10\n");
    expect_refused({"stop", "--time", "1", "--timeout", "1", "one"}, "give one of them");
    expect_refused({"restart", "-s", "TERMM", "one"}, "unknown signal 'TERMM' (did you mean TERM?)");
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
}

} // namespace
