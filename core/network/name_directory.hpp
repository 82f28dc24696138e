// SPDX-License-Identifier: Apache-2.0
// The names by which containers of one network find each other, as files below the run directory, where every
// container's shim reads them for its name server:
//
//   names/NAME/ENDPOINT   a symbolic link to "10.1.0.2,fd00::2": the addresses of one that has this name
//   addresses/ADDRESS     a symbolic link to the name of who has the address
//
// A link is made whole or not at all. Names are in small letters, and each also with ".NETWORK" behind it.
// Everything is gone after a reboot, as the endpoints are. Any number of processes; any thread.
#pragma once

#include "core/base/error.hpp"
#include "core/base/file.hpp"

#include <string>
#include <vector>

namespace rt {

// What a name server answers for, and a file name can hold: letters, digits, '-', '_', '.'.
bool is_network_name(const std::string& name);

std::string small_letters(std::string name);

struct EndpointNames {
    std::string endpoint_id;
    std::string network;                // its name
    std::vector<std::string> names;     // the first is told for its addresses
    std::vector<std::string> addresses; // "10.1.0.2/24"
};

class NameDirectory {
public:
    explicit NameDirectory(Path directory) : directory_(std::move(directory)) {}

    Result<void> publish(const EndpointNames& endpoint);  // repeatable
    Result<void> withdraw(const EndpointNames& endpoint); // repeatable; others of the same name stay

    struct Addresses {
        std::vector<std::string> texts;
        bool known = false; // the name is there, whatever it has
    };
    // In no order. name: in small letters; hostile.
    [[nodiscard]] Addresses find(const std::string& name) const;
    // "" when nobody has it.
    [[nodiscard]] std::string name_of(const std::string& address) const;

private:
    Path directory_;
};

} // namespace rt
