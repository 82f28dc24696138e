// SPDX-License-Identifier: Apache-2.0
// The optional interface rt.isolation.netns: a network namespace before its container.
#include "container_fixture.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>

namespace rt::test {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Ahead : public ContainerTest {
protected:
    ~Ahead() override { close_handed_out(); }

    rtp_status make() {
        rtp_error error{};
        const auto& table = host_->table<rtp_isolation_netns_v1>(RTP_ISOLATION_NETNS_V1);
        return table.make(host_->self(), &kCall, &netns_, &error);
    }

    void close_handed_out() {
        if (netns_ >= 0) ::close(netns_);
        netns_ = -1;
    }

    static std::string name_of(int fd) { return fs::read_symlink("/proc/self/fd/" + std::to_string(fd)); }
    static std::string own_namespace() { return fs::read_symlink("/proc/thread-self/ns/net"); }

    // Which processes live in it, and which have it open: "PID" and "PID:fd".
    static std::vector<std::string> holders(const std::string& name) {
        std::vector<std::string> out;
        std::error_code gone;
        for (const auto& process : fs::directory_iterator("/proc")) {
            const std::string pid = process.path().filename();
            if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
            if (fs::read_symlink(process.path() / "ns/net", gone) == name) out.push_back(pid);
            fs::directory_iterator fds(process.path() / "fd", gone);
            if (gone) continue;
            for (; fds != fs::directory_iterator(); fds.increment(gone))
                if (fs::read_symlink(fds->path(), gone) == name) out.push_back(pid + ":fd");
        }
        return out;
    }

    int netns_ = -1;
};

TEST_F(Ahead, TheNextContainerTakesTheNamespace) {
    const std::string before = own_namespace();
    ASSERT_EQ(make(), RTP_OK);
    EXPECT_EQ(own_namespace(), before) << "the host is back where it was";
    EXPECT_EQ(::fcntl(netns_, F_GETFD), FD_CLOEXEC);
    const std::string made = name_of(netns_);
    EXPECT_NE(made, before);
    config_["linux"]["sysctl"] = {{"net.ipv4.ip_forward", "1"}};
    config_["process"]["args"] = {
        "sh", "-c",
        "readlink /proc/self/ns/net; cat /proc/sys/net/ipv4/ip_forward; ls /sys/class/net; ip addr show lo"};
    ASSERT_EQ(create().status, RTP_OK);
    EXPECT_EQ(process_.netns_fd, -1);
    const Outcome started = start();
    ASSERT_EQ(started.status, RTP_OK) << started.message;
    const Outcome ended = wait();
    EXPECT_THAT(ended.output, testing::StartsWith(made + "\n1\nlo\n"));
    EXPECT_THAT(ended.output, HasSubstr("127.0.0.1/8"));
    EXPECT_EQ(destroy().status, RTP_OK);
}

TEST_F(Ahead, AfterCreateNobodyButTheContainerHoldsTheNamespace) {
    ASSERT_EQ(make(), RTP_OK);
    const std::string made = name_of(netns_);
    config_["process"]["args"] = {"sleep", "1000"};
    ASSERT_EQ(create().status, RTP_OK);
    close_handed_out();
    ASSERT_EQ(start().status, RTP_OK);
    EXPECT_THAT(holders(made), ElementsAre(std::to_string(process_.pid)));
    ASSERT_EQ(exec_shell("true").exit_code, 0);
    EXPECT_THAT(holders(made), ElementsAre(std::to_string(process_.pid)));
    ASSERT_EQ(signal(SIGKILL).status, RTP_OK);
    wait();
    EXPECT_THAT(holders(made), IsEmpty());
}

TEST_F(Ahead, AFailedCreateLeavesNoneBehind) {
    ASSERT_EQ(make(), RTP_OK);
    const std::string made = name_of(netns_);
    config_["root"]["path"] = "no-such-directory";
    EXPECT_NE(create().status, RTP_OK);
    close_handed_out();
    EXPECT_THAT(holders(made), IsEmpty());
}

TEST_F(Ahead, ASecondOneIsRefusedUntilTheFirstIsTaken) {
    ASSERT_EQ(make(), RTP_OK);
    int first = -1;
    std::swap(first, netns_);
    EXPECT_EQ(make(), RTP_FAILED_PRECONDITION);
    EXPECT_EQ(netns_, -1);
    netns_ = first;
}

TEST_F(Ahead, OneThatNoContainerTookGoesWithDestroy) {
    ASSERT_EQ(make(), RTP_OK);
    const std::string made = name_of(netns_);
    config_["linux"]["namespaces"][1]["path"] = "/proc/" + std::to_string(::getpid()) + "/ns/net";
    config_["process"]["args"] = {"readlink", "/proc/self/ns/net"};
    EXPECT_EQ(run().output, own_namespace() + "\n") << "a path goes before it";
    close_handed_out();
    EXPECT_THAT(holders(made), IsEmpty());
    ASSERT_EQ(make(), RTP_OK);
    const std::string second = name_of(netns_);
    close_handed_out();
    EXPECT_THAT(holders(second), ElementsAre(std::to_string(::getpid()) + ":fd"));
    host_.reset();
    EXPECT_THAT(holders(second), IsEmpty());
    host_ = another_instance();
}

TEST_F(Ahead, AContainerWithAUserNamespaceMakesItsOwn) {
    ASSERT_EQ(make(), RTP_OK);
    const std::string made = name_of(netns_);
    config_["linux"]["namespaces"].push_back({{"type", "user"}});
    for (const char* key : {"uidMappings", "gidMappings"})
        config_["linux"][key] = {{{"containerID", 0}, {"hostID", 100000}, {"size", 65536}}};
    fs::permissions(directory_.path(), fs::perms(0755));
    config_["process"]["args"] = {"readlink", "/proc/self/ns/net"};
    const Outcome created = create();
    ASSERT_EQ(created.status, RTP_OK) << created.message;
    EXPECT_GE(process_.netns_fd, 0);
    ASSERT_EQ(start().status, RTP_OK);
    const Outcome ended = wait();
    EXPECT_THAT(ended.output, testing::StartsWith("net:"));
    EXPECT_NE(ended.output, made + "\n");
    EXPECT_EQ(destroy().status, RTP_OK);
}

} // namespace
} // namespace rt::test
