// SPDX-License-Identifier: Apache-2.0
// "rt.leftovers/1" of a driver instance, for rtctl doctor. An instance of its own, made when it is asked for:
// the interfaces of the roles, which every start sees, know nothing of it. One thread.
#pragma once

#include "core/base/json.hpp"
#include "core/config/wiring.hpp"
#include "core/interfaces/driver.hpp"
#include "core/plugin/loader.hpp"

#include <rtp/leftovers.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rt {

class PluginInstance;

// One thing that a driver has left, as it said it.
struct Leftover {
    std::string kind{}, name{}, what{}, whose{};
    std::string container{}; // id; "": it cannot be said
    std::string json{};      // whole, for remove()
};

class LeftoverFinder {
public:
    // Empty: the driver has no such interface.
    static Result<std::optional<LeftoverFinder>> open(const DriverSpec& spec, Role role);

    LeftoverFinder(LeftoverFinder&&) noexcept;
    LeftoverFinder(const LeftoverFinder&) = delete;
    ~LeftoverFinder();

    // known: see <rtp/leftovers.h>.
    Result<std::vector<Leftover>> find(const Operation& operation, const std::string& known);
    Result<void> remove(const Operation& operation, const std::string& known, const Leftover& leftover);

private:
    LeftoverFinder(std::unique_ptr<PluginInstance> plugin, const rtp_leftovers_v1* table);
    [[nodiscard]] Result<Leftover> read(const Json& item) const;

    std::unique_ptr<PluginInstance> plugin_;
    const rtp_leftovers_v1* table_;
};

} // namespace rt
