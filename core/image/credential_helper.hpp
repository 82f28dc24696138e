// SPDX-License-Identifier: Apache-2.0
// A program that keeps credentials: docker-credential-NAME, found in $PATH, with docker's protocol (a verb as
// argument, one document in, one out). It runs with the caller's environment. One thread.
#pragma once

#include "core/image/registry_credentials.hpp"

#include <string>

namespace rt {

class CredentialHelper {
public:
    // name: "pass", "ecr-login". not_found: there is no such program.
    static Result<CredentialHelper> open(const std::string& name);

    // Empty where it has none. server: as docker calls it ("https://index.docker.io/v1/").
    [[nodiscard]] Result<RegistryCredentials> get(const std::string& server) const;
    [[nodiscard]] Result<void> store(const std::string& server, const RegistryCredentials& credentials) const;
    [[nodiscard]] Result<void> erase(const std::string& server) const;

private:
    explicit CredentialHelper(std::string program) : program_(std::move(program)) {}
    struct Answer {
        bool good = false;
        std::string text;
    };
    [[nodiscard]] Result<Answer> run(const std::string& verb, const std::string& input) const;

    std::string program_; // absolute
};

} // namespace rt
