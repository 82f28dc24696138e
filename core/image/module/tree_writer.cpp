// SPDX-License-Identifier: Apache-2.0
// The tree may change while it is read, and who changes it may be hostile. So an entry is opened once, as a
// path and without following a link; everything else is asked of that descriptor.
#include "core/image/module/tree_writer.hpp"

#include "core/base/directory_stream.hpp"
#include "core/base/rooted_path.hpp"
#include "core/image/module/tar_writer.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <map>
#include <memory>
#include <vector>

namespace rt::image {
namespace {

struct FreeEntry {
    void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};
using Entry = std::unique_ptr<archive_entry, FreeEntry>;

constexpr std::string_view kWhiteout = ".wh.";

// Others belong to this host: labels, the storage driver's own notes.
bool belongs_to_file(std::string_view name) {
    return name.starts_with("user.") || name == "security.capability";
}

class TreeWriter {
public:
    TreeWriter(const TreeToArchive& tree, int out, const Cancellation& cancellation)
        : tree_(tree), tar_(out), cancellation_(cancellation), buffer_(256U << 10U) {}
    TreeWriter(const TreeToArchive& tree, ByteSink& out, const Cancellation& cancellation)
        : tree_(tree), tar_(out), cancellation_(cancellation), buffer_(256U << 10U) {}

    Result<void> run(const std::vector<TreeChange>& changes) {
        children_ = Children::no;
        for (const TreeChange& change : changes) {
            const std::string_view path = std::string_view(change.path).substr(change.path.starts_with('/'));
            const SplitPath split = split_last(std::string(path));
            if (split.name.starts_with(kWhiteout))
                return fail(Code::unsupported, "'", change.path,
                            "': no layer can hold a name that begins with '", kWhiteout,
                            "': remove it first");
            if (change.deleted) {
                RT_TRY(whiteout(split));
                continue;
            }
            auto open = open_in_root(tree_.root, std::string(path), O_PATH | O_NOFOLLOW);
            if (!open && open.error().code == Code::not_found) continue; // it went meanwhile
            if (!open) return std::unexpected(std::move(open).error());
            RT_TRY(entry(open->get(), std::string(path)));
        }
        return tar_.finish();
    }

    Result<void> run() {
        RT_TRY_ASSIGN(const UniqueFd top, open_top());
        struct statx status{};
        RT_TRY(look(top.get(), status));
        mount_ = status.stx_mnt_id;
        if (tree_.name.empty()) {
            RT_TRY(children(top.get(), ""));
        } else {
            RT_TRY(entry(top.get(), tree_.name));
        }
        return tar_.finish();
    }

private:
    Result<UniqueFd> open_top() {
        const SplitPath split = split_last(tree_.path);
        const int follow = tree_.link == LastLink::follow || split.wants_directory ? 0 : O_NOFOLLOW;
        const int directory = split.wants_directory || tree_.name.empty() ? O_DIRECTORY : 0;
        return open_in_root(tree_.root, tree_.path, O_PATH | follow | directory);
    }

    static Result<void> look(int fd, struct statx& status) {
        if (::statx(fd, "", AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_MNT_ID, &status) !=
            0)
            return fail_errno(errno, "stat");
        return {};
    }

    Result<void> entry(int fd, const std::string& name) {
        RT_TRY(cancellation_.check());
        struct statx status{};
        if (auto done = look(fd, status); !done) return in_context(std::move(done).error(), "'", name, "'");
        Result<void> done;
        switch (status.stx_mode & S_IFMT) {
        case S_IFDIR: done = directory(fd, name, status); break;
        case S_IFSOCK: return {}; // no tar can hold one
        case S_IFREG: done = file(fd, name, status); break;
        case S_IFLNK: done = symlink(fd, name, status); break;
        default: done = header(*describe(name, status).get());
        }
        return done;
    }

    [[nodiscard]] Entry describe(const std::string& name, const struct statx& status) const {
        Entry entry(archive_entry_new());
        if (entry == nullptr) throw std::bad_alloc();
        archive_entry_set_pathname(entry.get(), name.c_str());
        archive_entry_set_mode(entry.get(), status.stx_mode);
        archive_entry_set_uid(entry.get(), tree_.ids.inside(status.stx_uid));
        archive_entry_set_gid(entry.get(), tree_.ids.inside(status.stx_gid));
        archive_entry_set_mtime(entry.get(), status.stx_mtime.tv_sec, status.stx_mtime.tv_nsec);
        archive_entry_set_size(entry.get(), 0);
        if (S_ISCHR(status.stx_mode) || S_ISBLK(status.stx_mode)) {
            archive_entry_set_rdevmajor(entry.get(), status.stx_rdev_major);
            archive_entry_set_rdevminor(entry.get(), status.stx_rdev_minor);
        }
        return entry;
    }

    Result<void> whiteout(const SplitPath& split) {
        const std::string parent =
            split.parent.empty() || split.parent.ends_with('/') ? split.parent : split.parent + "/";
        const Entry entry(archive_entry_new());
        if (entry == nullptr) throw std::bad_alloc();
        archive_entry_set_pathname(entry.get(), cat(parent, kWhiteout, split.name).c_str());
        archive_entry_set_filetype(entry.get(), AE_IFREG);
        archive_entry_set_perm(entry.get(), 0600);
        archive_entry_set_size(entry.get(), 0);
        archive_entry_set_mtime(entry.get(), 0, 0);
        return header(*entry);
    }

    Result<void> header(archive_entry& entry) { return tar_.entry(&entry); }

    static void add_xattrs(int fd, archive_entry& entry) {
        const std::string path = path_of_fd(fd);
        std::string names(XATTR_LIST_MAX, '\0');
        const ssize_t length = ::listxattr(path.c_str(), names.data(), names.size());
        names.resize(static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
        std::string value(XATTR_SIZE_MAX, '\0');
        for (std::size_t at = 0; at < names.size(); at += std::string_view(names.c_str() + at).size() + 1) {
            const char* const name = names.c_str() + at;
            if (!belongs_to_file(name)) continue;
            const ssize_t size = ::getxattr(path.c_str(), name, value.data(), value.size());
            if (size >= 0) // else it went meanwhile
                archive_entry_xattr_add_entry(&entry, name, value.data(), static_cast<std::size_t>(size));
        }
    }

    Result<void> symlink(int fd, const std::string& name, const struct statx& status) {
        std::string target(PATH_MAX, '\0');
        const ssize_t size = ::readlinkat(fd, "", target.data(), target.size());
        if (size < 0) return fail_errno(errno, "read the symbolic link '", name, "'");
        target.resize(static_cast<std::size_t>(size));
        const Entry entry = describe(name, status);
        archive_entry_set_symlink(entry.get(), target.c_str());
        return header(*entry);
    }

    Result<void> file(int fd, const std::string& name, const struct statx& status) {
        const Entry entry = describe(name, status);
        if (status.stx_nlink > 1) {
            const std::pair<std::uint64_t, std::uint64_t> identity{
                ::makedev(status.stx_dev_major, status.stx_dev_minor), status.stx_ino};
            const auto [known, fresh] = links_.emplace(identity, name);
            if (!fresh) {
                archive_entry_set_hardlink(entry.get(), known->second.c_str());
                return header(*entry);
            }
        }
        const UniqueFd open(::open(path_of_fd(fd).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
        if (!open) return fail_errno(errno, "open '", name, "'");
        const auto size = static_cast<std::int64_t>(status.stx_size);
        archive_entry_set_size(entry.get(), size);
        add_xattrs(fd, *entry);
        RT_TRY(header(*entry));
        return content(open.get(), name, size);
    }

    // Exactly as many bytes as the header says, whatever becomes of the file meanwhile.
    Result<void> content(int fd, const std::string& name, std::int64_t size) {
        while (size > 0) {
            RT_TRY(cancellation_.check());
            const auto piece = std::min<std::int64_t>(size, static_cast<std::int64_t>(buffer_.size()));
            const ssize_t count = ::read(fd, buffer_.data(), static_cast<std::size_t>(piece));
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) return fail_errno(errno, "read '", name, "'");
            if (count == 0) return tar_.zeros(size);
            RT_TRY(tar_.data({buffer_.data(), static_cast<std::size_t>(count)}));
            size -= count;
        }
        return {};
    }

    Result<void> directory(int fd, const std::string& name, const struct statx& status) {
        const Entry entry = describe(name + "/", status);
        add_xattrs(fd, *entry);
        RT_TRY(header(*entry));
        if (children_ == Children::no) return {};
        if (tree_.mounts == OtherMounts::leave_out && status.stx_mnt_id != mount_) return {};
        return children(fd, name + "/");
    }

    Result<void> children(int fd, const std::string& prefix) {
        UniqueFd open(::openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!open) return fail_errno(errno, "open the directory '", prefix, "'");
        RT_TRY_ASSIGN(std::vector<std::string> names, names_in(open.get(), prefix));
        std::ranges::sort(names); // the same tree gives the same archive
        for (const std::string& name : names) {
            const UniqueFd child(::openat(open.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
            if (!child && errno == ENOENT) continue; // it went meanwhile
            if (!child) return fail_errno(errno, "open '", prefix, name, "'");
            RT_TRY(entry(child.get(), prefix + name));
        }
        return {};
    }

    static Result<std::vector<std::string>> names_in(int fd, const std::string& prefix) {
        const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
        const DirectoryStream stream(copy < 0 ? nullptr : ::fdopendir(copy));
        if (!stream) {
            const int problem = errno;
            if (copy >= 0) ::close(copy);
            return fail_errno(problem, "read the directory '", prefix, "'");
        }
        std::vector<std::string> names;
        for (;;) {
            errno = 0;
            const dirent* const found = ::readdir(stream.get());
            if (found == nullptr && errno != 0) return fail_errno(errno, "read the directory '", prefix, "'");
            if (found == nullptr) return names;
            const std::string_view name(found->d_name);
            if (name != "." && name != "..") names.emplace_back(name);
        }
    }

    enum class Children { yes, no };

    const TreeToArchive& tree_;
    Children children_ = Children::yes; // of directories
    TarWriter tar_;
    const Cancellation& cancellation_;
    std::vector<char> buffer_;
    std::uint64_t mount_ = 0;
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> links_; // those with several names
};

} // namespace

Result<void> write_tree(const TreeToArchive& tree, int out, const Cancellation& cancellation) {
    return TreeWriter(tree, out, cancellation).run();
}

Result<void> write_changes(const ChangesToArchive& changes, ByteSink& out, const Cancellation& cancellation) {
    TreeToArchive tree;
    tree.root = changes.root;
    tree.ids = changes.ids;
    return TreeWriter(tree, out, cancellation).run(changes.changes);
}

} // namespace rt::image
