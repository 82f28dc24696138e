// SPDX-License-Identifier: Apache-2.0
#include "core/image/credential_helper.hpp"

#include "core/base/child_process.hpp"
#include "core/base/clock.hpp"
#include "core/base/file.hpp"
#include "core/base/json.hpp"
#include "core/base/text.hpp"

#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace rt {
namespace {

constexpr std::size_t kAnswerLimit = 1U << 20U;
constexpr std::int64_t kPatienceNs = 60'000'000'000;
constexpr const char* kTokenUser = "<token>"; // its secret is an identity token

std::vector<std::string> environment() {
    std::vector<std::string> all;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) all.emplace_back(*entry);
    return all;
}

// To the end, within bounds of time and size.
Result<std::string> read_answer(int fd, const std::string& program) {
    std::string text;
    const std::int64_t deadline = monotonic_ns() + kPatienceNs;
    for (;;) {
        const std::int64_t left = deadline - monotonic_ns();
        pollfd ready{fd, POLLIN, 0};
        const int count = left <= 0 ? 0 : ::poll(&ready, 1, static_cast<int>(left / 1'000'000) + 1);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0)
            return fail(Code::deadline_exceeded, "the credential helper '", program,
                        "' does not answer: try it by hand");
        std::array<char, 4096> piece{};
        const ssize_t size = ::read(fd, piece.data(), piece.size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return fail_errno(errno, "read from the credential helper '", program, "'");
        if (size == 0) return text;
        text.append(piece.data(), static_cast<std::size_t>(size));
        if (text.size() > kAnswerLimit)
            return fail(Code::corrupt, "the answer of the credential helper '", program, "' is too large");
    }
}

} // namespace

Result<CredentialHelper> CredentialHelper::open(const std::string& name) {
    const std::string file = cat("docker-credential-", name);
    const bool plain = name.find('/') == std::string::npos;
    const char* const path = std::getenv("PATH");
    std::string_view rest = path == nullptr || !plain ? std::string_view() : path;
    while (!rest.empty()) {
        const auto colon = std::min(rest.find(':'), rest.size());
        const std::string candidate = cat(rest.substr(0, colon), "/", file);
        rest.remove_prefix(std::min(colon + 1, rest.size()));
        if (candidate.starts_with('/') && ::access(candidate.c_str(), X_OK) == 0)
            return CredentialHelper(candidate);
    }
    return fail(Code::not_found, "the credential helper '", printable(file),
                "' is not in PATH: install it, or take it out of docker's config.json");
}

Result<CredentialHelper::Answer> CredentialHelper::run(const std::string& verb,
                                                       const std::string& input) const {
    // A socket, since writing to a program that has ended must not be the end of this one.
    std::array<int, 2> in{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in.data()) != 0)
        return fail_errno(errno, "make a pair of sockets");
    UniqueFd ours(in[0]);
    UniqueFd theirs(in[1]);
    std::array<int, 2> out{};
    if (::pipe2(out.data(), O_CLOEXEC) != 0) return fail_errno(errno, "make a pipe");
    const UniqueFd answers(out[0]);
    UniqueFd writes(out[1]);
    RT_TRY_ASSIGN(ChildProcess child, ChildProcess::start({program_, verb}, environment(),
                                                          {{theirs.get(), 0}, {writes.get(), 1}, {2, 2}}));
    theirs.reset();
    writes.reset();
    for (std::string_view rest = input; !rest.empty();) {
        const ssize_t sent = ::send(ours.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) break; // what it says tells why
        rest.remove_prefix(static_cast<std::size_t>(sent));
    }
    ours.reset();
    RT_TRY_ASSIGN(std::string text, read_answer(answers.get(), program_));
    RT_TRY_ASSIGN(const int status, child.wait());
    return Answer{WIFEXITED(status) && WEXITSTATUS(status) == 0, std::move(text)};
}

Result<RegistryCredentials> CredentialHelper::get(const std::string& server) const {
    RT_TRY_ASSIGN(const Answer answer, run("get", server));
    if (!answer.good) {
        if (answer.text.find("credentials not found") != std::string::npos) return RegistryCredentials{};
        return fail(Code::unavailable, "the credential helper '", program_, "' has no answer for '", server,
                    "': ", printable(answer.text.substr(0, 300)));
    }
    RT_TRY_ASSIGN(const Json found, parse_json(answer.text, cat("the answer of '", program_, "'")));
    if (!found.is_object()) return fail(Code::corrupt, "the answer of '", program_, "' is not a JSON object");
    RegistryCredentials credentials;
    credentials.user = string_at(found, "Username");
    if (credentials.user == kTokenUser) {
        credentials.user.clear();
        credentials.identity_token = string_at(found, "Secret");
    } else {
        credentials.password = string_at(found, "Secret");
    }
    return credentials;
}

Result<void> CredentialHelper::store(const std::string& server,
                                     const RegistryCredentials& credentials) const {
    const bool token = !credentials.identity_token.empty();
    const Json document = {{"ServerURL", server},
                           {"Username", token ? kTokenUser : credentials.user},
                           {"Secret", token ? credentials.identity_token : credentials.password}};
    RT_TRY_ASSIGN(const Answer answer,
                  run("store", document.dump(-1, ' ', false, Json::error_handler_t::replace)));
    if (answer.good) return {};
    return fail(Code::unavailable, "the credential helper '", program_,
                "' does not keep what it is given: ", printable(answer.text.substr(0, 300)));
}

Result<void> CredentialHelper::erase(const std::string& server) const {
    RT_TRY_ASSIGN(const Answer answer, run("erase", server));
    if (answer.good) return {};
    return fail(Code::unavailable, "the credential helper '", program_, "' does not erase '", server,
                "': ", printable(answer.text.substr(0, 300)));
}

} // namespace rt
