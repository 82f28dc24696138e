// SPDX-License-Identifier: Apache-2.0
// Writes the entries of one layer's tar below a directory, by the rules of the OCI image specification
// (layer.md, "Applying Changesets"). Nothing is ever written outside that directory, whatever the archive
// says. Two forms (LayerTarget): plain, where what is below shows in the directory and whiteouts remove it,
// and overlay, where only the layer itself stands there and whiteouts are written down. One thread each.
#pragma once

#include "core/image/image_module.hpp"
#include "core/image/module/tar_reader.hpp"
#include "core/image/module/tree_position.hpp"

#include <sys/stat.h>

#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace rt::image {

// What hides things below: ".wh.x" hides x, ".wh..wh..opq" everything else in its directory.
struct Whiteout {
    enum class Kind { none, entry, opaque, ignored } kind = Kind::none;
    std::string_view name; // of the entry that is hidden
};
// corrupt: a whiteout of nothing, "." or "..", or something inside a directory with such a name.
Result<Whiteout> parse_whiteout(const std::vector<std::string_view>& parts);

class LayerApplier {
public:
    explicit LayerApplier(const LayerTarget& target);

    // In the plain form with something below: the whiteouts have their effect first, whatever stands before
    // them.
    Result<void> apply_whiteouts(TarReader& tar, const Cancellation& cancellation);

    // Every entry. False: the layer depends on what is below, which does not show here (overlay form only).
    Result<bool> apply(TarReader& tar, const Cancellation& cancellation);

    [[nodiscard]] std::uint64_t size() const { return size_; }
    [[nodiscard]] bool has_root_entry() const { return has_root_entry_; }
    [[nodiscard]] std::vector<std::string> warnings() const { return {warnings_.begin(), warnings_.end()}; }

private:
    enum class Step { done, depends_on_below };
    struct Place; // where the entry at hand goes

    Result<Step> apply_entry(TarReader& tar, archive_entry* entry);
    Result<Step> apply_whiteout(const std::vector<std::string_view>& parts, const Whiteout& whiteout);
    Result<void> apply_root(archive_entry* entry);
    Result<Step> apply_content(TarReader& tar, archive_entry* entry, Place& place);
    Result<void> make_directory(archive_entry* entry, Place& place);
    Result<void> make_file(TarReader& tar, archive_entry* entry, Place& place);
    Result<void> make_symlink(archive_entry* entry, Place& place);
    Result<void> make_node(archive_entry* entry, Place& place);
    Result<Step> make_hard_link(archive_entry* entry, Place& place);

    Result<void> clear_place(Place& place);
    Result<void> write_content(TarReader& tar, int fd, std::int64_t size);
    Result<void> set_attributes(archive_entry* entry, int fd, bool inherited);
    Result<void> set_xattrs(archive_entry* entry, int fd, const Place& place);
    Result<void> replace_xattrs(archive_entry* entry, int fd);
    Result<void> finish_directories();
    void warn(std::string text);

    LayerTarget target_;
    TreePosition position_;
    mode_t umask_;
    UniqueFd kept_;             // a parent that outlives what the position remembers
    bool default_acls_ = false; // modes of new files are not what was asked for
    bool has_root_entry_ = false;
    std::uint64_t size_ = 0;
    std::uint64_t entries_ = 0;
    std::unordered_map<std::string, timespec> directory_times_;
    std::set<std::string> warnings_;
};

} // namespace rt::image
