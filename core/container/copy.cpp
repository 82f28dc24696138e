// SPDX-License-Identifier: Apache-2.0
#include "core/container/copy.hpp"

#include "core/base/rooted_path.hpp"
#include "core/container/container_events.hpp"
#include "core/container/file_maker.hpp"
#include "core/image/image_module.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <thread>

namespace rt {
namespace {

constexpr int kMostLinks = 40; // as the kernel's own limit

struct Place {
    int root;
    std::string path;
    ShiftedIds ids{};
};

bool is_missing(const Error& error) {
    return error.code == Code::not_found;
}

// What the source is called in the archive.
std::string name_of_source(const std::string& path, const PathStat& status) {
    const bool content = path.ends_with("/.") || path == "." || path.ends_with("/..") || status.name == "/";
    return content ? "." : status.name;
}

// A destination that is a symbolic link stands for where that leads, also when nothing is there yet.
Result<std::string> follow_links(const Place& place) {
    std::string path = place.path;
    for (int count = 0; count < kMostLinks; ++count) {
        const auto status = stat_path(place.root, path, LastLink::keep);
        if (!status || status->link_target.empty()) return path;
        const std::string& target = status->link_target;
        path = target.starts_with('/') ? target : cat(split_last(path).parent, "/", target);
    }
    return fail(Code::failed_precondition, "'", place.path, "' is a symbolic link that leads in a circle");
}

// Where the archive of the source goes: docker's table of what is there and what is to come.
Result<ArchiveToTree> plan_destination(const Place& to, const PathStat& source, const std::string& name) {
    ArchiveToTree plan;
    plan.root = to.root;
    plan.ids = to.ids;
    const bool from_directory = S_ISDIR(source.mode);
    const auto there = stat_path(to.root, to.path, LastLink::follow);
    if (!there && !is_missing(there.error())) return std::unexpected(there.error());
    if (there && S_ISDIR(there->mode)) {
        plan.directory = to.path;
        return plan;
    }
    if (there && from_directory)
        return fail(Code::failed_precondition, "cannot copy a directory to '", to.path, "', which is a file");
    const bool wants_directory = split_last(to.path).wants_directory;
    if (!there && wants_directory && !from_directory)
        return fail(Code::not_found, "no such directory: '", to.path, "'");
    RT_TRY_ASSIGN(const std::string path, follow_links(to));
    const SplitPath split = split_last(path);
    plan.directory = split.parent.empty() ? "/" : split.parent;
    const auto parent = stat_path(to.root, plan.directory, LastLink::follow);
    if (!parent && is_missing(parent.error()))
        return fail(Code::not_found, "no such directory: '", plan.directory, "'");
    if (!parent) return std::unexpected(parent.error());
    plan.rename.emplace(name, split.name);
    return plan;
}

Result<void> explain(Error error, const std::string& where) {
    if (error.sys_errno == EROFS)
        return fail(
            Code::failed_precondition, "copy to '", where,
            "': it is read-only: the container's root or what is mounted there may not be written to");
    return in_context(std::move(error), "copy to '", where, "'");
}

Result<void> extract(ImageModule& module, const ArchiveToTree& to, int in, const Cancellation& cancellation) {
    RT_TRY_ASSIGN(const FileMaker owner, FileMaker::become(to.ids.first));
    return module.extract_tree(to, in, cancellation);
}

// One end writes the archive while the other extracts it.
Result<void> pipe_through(const TreeToArchive& from, const ArchiveToTree& to) {
    RT_TRY_ASSIGN(ImageModule* const module, load_image_module());
    const Operation operation = Engine::new_operation();
    Cancellation cancellation{&operation};
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno(errno, "make a pipe");
    UniqueFd in(ends[0]);
    UniqueFd out(ends[1]);
    Result<void> written;
    std::thread writer([&] {
        // A reader that gives up is no reason to die of SIGPIPE: the write tells it.
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGPIPE);
        ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
        written = module->write_tree(from, out.get(), cancellation);
        out.reset();
    });
    Result<void> extracted = extract(*module, to, in.get(), cancellation);
    in.reset();
    writer.join();
    if (!written && written.error().sys_errno != EPIPE)
        return in_context(written.error(), "copy '", from.path, "'");
    if (!extracted) return explain(std::move(extracted).error(), to.directory);
    return {};
}

Result<void> copy(const Place& from, const Place& to, const CopyRequest& request) {
    RT_TRY_ASSIGN(const PathStat source, stat_path(from.root, from.path, request.link));
    const std::string name = name_of_source(from.path, source);
    RT_TRY_ASSIGN(ArchiveToTree plan, plan_destination(to, source, name));
    if (request.owner == CopyRequest::Owner::destination) plan.owner.emplace(::getuid(), ::getgid());
    TreeToArchive tree;
    tree.root = from.root;
    tree.path = from.path;
    tree.name = name;
    tree.link = request.link;
    tree.ids = from.ids;
    return pipe_through(tree, plan);
}

Result<void> record_event(Engine& engine, const ContainerFiles& files, const std::string& action) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    return record_event(*state, files.container(), action);
}

} // namespace

Result<void> copy_from_container(Engine& engine, const std::string& reference, const CopyRequest& request) {
    RT_TRY_ASSIGN(const ContainerFiles files, ContainerFiles::open(engine, reference, Writable::no));
    RT_TRY_ASSIGN(const UniqueFd host, open_file("/", O_PATH | O_DIRECTORY));
    if (const auto there = stat_path(host.get(), request.destination, LastLink::follow);
        there && !S_ISREG(there->mode) && !S_ISDIR(there->mode))
        return fail(Code::invalid_argument, "copy to '", request.destination,
                    "': it is neither a file nor a directory, and is not replaced by one");
    RT_TRY(record_event(engine, files, "archive-path"));
    return copy({files.root(), request.source, files.ids()}, {host.get(), request.destination}, request);
}

Result<void> copy_to_container(Engine& engine, const std::string& reference, const CopyRequest& request) {
    RT_TRY_ASSIGN(const ContainerFiles files, ContainerFiles::open(engine, reference, Writable::yes));
    RT_TRY_ASSIGN(const UniqueFd host, open_file("/", O_PATH | O_DIRECTORY));
    RT_TRY(record_event(engine, files, "extract-to-dir"));
    return copy({host.get(), request.source}, {files.root(), request.destination, files.ids()}, request);
}

Result<void> archive_from_container(Engine& engine, const std::string& reference, const CopyRequest& request,
                                    int out) {
    RT_TRY_ASSIGN(const ContainerFiles files, ContainerFiles::open(engine, reference, Writable::no));
    RT_TRY_ASSIGN(const PathStat source, stat_path(files.root(), request.source, request.link));
    TreeToArchive tree;
    tree.root = files.root();
    tree.path = request.source;
    tree.name = name_of_source(request.source, source);
    tree.link = request.link;
    tree.ids = files.ids();
    RT_TRY_ASSIGN(ImageModule* const module, load_image_module());
    RT_TRY(record_event(engine, files, "archive-path"));
    const Operation operation = Engine::new_operation();
    return module->write_tree(tree, out, Cancellation{&operation});
}

Result<void> extract_to_container(Engine& engine, const std::string& reference, const ExtractRequest& request,
                                  int in) {
    RT_TRY_ASSIGN(const ContainerFiles files, ContainerFiles::open(engine, reference, Writable::yes));
    RT_TRY_ASSIGN(const PathStat target, stat_path(files.root(), request.directory, LastLink::follow));
    if (!S_ISDIR(target.mode))
        return fail(Code::failed_precondition, "'", request.directory,
                    "' is not a directory: an archive is extracted into one");
    ArchiveToTree tree;
    tree.root = files.root();
    tree.directory = request.directory;
    tree.owner = request.owner;
    tree.kinds = request.kinds;
    tree.ids = files.ids();
    RT_TRY_ASSIGN(ImageModule* const module, load_image_module());
    RT_TRY(record_event(engine, files, "extract-to-dir"));
    const Operation operation = Engine::new_operation();
    if (auto done = extract(*module, tree, in, Cancellation{&operation}); !done)
        return explain(std::move(done).error(), request.directory);
    return {};
}

Result<void> export_container(Engine& engine, const std::string& reference, int out) {
    RT_TRY_ASSIGN(const ContainerFiles files, ContainerFiles::open(engine, reference, Writable::no));
    RT_TRY_ASSIGN(const UniqueFd layers, open_container_layers(engine, files.container()));
    TreeToArchive tree;
    tree.root = layers.get();
    tree.mounts = OtherMounts::leave_out;
    RT_TRY_ASSIGN(ImageModule* const module, load_image_module());
    RT_TRY(record_event(engine, files, "export"));
    const Operation operation = Engine::new_operation();
    return module->write_tree(tree, out, Cancellation{&operation});
}

} // namespace rt
