// SPDX-License-Identifier: Apache-2.0
#include "support/registry.hpp"

#include "support/rtctl.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

namespace rt::test {
namespace {

bool answers() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(5000);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool good = ::connect(probe, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    ::close(probe);
    return good;
}

} // namespace

Registry::Registry(const std::filesystem::path& directory, Users users) {
    if (!std::filesystem::exists(kProgram)) throw std::runtime_error("install Debian's docker-registry");
    std::filesystem::create_directories(directory / "data");
    std::string config = "version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: " +
                         (directory / "data").native() + "}}\nhttp: {addr: \"127.0.0.1:5000\"}\n";
    if (users == Users::known) {
        write_file(directory / "users", "me:$2b$04$pn6/uaymuxHxzbq9DDijRerx0fr856wjLHZy/Sdea0WmrRaQ6VsBm\n");
        config += "auth: {htpasswd: {realm: test, path: " + (directory / "users").native() + "}}\n";
    }
    write_file(directory / "config.yml", config);
    pid_ = ::fork();
    if (pid_ == 0) {
        const int log = ::open((directory / "log").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        ::dup2(log, 1);
        ::dup2(log, 2);
        ::execl(kProgram, kProgram, "serve", (directory / "config.yml").c_str(), nullptr);
        ::_exit(255);
    }
    if (!eventually(answers)) throw std::runtime_error("docker-registry does not answer");
}

Registry::~Registry() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

} // namespace rt::test
