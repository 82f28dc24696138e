// SPDX-License-Identifier: Apache-2.0
// Events that are recorded without the database being opened: lines in a file beside rt.db, which EventLog
// takes into the database before it adds or reads anything. For what changes nothing in the database and
// happens often: a program run in a container, a health check. Any process, any thread.
//
// The file begins with an id of its own; each event follows as a line break and a JSON object, so that a line
// that a killed process left half-written spoils no other.
#pragma once

#include "core/base/error.hpp"
#include "core/base/file.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace rt {

// event: JSON object with "time", "type", "action", "actor_id" and "attributes", as Event has them; several
// with a line break between them. root: where rt.db is. Waits for nobody. False: the file is full, or another
// is at it: use the database, which empties it.
Result<bool> spool_event(const Path& root, std::string_view event);

struct SpooledEvents {
    std::string lines; // "": there are none
    std::string mark;  // how far they go
};

// Those after mark: of the latest ones that are in the database, "" for none. None while another is at the
// file: they come with the next look. One reader at a time: inside a write transaction, which keeps the new
// mark as well. corrupt: it is no spool of events.
Result<SpooledEvents> spooled_events(const Path& root, const std::string& mark);

// Removes the file if all in it is before mark, which has to be committed: whoever is killed before that
// leaves nothing that would be taken twice.
Result<void> forget_spooled(const Path& root, const std::string& mark);

// One that is corrupt, so that it is in nobody's way. Answers where it is now; the one that was there before
// is replaced. Empty: it is in order, another was quicker.
Result<std::optional<Path>> set_spool_aside(const Path& root);

bool has_spooled_events(const Path& root); // perhaps: also those that were taken

} // namespace rt
