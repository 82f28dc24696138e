// SPDX-License-Identifier: Apache-2.0
// What inspect answers in each state of a container, held against docker's API, and what it says of who asked
// for what.
#include "with_busybox.hpp"

#include "support/api_check.hpp"

#include <nlohmann/json.hpp>

namespace {

using nlohmann::json;
using rt::test::violations;
using testing::HasSubstr;
using testing::IsEmpty;

class Inspect : public WithBusybox {
protected:
    json inspect(std::vector<std::string> words) {
        words.insert(words.begin(), "inspect");
        const auto outcome = rtctl_(words);
        EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
        const json list = json::parse(outcome.out, nullptr, false);
        return list.is_array() && list.size() == 1 ? list[0] : json();
    }
    json checked(const std::string& name) {
        json value = inspect({name});
        EXPECT_THAT(violations(value, "ContainerInspectResponse"), IsEmpty());
        return value;
    }
};

TEST_F(Inspect, IsDockersInEveryStateOfAContainer) {
    ASSERT_EQ(rtctl_({"create", "--name", "one", "busybox", "sleep", "1000"}).exit_code, 0);
    json value = checked("one");
    EXPECT_EQ(value["State"]["Status"], "created");
    EXPECT_EQ(value["Path"], "sleep");
    EXPECT_EQ(value["Args"], json({"1000"}));
    EXPECT_TRUE(value["Image"].get<std::string>().starts_with("sha256:"));
    EXPECT_EQ(value["State"]["StartedAt"], "0001-01-01T00:00:00Z");

    ASSERT_EQ(rtctl_({"start", "one"}).exit_code, 0);
    value = checked("one");
    EXPECT_EQ(value["State"]["Status"], "running");
    EXPECT_TRUE(std::filesystem::exists(value["ResolvConfPath"].get<std::string>()));
    EXPECT_TRUE(std::filesystem::exists(value["HostsPath"].get<std::string>()));
    EXPECT_TRUE(std::filesystem::exists(value["NetworkSettings"]["SandboxKey"].get<std::string>()));
    EXPECT_TRUE(value["NetworkSettings"]["IPAddress"].get<std::string>().starts_with("10."));

    ASSERT_EQ(rtctl_({"pause", "one"}).exit_code, 0);
    EXPECT_EQ(checked("one")["State"]["Paused"], true);
    ASSERT_EQ(rtctl_({"unpause", "one"}).exit_code, 0);

    ASSERT_EQ(rtctl_({"kill", "one"}).exit_code, 0);
    ASSERT_TRUE(rt::test::eventually([&] { return inspect({"one"})["State"]["Status"] == "exited"; }));
    value = checked("one");
    EXPECT_EQ(value["State"]["ExitCode"], 137);
    EXPECT_EQ(value["State"]["Pid"], 0);
    EXPECT_NE(value["State"]["FinishedAt"], "0001-01-01T00:00:00Z");
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
}

TEST_F(Inspect, ShowsTheOptionsThatAContainerWasMadeWith) {
    const auto dir = rtctl_.directory() / "data";
    std::filesystem::create_directory(dir);
    ASSERT_EQ(rtctl_({"run",
                      "-dit",
                      "--name",
                      "all",
                      "-m",
                      "64m",
                      "--cpus",
                      "0.5",
                      "-p",
                      "18090:80",
                      "--expose",
                      "81",
                      "-e",
                      "MINE=1",
                      "-l",
                      "a=b",
                      "-v",
                      dir.native() + ":/short:ro",
                      "--mount",
                      "type=bind,src=" + dir.native() + ",dst=/long",
                      "--tmpfs",
                      "/t:size=2m",
                      "--cap-add",
                      "NET_ADMIN",
                      "--ulimit",
                      "nofile=100",
                      "--sysctl",
                      "net.core.somaxconn=7",
                      "--restart",
                      "on-failure:3",
                      "--health-cmd",
                      "true",
                      "--health-interval",
                      "100ms",
                      "--dns",
                      "192.0.2.1",
                      "--add-host",
                      "db:192.0.2.7",
                      "--stop-timeout",
                      "0",
                      "--read-only",
                      "--security-opt",
                      "no-new-privileges",
                      "--device",
                      "/dev/zero:/dev/mine:r",
                      "--annotation",
                      "k=v",
                      "--log-opt",
                      "max-size=1m",
                      "busybox",
                      "sleep",
                      "1000"})
                  .exit_code,
              0);
    ASSERT_TRUE(rt::test::eventually([&] { return !inspect({"all"})["State"]["Health"]["Log"].empty(); }));
    const json value = checked("all");
    const json& host = value["HostConfig"];
    EXPECT_EQ(host["Binds"], json({dir.native() + ":/short:ro"}));
    EXPECT_EQ(host["Mounts"][0]["Target"], "/long");
    EXPECT_EQ(host["Tmpfs"], json({{"/t", "size=2m"}}));
    EXPECT_EQ(host["RestartPolicy"], json({{"Name", "on-failure"}, {"MaximumRetryCount", 3}}));
    EXPECT_EQ(value["NetworkSettings"]["Ports"]["80/tcp"][0]["HostPort"], "18090");
    EXPECT_TRUE(value["NetworkSettings"]["Ports"]["81/tcp"].is_null());
    EXPECT_EQ(value["State"]["Health"]["Log"][0]["ExitCode"], 0);
    EXPECT_THAT(value["Config"]["Env"], testing::IsSupersetOf({"MINE=1", "FROM_IMAGE=yes"}));

    const auto taken = rtctl_({"run", "--rm", "-p", "18090:9", "busybox", "true"});
    EXPECT_EQ(taken.exit_code, 125);
    EXPECT_THAT(taken.err,
                HasSubstr("Bind for 0.0.0.0:18090 failed: port is already allocated: container 'all'"));
    ASSERT_EQ(rtctl_({"create", "--name", "late", "-p", "18090:9", "busybox", "true"}).exit_code, 0);
    for (const char* option : {"-a", "--"}) {
        const auto started = rtctl_({"start", option, "late"});
        EXPECT_NE(started.exit_code, 0) << option;
        EXPECT_THAT(started.err, HasSubstr("port is already allocated: container 'all'")) << option;
    }
    EXPECT_EQ(rtctl_({"rm", "-f", "all", "late"}).exit_code, 0);
}

TEST_F(Inspect, TellsWhoAskedForWhatAndHowMuchSpaceItTakes) {
    ASSERT_EQ(rtctl_({"run", "--name", "one", "-e", "MINE=1", "busybox", "sh", "-c",
                      "head -c 300000 /dev/urandom > /f"})
                  .exit_code,
              0);
    EXPECT_FALSE(inspect({"one"}).contains("SizeRw"));
    EXPECT_FALSE(inspect({"one"})["Rt"].contains("Origins"));
    const json value = inspect({"--size", "--origins", "one"});
    EXPECT_THAT(violations(value, "ContainerInspectResponse"), IsEmpty());
    EXPECT_GE(value["SizeRw"], 300000);
    EXPECT_GT(value["SizeRootFs"], value["SizeRw"]);
    std::map<std::string, std::string> from;
    for (const json& origin : value["Rt"]["Origins"])
        from[origin["Kind"].get<std::string>() + " " + origin["Name"].get<std::string>()] = origin["From"];
    EXPECT_EQ(from["environment MINE"], "flag --env");
    EXPECT_EQ(from["environment FROM_IMAGE"], "image");
    EXPECT_EQ(from["root file system layers"], "storage driver 'overlayfs'");
    EXPECT_THAT(from["limit cgroup"], testing::ContainsRegex("wiring: .*config.json:[0-9]+"));
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
}

TEST_F(Inspect, TellsWhereVolumesComeFrom) {
    const auto origins = [](const json& list) {
        std::map<std::string, std::string> from;
        for (const json& origin : list)
            if (origin["Kind"] == "mount" || origin["Kind"] == "volume")
                from[origin["Name"].get<std::string>()] = origin["From"];
        return from;
    };
    const auto dir = rtctl_.directory() / "data";
    std::filesystem::create_directory(dir);
    const auto tar = rtctl_.directory() / "empty.tar";
    ASSERT_EQ(rt::test::run_program({"tar", "-cf", tar.native(), "-T", "/dev/null"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"import", "--change", "VOLUME /own", "--change", "VOLUME /taken", "--change", "CMD x",
                      tar.native(), "with-volumes"})
                  .exit_code,
              0);
    ASSERT_EQ(rtctl_({"explain", "run", "with-volumes"}).exit_code,
              0); // asks every driver, which makes its place
    ASSERT_TRUE(take_as_clean());
    ASSERT_EQ(rtctl_({"create", "--name", "other", "-v", "named:/theirs", "-v", dir.native() + ":/bound",
                      "-v", "/place", "busybox"})
                  .exit_code,
              0);
    const std::vector<std::string> options{
        "--volumes-from", "other:ro", "-v",         "mine:/mine", "-v",
        "/place",         "-v",       "/anonymous", "--mount",    "type=volume,src=mine,dst=/taken",
        "with-volumes"};
    std::map<std::string, std::string> wanted{{"/theirs", "flag --volumes-from other"},
                                              {"/bound", "flag --volumes-from other"},
                                              {"/place", "flag --volumes-from other"},
                                              {"/mine", "flag --volume"},
                                              {"/anonymous", "flag --volume"},
                                              {"/taken", "flag --mount"},
                                              {"/own", "image"},
                                              {"/proc", "default"}};
    std::vector<std::string> words{"create", "--name", "one"};
    words.insert(words.end(), options.begin(), options.end());
    ASSERT_EQ(rtctl_(words).exit_code, 0);
    EXPECT_THAT(origins(inspect({"--origins", "one"})["Rt"]["Origins"]), testing::IsSupersetOf(wanted));

    words = {"explain", "run", "--format", "json"};
    words.insert(words.end(), options.begin(), options.end());
    const auto explained = rtctl_(words);
    EXPECT_THAT(origins(json::parse(explained.out)["Origins"]), testing::IsSupersetOf(wanted))
        << explained.err;
    // One that is no more has no name; what the image says is the image's all the same.
    ASSERT_EQ(rtctl_({"rm", "other"}).exit_code, 0);
    wanted["/theirs"] = wanted["/bound"] = "flag --volumes-from";
    wanted["/place"] = "flag --volume"; // which the user names, too
    EXPECT_THAT(origins(inspect({"--origins", "one"})["Rt"]["Origins"]), testing::IsSupersetOf(wanted));
    ASSERT_EQ(rtctl_({"rm", "-v", "one"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"volume", "prune", "-a", "-f"}).exit_code, 0);
}

TEST_F(Inspect, OfAnImageIsDockers) {
    const json value = inspect({"busybox"});
    EXPECT_THAT(violations(value, "ImageInspect"), IsEmpty());
    EXPECT_EQ(value["RepoTags"], json({"busybox:latest"}));
    EXPECT_TRUE(value["Descriptor"]["digest"].get<std::string>().starts_with("sha256:"));
}

TEST_F(Inspect, FindsEveryKindOfObjectByItsName) {
    ASSERT_EQ(rtctl_({"volume", "create", "shared"}).exit_code, 0);
    EXPECT_EQ(inspect({"bridge"})["Driver"], "bridge");
    EXPECT_EQ(inspect({"shared"})["Scope"], "local");
    ASSERT_EQ(rtctl_({"create", "--name", "shared", "busybox"}).exit_code, 0);
    EXPECT_TRUE(inspect({"shared"}).contains("HostConfig")); // docker's order: containers first
    EXPECT_TRUE(inspect({"--type", "volume", "shared"}).contains("Mountpoint"));
    EXPECT_THAT(rtctl_({"inspect", "--type", "network", "shared"}).err,
                HasSubstr("network shared not found"));
    EXPECT_EQ(rtctl_({"inspect", "--type", "plugin", "shared"}).exit_code, 1);
    EXPECT_EQ(rtctl_({"rm", "shared"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"volume", "rm", "shared"}).exit_code, 0);
}

TEST_F(Inspect, WhatThereIsNotIsSaidInDockersWordsWithTheNearestName) {
    ASSERT_EQ(rtctl_({"create", "--name", "webserver", "busybox"}).exit_code, 0);
    EXPECT_THAT(rtctl_({"inspect", "webservr"}).err,
                HasSubstr("No such object: webservr (did you mean webserver?)"));
    EXPECT_THAT(rtctl_({"inspect", "busybix"}).err,
                HasSubstr("No such object: busybix (did you mean busybox"));
    for (const std::vector<std::string>& words : {std::vector<std::string>{"start", "webservr"},
                                                  {"stop", "webservr"},
                                                  {"kill", "webservr"},
                                                  {"rm", "webservr"},
                                                  {"logs", "webservr"},
                                                  {"exec", "webservr", "true"},
                                                  {"wait", "webservr"},
                                                  {"pause", "webservr"},
                                                  {"rename", "webservr", "other"},
                                                  {"diff", "webservr"},
                                                  {"attach", "webservr"},
                                                  {"restart", "webservr"},
                                                  {"export", "webservr"},
                                                  {"cp", "webservr:/x", "."},
                                                  {"inspect", "--type", "container", "webservr"}})
        EXPECT_THAT(rtctl_(words).err, HasSubstr("No such container: webservr (did you mean webserver?)"))
            << words[0];
    EXPECT_THAT(rtctl_({"rmi", "busybix"}).err,
                HasSubstr("No such image: busybix:latest (did you mean busybox?)"));
    EXPECT_EQ(rtctl_({"rm", "webserver"}).exit_code, 0);
}

} // namespace
