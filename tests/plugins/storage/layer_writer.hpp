// SPDX-License-Identifier: Apache-2.0
// Makes committed layers for the laws, the way the host does.
#pragma once

#include "mounted.hpp"

#include <functional>
#include <sys/stat.h>

namespace rt::test {

using Writer = std::function<void(const std::filesystem::path& root)>;

// prepare(id, parents), mount, write, unmount, commit. Returns the chain with id on top, for the next one.
Ids make_layer(DriverUnderTest& driver, const std::string& id, const Ids& parents, const Writer& write);

// A file of every kind and with everything that can be attached to one.
void write_one_of_each(const std::filesystem::path& root);
// Fails the test where root is not what write_one_of_each made.
void expect_one_of_each(const std::filesystem::path& root);

struct stat status_of(const std::filesystem::path& path);
std::string xattr_of(const std::filesystem::path& path, const std::string& name); // "" for none

} // namespace rt::test
