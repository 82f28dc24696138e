// SPDX-License-Identifier: Apache-2.0
// Clients that others have written: Debian's python3-docker and docker-compose, npm's dockerode and
// testcontainers.
#include "with_rtd.hpp"

#include <fstream>

namespace {

using rt::test::Outcome;
using rt::test::run_program;
using testing::HasSubstr;

class ApiClients : public WithRtd {
protected:
    static bool can_run(const std::vector<std::string>& command) {
        return ::access(command.front().c_str(), X_OK) == 0 && run_program(command).exit_code == 0;
    }
    // With the modules of scripts/install-clients.
    [[nodiscard]] Outcome run_node(const std::string& script) const {
        return run_program({"/usr/bin/env", "NODE_PATH=" RT_SOURCE_DIR "/build/clients/node_modules", "node",
                            RT_SOURCE_DIR "/tests/api/clients/" + script, socket().native()});
    }
    [[nodiscard]] std::string address() const { return "unix://" + socket().native(); }

    // docker-compose in a directory of its own, which has the file.
    [[nodiscard]] Outcome compose(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(),
                         {"/usr/bin/env", "DOCKER_HOST=" + address(), "COMPOSE_PROJECT_NAME=it",
                          "/usr/bin/docker-compose", "--no-ansi", "-f",
                          (rtctl_.directory() / "docker-compose.yml").native()});
        return run_program(arguments);
    }
};

TEST_F(ApiClients, PythonsLibrary) {
    if (!can_run({"/usr/bin/python3", "-c", "import docker"}))
        GTEST_SKIP() << "SKIP_NO_PYTHON_DOCKER: there is no python3-docker";
    const auto outcome = run_program({"/usr/bin/env", "DOCKER_HOST=" + address(), "/usr/bin/python3",
                                      RT_SOURCE_DIR "/tests/api/clients/python_client.py"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("events\n"));
}

TEST_F(ApiClients, Dockerode) {
    const Outcome outcome = run_node("dockerode_client.js");
    EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("events\n"));
}

TEST_F(ApiClients, Testcontainers) {
    const Outcome outcome = run_node("testcontainers_client.js");
    EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("all is well\n"));
}

TEST_F(ApiClients, TheFirstCompose) {
    if (!can_run({"/usr/bin/docker-compose", "version"}))
        GTEST_SKIP() << "SKIP_NO_COMPOSE: there is no docker-compose 1";
    std::ofstream(rtctl_.directory() / "docker-compose.yml") << R"(version: "3.7"
services:
  web:
    image: busybox
    command: sh -c "echo served; exec httpd -f -p 80"
    networks: {front: {aliases: [site]}}
    volumes: ["data:/data"]
  job:
    image: busybox
    command: sh -c "until wget -q -O /dev/null http://site/etc/passwd; do sleep 0.1; done; echo reached; exec sleep 1000"
    working_dir: /tmp
    environment: {KEY: value}
    networks: [front]
    depends_on: [web]
networks: {front: {}}
volumes: {data: {}}
)";
    auto outcome = compose({"up", "-d"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
    outcome = compose({"ps"});
    EXPECT_THAT(outcome.out, testing::AllOf(HasSubstr("it_web_1"), HasSubstr("it_job_1"), HasSubstr("Up")))
        << outcome.err;
    EXPECT_THAT(compose({"logs", "--no-color", "web"}).out, HasSubstr("served"));
    outcome = compose({"exec", "-T", "job", "sh", "-c", "echo $KEY; hostname; pwd; exit 6"});
    EXPECT_EQ(outcome.exit_code, 6) << outcome.err;
    EXPECT_THAT(outcome.out, testing::AllOf(testing::StartsWith("value\n"), testing::EndsWith("/tmp\n")));
    outcome =
        compose({"run", "--rm", "web", "ping", "-c1", "-W2", "site"}); // with links to the one that runs
    EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
    outcome = compose({"up", "-d", "--force-recreate", "-t", "0", "web"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    outcome = compose({"up", "-d", "--scale", "web=2"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(compose({"ps", "-q"}).out, testing::ContainsRegex("(.*\n){3}"));
    EXPECT_EQ(compose({"stop", "-t", "0"}).exit_code, 0);
    outcome = compose({"start"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    outcome = compose({"down", "-v", "-t", "0"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(call("GET", "/containers/json?all=1").json().size(), 0U);
}

} // namespace
