// SPDX-License-Identifier: Apache-2.0
// The areas of checks, one file each. Each looks at its part and reports what it finds.
#pragma once

#include "core/doctor/examination.hpp"

namespace rt::doctor {

void look_at_shims(Examination& examination);
void look_at_containers(Examination& examination);
void look_at_container_files(Examination& examination);
void look_at_locks(Examination& examination);
void look_at_networks(Examination& examination);
void look_at_volumes(Examination& examination);
void look_at_images(Examination& examination);
void look_at_snapshots(Examination& examination);
void look_at_state(Examination& examination);
void look_at_driver_leftovers(Examination& examination);
void look_at_drivers(Examination& examination);
void look_at_host(Examination& examination);

} // namespace rt::doctor
