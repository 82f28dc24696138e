// SPDX-License-Identifier: Apache-2.0
// Reads linux.resources. Internal to the parser; throws Refused.
#pragma once

#include "json_reader.hpp"
#include "oci_config.hpp"

namespace rt::namespaces {

Resources parse_resources(const JsonReader& reader);

} // namespace rt::namespaces
