// SPDX-License-Identifier: Apache-2.0
// The credentials that docker's client keeps: in its config.json, or with a credential helper that this file
// names. For programs that act for the user who started them, never for a server. One thread at a time; what
// another program does to the file meanwhile is lost, as with docker.
#pragma once

#include "core/base/file.hpp"
#include "core/image/registry_credentials.hpp"

#include <string>

namespace rt {

class DockerConfig {
public:
    // $DOCKER_CONFIG/config.json, else ~/.docker/config.json. A file that is not there is empty.
    // failed_precondition: there is neither.
    static Result<DockerConfig> open();
    explicit DockerConfig(Path file) : file_(std::move(file)) {}

    [[nodiscard]] const Path& file() const { return file_; }

    // Empty when there are none for the host ("docker.io", "localhost:5000"). corrupt names the file.
    [[nodiscard]] Result<RegistryCredentials> find(const std::string& host) const;
    // Says where they are now: the name of a helper, or "" for the file itself.
    [[nodiscard]] Result<std::string> store(const std::string& host,
                                            const RegistryCredentials& credentials) const;
    // Whether there were any.
    [[nodiscard]] Result<bool> erase(const std::string& host) const;

private:
    Path file_;
};

// A CredentialSource: those of the user, empty where he has no config.json.
Result<RegistryCredentials> find_docker_credentials(const std::string& host);

} // namespace rt
