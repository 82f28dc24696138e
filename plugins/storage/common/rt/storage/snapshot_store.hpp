// SPDX-License-Identifier: Apache-2.0
// Snapshots as directories below a driver's state directory; the directory tree is the only record of them:
//
//   active/<id>      writable content
//   committed/<id>   immutable content
//   work/<id>        what the driver keeps beside active content. Made first and removed last: where there is
//                    only this, the snapshot is half-made or half-removed, and can only be removed
//   trash/<id>~<n>   removed content; deleted by whoever removes next, if its remover was killed
//
// Every change of state is one rename. Holds one descriptor; [thread-safe], also between processes, for
// different ids.
#pragma once

#include <rt/sdk/storage.hpp>
#include <rt/sdk/unique_fd.hpp>

#include <string>
#include <string_view>

namespace rt::storage {

class SnapshotStore {
public:
    static sdk::Result<SnapshotStore> open(sdk::Host host);

    // Every one is a valid id and committed, else not_found.
    [[nodiscard]] sdk::Result<void> check_parents(const sdk::Parents& parents) const;

    // The state of a complete snapshot; not_found for none or a half-made one.
    [[nodiscard]] sdk::Result<sdk::SnapshotState> state_of(std::string_view id) const;

    // Takes the id and makes work/<id>, empty; already_exists: it is taken. The driver then makes the
    // content, which must appear whole, with one mkdir or rename.
    [[nodiscard]] sdk::Result<void> begin(std::string_view id) const;

    // Takes back begin() after a failure; deadline and cancellation do not count any more.
    void abandon(std::string_view id) const noexcept;

    [[nodiscard]] sdk::Result<void> commit(std::string_view id) const;
    [[nodiscard]] sdk::Result<void> remove(sdk::Call call, std::string_view id) const;
    [[nodiscard]] sdk::Result<std::vector<sdk::Snapshot>> list() const;
    [[nodiscard]] sdk::Result<sdk::Usage> usage(sdk::Call call, std::string_view id) const;

    // The state directory, for *at() calls with the relative paths that these make.
    [[nodiscard]] int fd() const { return root_.get(); }
    static std::string work_path(std::string_view id) { return sdk::cat("work/", id); }
    static std::string content_path(sdk::SnapshotState state, std::string_view id);
    // An absolute path, for mounts.
    [[nodiscard]] std::string absolute(std::string_view relative) const {
        return sdk::cat(directory_, "/", relative);
    }

    // An empty directory for a trial, locked while it is open so that nobody takes it for rubbish; the caller
    // removes it with remove_tree(). If it is killed, the next one who asks for one does.
    struct Scratch {
        std::string path; // relative to fd()
        sdk::UniqueFd directory;
    };
    [[nodiscard]] sdk::Result<Scratch> make_scratch() const;

    // What was removed or tried and whose remover was killed, as paths relative to fd(); what somebody is at
    // just now is not among it.
    [[nodiscard]] sdk::Result<std::vector<std::string>> rubbish() const;
    // One of those; repeatable. invalid_argument: it is none.
    [[nodiscard]] sdk::Result<void> delete_rubbish(sdk::Call call, const std::string& path) const;

private:
    SnapshotStore(sdk::Host host, std::string directory, sdk::UniqueFd root)
        : host_(host), directory_(std::move(directory)), root_(std::move(root)) {}

    [[nodiscard]] bool exists(const std::string& path) const;
    [[nodiscard]] sdk::Result<void> make_directories() const;
    [[nodiscard]] sdk::Result<bool> move_to_trash(sdk::SnapshotState state, std::string_view id) const;
    [[nodiscard]] sdk::Result<void> empty_trash(sdk::Call call, std::string_view own) const;

    sdk::Host host_;
    std::string directory_;
    sdk::UniqueFd root_;
};

} // namespace rt::storage
