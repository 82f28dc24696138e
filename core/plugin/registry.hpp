// SPDX-License-Identifier: Apache-2.0
// The driver instances of a wiring. A driver is loaded when it is first asked for, and then kept: what a
// command does not use costs nothing. Any thread.
#pragma once

#include "core/config/wiring.hpp"
#include "core/plugin/loader.hpp"

#include <memory>
#include <mutex>
#include <string>

namespace rt {

class DriverRegistry {
public:
    explicit DriverRegistry(const Wiring& wiring) : wiring_(wiring) {} // borrowed

    // instance "": the role's default. not_found names the instances that there are.
    Result<std::shared_ptr<StorageDriver>> storage(const std::string& instance);
    Result<std::shared_ptr<NetworkBackend>> network(const std::string& instance);
    Result<std::shared_ptr<Isolation>> isolation(const std::string& instance);

    // What make_...() needs for it, without loading it as a driver: its file is found, and read for the
    // schema.
    Result<DriverSpec> resolve(Role role, const std::string& instance);

    [[nodiscard]] const Wiring& wiring() const { return wiring_; }

private:
    template <class Interface>
    using Instances = std::map<std::string, std::shared_ptr<Interface>>;

    const Wiring& wiring_;
    std::mutex mutex_;
    Instances<StorageDriver> storage_;
    Instances<NetworkBackend> network_;
    Instances<Isolation> isolation_;
};

} // namespace rt
