// SPDX-License-Identifier: Apache-2.0
// Events of images, with the attributes that docker gives them: a name and the image's labels. Inside the
// transaction of the change.
#pragma once

#include "core/base/error.hpp"
#include "core/image/image_store.hpp"

#include <map>
#include <string>

namespace rt {

// The labels of an image config (JSON). What is damaged has none.
std::map<std::string, std::string> labels_of_config(const std::string& config_json);

// import, load, delete, untag, save, tag. name: docker's attribute; the id in most cases, and the new name of
// tag.
Result<void> note_image_event(Database& database, const Image& image, const std::string& action,
                              const std::string& name);

// pull, push: the actor is the reference ("debian:12"), its name the repository ("debian").
Result<void> note_transfer_event(Database& database, const Image& image, const std::string& action,
                                 const std::string& reference, const std::string& repository);

} // namespace rt
