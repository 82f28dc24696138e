// SPDX-License-Identifier: Apache-2.0
#include "core/container/copy.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/session.hpp"

#include <unistd.h>

#include <cstdio>

namespace rt::cli {
namespace {

// "CONTAINER:PATH", or a path here: "./a:b" and "/a:b" are that, as docker has it.
struct CopyEnd {
    std::string container; // "": here
    std::string path;
};

CopyEnd parse_end(const std::string& text) {
    const auto colon = text.find(':');
    if (text.starts_with('/') || text.starts_with('.') || colon == std::string::npos) return {"", text};
    const std::string path = text.substr(colon + 1);
    return {text.substr(0, colon), path.starts_with('/') ? path : cat("/", path)};
}

// Absolute, with what its end says ("/", "/.") left as it is.
std::string absolute(const std::string& path) {
    if (path.starts_with('/')) return path;
    std::error_code ignored;
    return cat(std::filesystem::current_path(ignored).native(), "/", path);
}

Result<void> from_container(Engine& engine, const CopyEnd& from, CopyRequest request) {
    if (request.destination == "-") {
        if (is_terminal(STDOUT_FILENO))
            return fail(Code::invalid_argument,
                        "cp: standard output is a terminal: send the archive elsewhere");
        return archive_from_container(engine, from.container, request, STDOUT_FILENO);
    }
    request.destination = absolute(request.destination);
    return copy_from_container(engine, from.container, request);
}

Result<void> to_container(Engine& engine, const CopyEnd& to, CopyRequest request) {
    if (request.source == "-") {
        if (is_terminal(STDIN_FILENO))
            return fail(Code::invalid_argument, "cp: standard input is a terminal: give it a tar archive");
        return extract_to_container(engine, to.container, {request.destination, {}, {}}, STDIN_FILENO);
    }
    request.source = absolute(request.source);
    return copy_to_container(engine, to.container, request);
}

Outcome cp(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    description.add_options()("archive,a", "keep owner and group of what is copied")(
        "follow-link,L", "copy what a symbolic link in the source leads to")("quiet,q", "say nothing");
    RT_TRY_ASSIGN(const auto parsed, parse(kCp, description, arguments, Operands::anywhere, 2, 2));
    if (!parsed) return 0;
    const CopyEnd from = parse_end(parsed->operands[0]);
    const CopyEnd to = parse_end(parsed->operands[1]);
    if (from.container.empty() == to.container.empty())
        return fail(Code::invalid_argument,
                    from.container.empty() ? "cp: one of the two has to be in a container: CONTAINER:PATH"
                                           : "cp: copying between containers is not supported: copy to "
                                             "this host first, or send one archive to the other with '-'");
    if (from.path.empty() || to.path.empty()) return fail(Code::invalid_argument, "cp: a path is empty");
    CopyRequest request;
    request.source = from.path;
    request.destination = to.path;
    if (parsed->has("follow-link")) request.link = LastLink::follow;
    if (parsed->has("archive")) request.owner = CopyRequest::Owner::source;
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    const bool out = to.container.empty();
    RT_TRY(out ? from_container(*engine, from, request) : to_container(*engine, to, request));
    const bool archive = from.path == "-" || to.path == "-";
    if (!archive && !parsed->has("quiet") && is_terminal(STDERR_FILENO))
        std::fprintf(stderr, "Copied %s to %s\n", parsed->operands[0].c_str(), parsed->operands[1].c_str());
    return 0;
}

} // namespace

const Command kCp = {"cp", "[OPTIONS] CONTAINER:SRC DEST|-  or  SRC|- CONTAINER:DEST",
                     "Copy files between a container and this host", cp};

} // namespace rt::cli
