// SPDX-License-Identifier: Apache-2.0
// The driver instances of a wiring. A driver is loaded when it is first asked for, and then kept: what a
// command does not use costs nothing. Any thread.
#pragma once

#include "core/config/wiring.hpp"
#include "core/plugin/loader.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace rt {

// A driver instance as far as it can be known without making it.
struct ResolvedDriver {
    DriverSpec spec;
    std::vector<std::string> defaulted; // JSON pointers below the config whose value is the plugin's default
};

// Finds the plugin of an instance ("": the role's default), checks its kind, and checks and completes the
// instance's config, all without loading it. The error names the place in the wiring file.
Result<ResolvedDriver> resolve_driver(const Wiring& wiring, Role role, const std::string& instance);

class DriverRegistry {
public:
    explicit DriverRegistry(const Wiring& wiring) : wiring_(wiring) {} // borrowed

    // instance "": the role's default. not_found names the instances that there are.
    Result<std::shared_ptr<StorageDriver>> storage(const std::string& instance);
    Result<std::shared_ptr<NetworkBackend>> network(const std::string& instance);
    Result<std::shared_ptr<Isolation>> isolation(const std::string& instance);

    // What make_...() needs for it, without loading it: its file is found, and read for the schema.
    Result<DriverSpec> resolve(Role role, const std::string& instance);

    [[nodiscard]] const Wiring& wiring() const { return wiring_; }

private:
    template <class Interface>
    using Instances = std::map<std::string, std::shared_ptr<Interface>>;
    template <class Interface, class Make>
    Result<std::shared_ptr<Interface>> get(Instances<Interface>& instances, Role role,
                                           const std::string& instance, Make make);

    const Wiring& wiring_;
    std::mutex mutex_;
    Instances<StorageDriver> storage_;
    Instances<NetworkBackend> network_;
    Instances<Isolation> isolation_;
};

} // namespace rt
