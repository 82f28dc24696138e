// SPDX-License-Identifier: Apache-2.0
// Docker's answers about containers: whole, and of the types that its API describes.
#include "core/api/container_json.hpp"

#include "support/api_check.hpp"

#include <gmock/gmock.h>

namespace {

using rt::Json;
using rt::test::violations;
using testing::IsEmpty;

class ContainerJson : public testing::Test {
protected:
    ContainerJson() {
        view_.record.id = std::string(64, 'c');
        view_.record.name = "web";
        view_.record.image_id = "sha256:" + std::string(64, '1');
        view_.record.image_name = "nginx";
        view_.record.storage = "plain";
        view_.record.network = "net";
        view_.record.isolation = "box";
        view_.record.created_at = 1;
        view_.live = {"created", "Created", {}};
        view_.hostname = "cccccccccccc";
        view_.arguments = {"sh", "-c", "true"};
        view_.run_directory = "/run/rt/containers/c";
        view_.log_file = "/var/lib/rt/logs/c-json.log";
    }

    void run() {
        view_.live = {"running", "Up 5 seconds", {}};
        view_.start = {{"pid", 42}};
        rt::Attachment attachment;
        attachment.network =
            std::make_shared<const rt::Network>(rt::Network{"abcdefabcdef", "net", "net", {}, "{}", "{}"});
        attachment.endpoint = {"123456123456", "abcdefabcdef", view_.record.id, "{}",
                               R"({"interfaces": [{"name": "eth0", "mac": "02:42:0a:58:00:05"}],
                                   "addresses": ["10.88.0.5/20", "fd00::5/64"], "gateway": "10.88.0.1",
                                   "ports": [{"host_ip": "0.0.0.0", "host_port": 8080, "container_port": 80,
                                              "protocol": "tcp"}]})"};
        view_.attachments = {attachment};
    }

    static void expect_dockers(const Json& value) {
        EXPECT_THAT(violations(value, "ContainerInspectResponse"), IsEmpty());
    }

    rt::api::ContainerView view_;
};

TEST_F(ContainerJson, OfOneThatIsCreatedIsDockers) {
    expect_dockers(container_json(view_));
    const Json value = container_json(view_);
    EXPECT_EQ(value["Name"], "/web");
    EXPECT_EQ(value["Path"], "sh");
    EXPECT_EQ(value["Args"], Json({"-c", "true"}));
    EXPECT_EQ(value["State"]["FinishedAt"], "0001-01-01T00:00:00Z");
    EXPECT_TRUE(value["ExecIDs"].is_null());
}

TEST_F(ContainerJson, HasDockersDefaultsWhereNothingWasAskedFor) {
    const Json host = container_json(view_)["HostConfig"];
    for (const char* null :
         {"Binds", "CapAdd", "CapDrop", "GroupAdd", "Links", "SecurityOpt", "VolumesFrom", "ExtraHosts",
          "DeviceRequests", "DeviceCgroupRules", "PidsLimit", "MemorySwappiness"})
        EXPECT_TRUE(host[null].is_null()) << null;
    for (const char* empty : {"Dns", "DnsOptions", "DnsSearch", "Devices", "Ulimits", "BlkioWeightDevice",
                              "BlkioDeviceReadBps", "BlkioDeviceWriteIOps"})
        EXPECT_EQ(host[empty], Json::array()) << empty;
    EXPECT_EQ(host["PortBindings"], Json::object());
    EXPECT_EQ(host["LogConfig"], Json({{"Type", "json-file"}, {"Config", Json::object()}}));
    EXPECT_EQ(host["RestartPolicy"], Json({{"Name", "no"}, {"MaximumRetryCount", 0}}));
    EXPECT_EQ(host["ShmSize"], 67108864);
    EXPECT_EQ(host["IpcMode"], "private");
    EXPECT_GT(host["MaskedPaths"].size(), 5U);
    for (const char* left_out : {"Annotations", "Init", "Mounts", "StorageOpt", "Sysctls", "Tmpfs"})
        EXPECT_FALSE(host.contains(left_out)) << left_out;
}

TEST_F(ContainerJson, OfOneThatRunsHasItsNetwork) {
    run();
    view_.image_config = {{"ExposedPorts", {{"443/tcp", Json::object()}}}};
    view_.spec.ports = {{"0.0.0.0", 8080, 80, "tcp"}};
    const Json value = container_json(view_);
    expect_dockers(value);
    const Json& settings = value["NetworkSettings"];
    const Json& endpoint = settings["Networks"]["net"];
    EXPECT_EQ(endpoint["IPAddress"], "10.88.0.5");
    EXPECT_EQ(endpoint["IPPrefixLen"], 20);
    EXPECT_EQ(endpoint["GlobalIPv6Address"], "fd00::5");
    EXPECT_EQ(endpoint["MacAddress"], "02:42:0a:58:00:05");
    EXPECT_EQ(settings["IPAddress"], "10.88.0.5");
    EXPECT_EQ(settings["SandboxKey"], "/proc/42/ns/net");
    EXPECT_EQ(settings["Ports"]["80/tcp"], Json({{{"HostIp", "0.0.0.0"}, {"HostPort", "8080"}}}));
    EXPECT_TRUE(settings["Ports"]["443/tcp"].is_null());
    EXPECT_EQ(value["HostConfig"]["PortBindings"]["80/tcp"], Json({{{"HostIp", ""}, {"HostPort", "8080"}}}));
    EXPECT_EQ(value["Config"]["ExposedPorts"].size(), 2U);
}

TEST_F(ContainerJson, OfOneThatIsPausedOrHasEndedIsDockers) {
    run();
    view_.live.state = "paused";
    EXPECT_EQ(container_json(view_)["State"]["Running"], true);
    expect_dockers(container_json(view_));
    view_.live = {"exited", "Exited (3) 1 second ago", {}};
    view_.attachments.clear();
    view_.record.exit_code = 3;
    view_.record.oom_killed = true;
    view_.record.problem = "it ended";
    view_.record.finished_at = 1'764'000'000'000'000'000;
    const Json value = container_json(view_);
    expect_dockers(value);
    EXPECT_EQ(value["State"]["Pid"], 0);
    EXPECT_EQ(value["State"]["ExitCode"], 3);
    EXPECT_EQ(value["State"]["OOMKilled"], true);
    EXPECT_EQ(value["NetworkSettings"]["Networks"]["net"]["IPAddress"], "");
}

TEST_F(ContainerJson, HasHealthSizesAndOriginsWhereTheyAreKnown) {
    run();
    view_.live.health = {{"Status", "healthy"},
                         {"FailingStreak", 0},
                         {"Log",
                          {{{"Start", "2026-11-25T19:14:28.0Z"},
                            {"End", "2026-11-25T19:14:28.0Z"},
                            {"ExitCode", 0},
                            {"Output", "fine"}}}}};
    view_.sizes = rt::DiskUse{10, 110};
    view_.origins.emplace().note("environment", "A", "b", "flag --env");
    view_.exec_ids = {"e1"};
    view_.manifest = {{"mediaType", "x"}, {"digest", "sha256:1"}, {"size", 5}};
    const Json value = container_json(view_);
    expect_dockers(value);
    EXPECT_EQ(value["SizeRootFs"], 110);
    EXPECT_EQ(value["ExecIDs"], Json({"e1"}));
    EXPECT_EQ(value["Rt"]["Origins"][0]["From"], "flag --env");
}

rt::ContainerSpec with_everything() {
    rt::ContainerSpec spec;
    spec.entrypoint = {{"/entry"}};
    spec.command = {"a"};
    spec.environment = {"MINE=1", "GONE", "BOTH=mine"};
    spec.working_directory = "/w";
    spec.user = "web";
    spec.group_add = {"7"};
    spec.domainname = "test";
    spec.stop_signal = "SIGINT";
    spec.stop_timeout = 3;
    spec.init = false;
    spec.healthcheck = {{"CMD", "true"}, 5, 4, 3, 2, 1};
    spec.log_config = {"none", {}};
    spec.labels = {{"mine", "1"}};
    spec.annotations = {{"k", "v"}};
    spec.mounts = {
        {.source = "/a",
         .target = "/short",
         .read_only = true,
         .create_source = true,
         .propagation = "rslave"},
        {.source = "/a", .target = "/long", .long_form = true, .sub_mounts = rt::SubMounts::left_out},
        {.type = rt::MountType::volume, .target = "/anonymous"},
        {.type = rt::MountType::volume,
         .source = "named",
         .target = "/v",
         .long_form = true,
         .no_copy = true,
         .driver = "local",
         .driver_options = {{"o", "x"}},
         .labels = {{"l", "x"}}},
        {.type = rt::MountType::tmpfs, .target = "/t", .tmpfs_options = {"size=64m", "exec"}},
        {.type = rt::MountType::tmpfs,
         .target = "/tl",
         .long_form = true,
         .tmpfs_options = {"size=65536", "mode=1770", "uid=5", "exec"}}};
    spec.volumes_from = {"other:ro"};
    spec.storage_opt = {{"size", "1g"}};
    spec.mac_address = "02:00:00:00:00:01";
    spec.networks = {{.aliases = {"db"}, .link_local_ips = {"169.254.1.1"}, .ipv4_address = "10.0.0.9"}};
    spec.links = {"a:b"};
    spec.dns = {"192.0.2.1"};
    spec.extra_hosts = {"a:192.0.2.1"};
    spec.memory = 64 << 20;
    spec.memory_swappiness = 10;
    spec.nano_cpus = 1'500'000'000;
    spec.pids_limit = 10;
    spec.blkio_weight_device = {{"/dev/sda", 100}};
    spec.blkio_device_read_bps = {{"/dev/sda", 1}};
    spec.ulimits = {{"nofile", 1, 2}};
    spec.privileged = true;
    spec.cap_add = {"ALL"};
    spec.security_opt = {"no-new-privileges", "seccomp=/some/file", "apparmor=mine", "label=type:x"};
    spec.seccomp_profile = R"({"defaultAction": "SCMP_ACT_ALLOW"})";
    spec.devices = {{"/dev/zero", "/dev/mine"}};
    spec.device_cgroup_rules = {"c 1:3 r"};
    spec.sysctls = {{"net.core.somaxconn", "1"}};
    spec.exposed_ports = {"9/udp"};
    return spec;
}

TEST_F(ContainerJson, ShowsEveryOptionAsDockerDoes) {
    run();
    view_.spec = with_everything();
    view_.mounts = view_.spec.mounts;
    view_.volumes = "/volumes";
    const Json value = container_json(view_);
    expect_dockers(value);
    const Json& host = value["HostConfig"];
    EXPECT_EQ(host["Binds"], Json({"/a:/short:ro,rslave"}));
    ASSERT_EQ(host["Mounts"].size(), 3U);
    EXPECT_EQ(host["Mounts"][0]["BindOptions"], Json({{"NonRecursive", true}}));
    EXPECT_EQ(
        host["Mounts"][2]["TmpfsOptions"],
        Json({{"SizeBytes", 65536}, {"Mode", 01770}, {"Options", {{"uid", "5"}, Json::array({"exec"})}}}));
    EXPECT_EQ(host["Tmpfs"], Json({{"/t", "size=64m,exec"}}));
    EXPECT_EQ(host["MemorySwap"], 128 << 20);
    EXPECT_EQ(host["PidsLimit"], 10);
    EXPECT_TRUE(host["MaskedPaths"].is_null());
    EXPECT_EQ(host["SecurityOpt"], Json({"no-new-privileges", R"(seccomp={"defaultAction":"SCMP_ACT_ALLOW"})",
                                         "apparmor=mine", "label=type:x"}));
    EXPECT_EQ(value["AppArmorProfile"], "mine");
    EXPECT_EQ(value["ProcessLabel"], "system_u:system_r:x:s0");
    EXPECT_EQ(value["Config"]["Volumes"], Json({{"/anonymous", Json::object()}}));
    EXPECT_EQ(value["Mounts"].size(), 5U);
    EXPECT_EQ(value["LogPath"], "");
    EXPECT_EQ(value["NetworkSettings"]["Networks"]["net"]["IPAMConfig"]["IPv4Address"], "10.0.0.9");
}

TEST_F(ContainerJson, JoinsTheImagesConfigAndTheUsers) {
    view_.image_config = {{"Env", {"PATH=/bin", "GONE=1", "BOTH=image", 7}},
                          {"Cmd", {"image-cmd"}},
                          {"Entrypoint", {"image-entry"}},
                          {"User", "image-user"},
                          {"WorkingDir", 5},
                          {"StopSignal", "SIGQUIT"},
                          {"Labels", {{"image", "1"}, {"mine", "0"}}},
                          {"Volumes", {{"/data", Json::object()}}},
                          {"Healthcheck", {{"Test", {"CMD", "check"}}, {"Retries", 2}, {"Interval", "x"}}}};
    const Json images = container_json(view_)["Config"];
    expect_dockers(container_json(view_));
    EXPECT_EQ(images["Env"], Json({"PATH=/bin", "GONE=1", "BOTH=image"}));
    EXPECT_EQ(images["Cmd"], Json({"image-cmd"}));
    EXPECT_EQ(images["Entrypoint"], Json({"image-entry"}));
    EXPECT_EQ(images["User"], "image-user");
    EXPECT_EQ(images["WorkingDir"], "");
    EXPECT_EQ(images["StopSignal"], "SIGQUIT");
    EXPECT_EQ(images["Volumes"], Json({{"/data", Json::object()}}));
    EXPECT_EQ(images["Healthcheck"], Json({{"Test", {"CMD", "check"}}, {"Retries", 2}}));

    view_.spec = with_everything();
    view_.mounts = view_.spec.mounts;
    view_.volumes = "/volumes";
    const Json users = container_json(view_)["Config"];
    EXPECT_EQ(users["Env"], Json({"MINE=1", "GONE", "BOTH=mine", "PATH=/bin"}));
    EXPECT_EQ(users["Entrypoint"], Json({"/entry"}));
    EXPECT_EQ(users["Cmd"], Json({"a"}));
    EXPECT_EQ(users["StopSignal"], "SIGINT");
    EXPECT_EQ(users["Labels"], Json({{"image", "1"}, {"mine", "1"}}));
    EXPECT_EQ(users["Healthcheck"]["Retries"], 1);

    view_.spec.entrypoint = {{"/entry"}};
    view_.spec.command.clear(); // whose entrypoint is replaced, the image's command does not fit
    EXPECT_TRUE(container_json(view_)["Config"]["Cmd"].is_null());
}

TEST_F(ContainerJson, OfAnImageThatHoldsAnythingIsStillDockers) {
    run();
    for (const Json& config :
         {Json{{"Env", "x"}, {"Cmd", 1}, {"Labels", {1}}, {"Volumes", {"a"}}, {"ExposedPorts", {{"zz", 1}}}},
          Json{{"Healthcheck", {{"Test", "x"}, {"Retries", "y"}}}, {"Labels", {{"a", 1}}}, {"Shell", {1}}}}) {
        view_.image_config = config;
        expect_dockers(container_json(view_));
    }
}

TEST_F(ContainerJson, EntriesOfTheListAreDockers) {
    run();
    rt::ContainerSummary summary;
    summary.record = view_.record;
    summary.state = "running";
    summary.status = "Up 5 seconds";
    summary.command = "sh -c true";
    summary.labels = {{"a", "b"}};
    summary.ports = {{"0.0.0.0", 8080, 80, "tcp"}, {"", 0, 90, "udp"}};
    summary.spec = with_everything();
    summary.resolved_mounts = summary.spec.mounts;
    summary.attachments = view_.attachments;
    const Json value = rt::api::container_summary_json(summary, "/volumes");
    EXPECT_THAT(violations(value, "ContainerSummary"), IsEmpty());
    EXPECT_EQ(value["Ports"][1], Json({{"PrivatePort", 90}, {"Type", "udp"}}));
    EXPECT_EQ(value["NetworkSettings"]["Networks"]["net"]["IPAddress"], "10.88.0.5");

    rt::ContainerSummary created;
    created.record = view_.record;
    created.state = "created";
    EXPECT_THAT(violations(rt::api::container_summary_json(created, "/volumes"), "ContainerSummary"),
                IsEmpty());
}

} // namespace
