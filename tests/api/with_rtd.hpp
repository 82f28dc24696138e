// SPDX-License-Identifier: Apache-2.0
// A fixture: an rtd of the test's own over an engine that has the image "busybox", and a client for it that
// says and hears every byte.
#pragma once

#include "core/base/child_process.hpp"
#include "rtctl/with_busybox.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <optional>
#include <string>

namespace rt::test {

struct HttpAnswer {
    int status = 0;
    std::map<std::string, std::string> headers; // names in lower case
    std::string body;                           // chunks put together
    [[nodiscard]] nlohmann::json json() const { return nlohmann::json::parse(body, nullptr, false); }
};

// A connection to a unix socket. What takes longer than patience() ends with what has come by then.
class HttpClient {
public:
    explicit HttpClient(const std::filesystem::path& socket);
    explicit HttpClient(UniqueFd connected) : fd_(std::move(connected)) {}

    void send(std::string_view bytes);
    void send_request(const std::string& method, const std::string& target, const std::string& body = {},
                      const std::string& headers = {});
    HttpAnswer answer();      // the next whole one
    HttpAnswer answer_head(); // without its body
    std::string read(std::size_t bytes);
    std::string read_to_end();
    std::string read_until(std::string_view mark);                          // with the mark
    [[nodiscard]] std::size_t buffered() const { return received_.size(); } // what came with what was read
    void end_sending();
    [[nodiscard]] int fd() const { return fd_.get(); }
    void close() { fd_.reset(); }

private:
    bool fill(); // false: no more comes
    UniqueFd fd_;
    std::string received_;
};

} // namespace rt::test

// The build's, or another one that $RT_TEST_RTD names: that of a build with a sanitizer.
std::string rtd_program();

class WithRtd : public WithBusybox {
protected:
    void SetUp() override;
    void TearDown() override;

    void start_rtd();
    void kill_rtd(); // with SIGKILL
    void stop_rtd(); // with SIGTERM, in good order
    [[nodiscard]] std::filesystem::path rtd_log() const { return rtctl_.directory() / "rtd.log"; }
    [[nodiscard]] std::filesystem::path socket() const { return rtctl_.directory() / "rtd.sock"; }
    [[nodiscard]] rt::test::HttpClient connect() const { return rt::test::HttpClient(socket()); }

    // One request over a connection of its own. Its answer is held against docker's description.
    rt::test::HttpAnswer call(const std::string& method, const std::string& target,
                              const nlohmann::json& body = nullptr) const;
    // Its id.
    std::string create(nlohmann::json config, const std::string& name = {}) const;

    // docker's own client; empty: this machine has none.
    static std::optional<std::string> docker_client();
    rt::test::Outcome docker(std::vector<std::string> arguments, const std::string& input = {}) const;

    std::optional<rt::ChildProcess> rtd_;

private:
    // Which endpoints this test has had answers of, for the table of docs/api.md.
    void note_endpoints() const;
};
