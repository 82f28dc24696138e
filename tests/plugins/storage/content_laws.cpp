// SPDX-License-Identifier: Apache-2.0
// Laws on what is seen in a snapshot: that of its parents, changed by what was written in it, and nobody
// else's.
#include "layer_writer.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>

namespace rt::test {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> names_in(const fs::path& directory) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory)) names.push_back(entry.path().filename());
    std::ranges::sort(names);
    return names;
}

void make_whiteout(const fs::path& path) {
    ASSERT_EQ(::mknod(path.c_str(), S_IFCHR, makedev(0, 0)), 0);
}

void make_opaque(const fs::path& directory) {
    fs::create_directories(directory);
    ASSERT_EQ(::setxattr(directory.c_str(), "trusted.overlay.opaque", "y", 1, 0), 0);
}

// While it lives, the process may have 100 descriptors open.
class FewDescriptors {
public:
    FewDescriptors() {
        EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0);
        const rlimit low{100, before_.rlim_max};
        EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
    }
    FewDescriptors(const FewDescriptors&) = delete;
    FewDescriptors& operator=(const FewDescriptors&) = delete;
    ~FewDescriptors() { (void)::setrlimit(RLIMIT_NOFILE, &before_); } // TempDir needs more to clean up

private:
    rlimit before_{};
};

// Goes down a chain of directories all named "d", making them; returns the depth that was reached.
int descend(const fs::path& root, int depth, bool make) {
    sdk::UniqueFd here(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    for (int level = 0; level < depth; ++level) {
        if (make && ::mkdirat(here.get(), "d", 0755) < 0) return level;
        sdk::UniqueFd next(::openat(here.get(), "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!next) return level;
        here = std::move(next);
    }
    return depth;
}

} // namespace

TEST_P(ContentLaws, ASnapshotWithoutParentsIsAnEmptyDirectoryThatRootOwns) {
    ASSERT_EQ(driver.prepare("a"), RTP_OK);
    const Mounted mounted(driver, "a");
    EXPECT_TRUE(fs::is_empty(mounted.path()));
    EXPECT_EQ(status_of(mounted.path()).st_mode, S_IFDIR | 0755U);
    EXPECT_EQ(status_of(mounted.path()).st_uid, 0U);
}

TEST_P(ContentLaws, TheUmaskOfTheHostDoesNotMatter) {
    const mode_t old = ::umask(077);
    const rtp_status status = driver.prepare("a");
    ::umask(old);
    ASSERT_EQ(status, RTP_OK);
    EXPECT_EQ(status_of(Mounted(driver, "a").path()).st_mode, S_IFDIR | 0755U);
}

TEST_P(ContentLaws, TheRootDirectoryIsLikeThatOfTheNearestParent) {
    const Ids base = make_layer(driver, "base", {}, [](const fs::path&) {});
    const Ids top = make_layer(driver, "top", base, [](const fs::path& root) {
        EXPECT_EQ(::chown(root.c_str(), 123, 456), 0);
        EXPECT_EQ(::chmod(root.c_str(), 01711), 0);
    });
    ASSERT_EQ(driver.prepare("c", top), RTP_OK);
    const struct stat root = status_of(Mounted(driver, "c", top).path());
    EXPECT_EQ(root.st_mode, S_IFDIR | 01711U);
    EXPECT_EQ(root.st_uid, 123U);
    EXPECT_EQ(root.st_gid, 456U);
}

TEST_P(ContentLaws, UpperLayersReplaceDeleteAndAdd) {
    const Ids base = make_layer(driver, "base", {}, [](const fs::path& root) {
        write_file(root / "kept", "base");
        write_file(root / "changed", "base");
        write_file(root / "deleted", "base");
        fs::create_directories(root / "replaced/inner");
        write_file(root / "replaced/old", "base");
        write_file(root / "becomes-directory", "base");
    });
    const Ids top = make_layer(driver, "top", base, [](const fs::path& root) {
        write_file(root / "changed", "top");
        fs::remove(root / "deleted");
        fs::remove_all(root / "replaced");
        fs::create_directory(root / "replaced");
        write_file(root / "replaced/new", "top");
        fs::remove(root / "becomes-directory");
        fs::create_directory(root / "becomes-directory");
    });
    ASSERT_EQ(driver.prepare("c", top), RTP_OK);
    for (const auto& [id, parents, mode] : {std::tuple(std::string("c"), top, +RTP_MOUNT_READ_WRITE),
                                            std::tuple(std::string("top"), base, +RTP_MOUNT_READ_ONLY)}) {
        const Mounted view(driver, id, parents, mode);
        EXPECT_EQ(names_in(view.path()),
                  (std::vector<std::string>{"becomes-directory", "changed", "kept", "replaced"}));
        EXPECT_EQ(read_file(view / "kept"), "base");
        EXPECT_EQ(read_file(view / "changed"), "top");
        EXPECT_EQ(names_in(view / "replaced"), std::vector<std::string>{"new"});
        EXPECT_TRUE(fs::is_directory(view / "becomes-directory"));
    }
}

TEST_P(ContentLaws, WhatASnapshotWritesItsParentsAndSiblingsDoNotSee) {
    const Ids base = make_layer(driver, "base", {}, [](const fs::path& root) {
        write_file(root / "file", "base");
        write_file(root / "linked", "base");
        fs::create_hard_link(root / "linked", root / "link");
    });
    ASSERT_EQ(driver.prepare("one", base), RTP_OK);
    ASSERT_EQ(driver.prepare("two", base), RTP_OK);
    {
        const Mounted one(driver, "one", base);
        write_file(one / "file", "one");
        write_file(one / "linked", "one");
        EXPECT_EQ(::chmod(one.path().c_str(), 0700), 0);
    }
    const Mounted two(driver, "two", base);
    const Mounted parent(driver, "base", {}, RTP_MOUNT_READ_ONLY);
    for (const fs::path& root : {two.path(), parent.path()}) {
        EXPECT_EQ(read_file(root / "file"), "base");
        EXPECT_EQ(read_file(root / "linked"), "base");
        EXPECT_EQ(status_of(root).st_mode, S_IFDIR | 0755U);
    }
}

TEST_P(ContentLaws, AWrittenSnapshotIsThereAgainWhenMountedAgain) {
    const Ids base = make_layer(driver, "base", {}, [](const fs::path& root) { write_file(root / "a", ""); });
    ASSERT_EQ(driver.prepare("c", base), RTP_OK);
    for (const char* text : {"first", "second", "third"}) {
        const Mounted mounted(driver, "c", base);
        EXPECT_EQ(fs::exists(mounted / "file"), std::string("first") != text);
        write_file(mounted / "file", text);
    }
    EXPECT_EQ(read_file(Mounted(driver, "c", base, RTP_MOUNT_READ_ONLY) / "file"), "third");
}

TEST_P(ContentLaws, EveryKindOfFileComesThroughUnchanged) {
    const Ids base = make_layer(driver, "base", {}, write_one_of_each);
    expect_one_of_each(Mounted(driver, "base", {}, RTP_MOUNT_READ_ONLY).path());
    const Ids top =
        make_layer(driver, "top", base, [](const fs::path& root) { write_file(root / "new", ""); });
    ASSERT_EQ(driver.prepare("c", top), RTP_OK) << driver.error().message;
    expect_one_of_each(Mounted(driver, "c", top).path());
}

TEST_P(ContentLaws, SixtyLayersStack) {
    Ids chain;
    for (int number = 0; number < 60; ++number)
        chain = make_layer(driver, "layer" + std::to_string(number), chain, [&](const fs::path& root) {
            write_file(root / ("file" + std::to_string(number)), "");
            write_file(root / "last", std::to_string(number));
        });
    ASSERT_EQ(driver.prepare("c", chain), RTP_OK) << driver.error().message;
    const Mounted mounted(driver, "c", chain);
    EXPECT_EQ(names_in(mounted.path()).size(), 61U);
    EXPECT_EQ(read_file(mounted / "last"), "59");
}

TEST_P(ContentLaws, LayersUnpackedWithoutTheirParentsAreUsedOnTopOfThem) {
    if (!driver.takes_overlay_layers()) return; // promises nothing here
    const Ids base = make_layer(driver, "base", {}, [](const fs::path& root) {
        write_file(root / "deleted", "");
        write_file(root / "kept", "");
        fs::create_directory(root / "replaced");
        write_file(root / "replaced/old", "");
    });
    make_layer(driver, "top", {}, [](const fs::path& root) {
        make_whiteout(root / "deleted");
        make_opaque(root / "replaced");
        write_file(root / "replaced/new", "");
    });
    const Ids chain{"top", "base"};
    ASSERT_EQ(driver.prepare("c", chain), RTP_OK);
    const Mounted mounted(driver, "c", chain);
    EXPECT_EQ(names_in(mounted.path()), (std::vector<std::string>{"kept", "replaced"}));
    EXPECT_EQ(names_in(mounted / "replaced"), std::vector<std::string>{"new"});
    EXPECT_EQ(names_in(Mounted(driver, "top", base, RTP_MOUNT_READ_ONLY).path()),
              (std::vector<std::string>{"kept", "replaced"}));
}

TEST_P(ContentLaws, ALayerMayComeTwiceInAChain) {
    if (!driver.takes_overlay_layers()) return; // layers belong to their parents
    make_layer(driver, "a", {}, [](const fs::path& root) { write_file(root / "file", "a"); });
    make_layer(driver, "b", {}, [](const fs::path& root) { make_whiteout(root / "file"); });
    const Ids chain{"a", "b", "a"};
    ASSERT_EQ(driver.prepare("c", chain), RTP_OK);
    EXPECT_EQ(read_file(Mounted(driver, "c", chain) / "file"), "a");
}

TEST_P(ContentLaws, ATreeDeeperThanADescriptorTableIsCopiedCountedAndRemoved) {
    // Paths stay below PATH_MAX for one-letter names, for those who clean up after a failure.
    static constexpr int kDepth = 1500;
    const FewDescriptors few;
    const Ids base = make_layer(driver, "base", {},
                                [](const fs::path& root) { ASSERT_EQ(descend(root, kDepth, true), kDepth); });
    EXPECT_EQ(driver.prepare("c", base), RTP_OK) << driver.error().message;
    EXPECT_EQ(descend(Mounted(driver, "c", base).path(), kDepth + 1, false), kDepth);
    sdk::Usage usage;
    EXPECT_EQ(driver.usage("base", usage), RTP_OK) << driver.error().message;
    EXPECT_EQ(usage.inodes, kDepth + 1U);
    for (const char* id : {"c", "base"}) EXPECT_EQ(driver.remove(id), RTP_OK) << driver.error().message;
    EXPECT_TRUE(driver.list().empty());
}

} // namespace rt::test
