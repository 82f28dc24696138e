// SPDX-License-Identifier: Apache-2.0
// Debian's docker-registry on 127.0.0.1:5000, with its storage in a directory of the test's own. The network
// is the test's, so the port is free.
#pragma once

#include <filesystem>
#include <sys/types.h>

namespace rt::test {

class Registry {
public:
    enum class Users { everybody, known }; // known: "me" with the password "s3cret pass"
    Registry(const std::filesystem::path& directory, Users users);
    Registry(const Registry&) = delete;
    Registry& operator=(const Registry&) = delete;
    ~Registry();

    static constexpr const char* kProgram = "/usr/bin/docker-registry";

private:
    pid_t pid_ = -1;
};

} // namespace rt::test
