// SPDX-License-Identifier: Apache-2.0
// "rt.leftovers/1": cgroups, below the parent that the host has for them, of containers that have nothing in
// the kernel any more. That they are of this host's engine, and not of another one with the same parent, is
// seen from their names: ids that the host has had itself. Those of containers with a parent of their own are
// not looked for. Stateless.
#pragma once

#include "cgroup_layout.hpp"

#include <rt/sdk/isolation.hpp>

#include <string>
#include <string_view>

namespace rt::namespaces {

// Kind: "cgroup", one for each container, in whatever hierarchies.
Result<std::string> find_leftovers(const CgroupLayout& layout, std::string_view known);
// Ends what runs there.
Result<void> remove_leftover(const CgroupLayout& layout, sdk::Call call, std::string_view known,
                             std::string_view leftover);

} // namespace rt::namespaces
