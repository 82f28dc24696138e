// SPDX-License-Identifier: Apache-2.0
// Dockerfile instructions that change an image's config: what `--change` of `rtctl import` and
// `rtctl commit` takes. Plain functions; any thread.
#pragma once

#include "core/base/error.hpp"
#include "core/base/json.hpp"

#include <string_view>

namespace rt {

// Applies one instruction to the "config" object of an image config. CMD, ENTRYPOINT, ENV, EXPOSE,
// HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME, WORKDIR. invalid_argument says what is wrong with
// it.
Result<void> apply_change(Json& config, std::string_view instruction);

} // namespace rt
