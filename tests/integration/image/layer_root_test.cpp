// SPDX-License-Identifier: Apache-2.0
// The rules by which a layer is applied, on real directories, in both forms; and archives that want to do
// harm.
#include "core/image/content_store.hpp"
#include "core/image/image_module.hpp"
#include "core/image/snapshot_view.hpp"
#include "integration/image/tar_builder.hpp"
#include "integration/image/tree_listing.hpp"
#include "support/temp_dir.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/mount.h>
#include <sys/statfs.h>

namespace rt {
namespace {

namespace fs = std::filesystem;
using Form = LayerTarget::Form;
using test::TarBuilder;
using testing::HasSubstr;
using testing::Not;

class Layer : public testing::Test {
protected:
    Layer()
        : module_(load_image_module().value()), store_(ContentStore::open(directory_ / "state").value()) {}

    Result<LayerOutcome> apply(const std::string& tar, int root, Form form, bool is_base,
                               std::string diff_id = {}) {
        LayerRequest request;
        request.blob.digest = module_->store_blob(store_, tar).value();
        request.diff_id = std::move(diff_id);
        request.target = LayerTarget{root, form, is_base};
        return module_->take_layer(store_, request, Cancellation{});
    }
    Result<LayerOutcome> apply(const std::string& tar, const fs::path& root, Form form = Form::plain,
                               bool is_base = true) {
        fs::create_directories(root);
        const UniqueFd fd = open_file(root, O_RDONLY | O_DIRECTORY).value();
        return apply(tar, fd.get(), form, is_base);
    }
    Result<LayerOutcome> apply_base(const TarBuilder& tar) { return apply(tar.bytes(), directory_ / "tree"); }
    [[nodiscard]] fs::path tree(const std::string& path = {}) const {
        return path.empty() ? directory_ / "tree" : directory_ / "tree" / path;
    }

    test::TempDir directory_;
    ImageModule* module_;
    ContentStore store_;
};

TEST_F(Layer, HasFilesLinksDevicesAndTheirAttributes) {
    const auto outcome =
        apply_base(TarBuilder()
                       .directory("./", 0711)
                       .directory("etc/", 02750)
                       .file("etc/passwd", "root", 0600)
                       .add({.name = "bin/su", .content = "elf", .mode = 04755, .uid = 3'000'000, .gid = 7})
                       .hard_link("bin/su2", "bin/su")
                       .symlink("lib", "/usr/lib")
                       .add({.name = "null", .type = '3', .mode = 0666, .major = 1, .minor = 3})
                       .add({.name = "pipe", .type = '6', .mode = 0600}));
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_TRUE(outcome->has_root_entry);
    struct stat status{};
    ASSERT_EQ(::lstat(tree("bin/su").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode, static_cast<mode_t>(S_IFREG | 04755));
    EXPECT_EQ(status.st_uid, 3'000'000U);
    EXPECT_EQ(status.st_nlink, 2U);
    EXPECT_EQ(status.st_mtim.tv_sec, 1'000'000'000);
    ASSERT_EQ(::lstat(tree("etc/passwd").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode, static_cast<mode_t>(S_IFREG | 0600));
    ASSERT_EQ(::lstat(tree("etc").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode, static_cast<mode_t>(S_IFDIR | 02750));
    EXPECT_EQ(status.st_mtim.tv_sec, 1'000'000'000);
    ASSERT_EQ(::lstat(tree("null").c_str(), &status), 0);
    EXPECT_EQ(status.st_rdev, 0x103U);
    ASSERT_EQ(::lstat(tree().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0711U);
    EXPECT_EQ(fs::read_symlink(tree("lib")), "/usr/lib");
}

TEST_F(Layer, HasTheOwnersThatPaxGives) {
    ASSERT_TRUE(apply_base(TarBuilder().add({.name = "f", .uid = 4'000'000'000, .gid = 2'097'153})));
    struct stat status{};
    ASSERT_EQ(::lstat(tree("f").c_str(), &status), 0);
    EXPECT_EQ(status.st_uid, 4'000'000'000U);
    EXPECT_EQ(status.st_gid, 2'097'153U);
}

TEST_F(Layer, RefusesAnOwnerThatLinuxDoesNotHave) {
    EXPECT_EQ(apply_base(TarBuilder().add({.name = "f", .uid = 4'294'967'295})).error().code, Code::corrupt);
}

TEST_F(Layer, HasNamesAsLongAsLinuxAllows) {
    std::string name = "d";
    for (int i = 0; i < 15; ++i) name += "/" + std::string(250, static_cast<char>('a' + i));
    ASSERT_TRUE(apply_base(TarBuilder().file(name, "deep")));
    std::size_t files = 0;
    const UniqueFd root = open_file(tree(), O_RDONLY | O_DIRECTORY).value();
    UniqueFd file(::openat(root.get(), name.c_str(), O_RDONLY | O_CLOEXEC));
    files += file ? 1 : 0;
    EXPECT_EQ(files, 1U);
}

TEST_F(Layer, RefusesNamesThatAreLonger) {
    EXPECT_EQ(apply_base(TarBuilder().file(std::string(256, 'a'))).error().code, Code::corrupt);
    std::string path;
    while (path.size() < 5000) path += "0123456789/";
    EXPECT_EQ(apply_base(TarBuilder().file(path + "f")).error().code, Code::corrupt);
}

TEST_F(Layer, KeepsNamesThatAreNotUtf8) {
    ASSERT_TRUE(apply_base(
        TarBuilder().file("a\xff\xfe").add({.name = "b", .pax = {{"path", "gr\xc3\xbc\xc3\x9f"}}})));
    EXPECT_TRUE(fs::exists(tree("a\xff\xfe")));
    EXPECT_TRUE(fs::exists(tree("gr\xc3\xbc\xc3\x9f")));
}

TEST_F(Layer, HasSparseFilesWithTheirHoles) {
    // GNU's format 1.0 in pax: the map of data stands before the data.
    std::string content = "1\n1048576\n5\n";
    content.resize(512, '\0');
    content += "hello";
    ASSERT_TRUE(apply_base(TarBuilder().add({.name = "GNUSparseFile.0/f",
                                             .content = content,
                                             .pax = {{"GNU.sparse.major", "1"},
                                                     {"GNU.sparse.minor", "0"},
                                                     {"GNU.sparse.name", "f"},
                                                     {"GNU.sparse.realsize", "2097152"}}})));
    struct stat status{};
    ASSERT_EQ(::lstat(tree("f").c_str(), &status), 0);
    EXPECT_EQ(status.st_size, 2'097'152);
    EXPECT_LT(status.st_blocks * 512, 1'048'576);
    std::ifstream file(tree("f"), std::ios::binary);
    file.seekg(1'048'576);
    std::string text(5, ' ');
    file.read(text.data(), 5);
    EXPECT_EQ(text, "hello");
}

TEST_F(Layer, HasExtendedAttributesButNotThoseOfTheOverlay) {
    const std::string capability("\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
    const auto outcome =
        apply_base(TarBuilder().add({.name = "ping",
                                     .uid = 5,
                                     .pax = {{"SCHILY.xattr.security.capability", capability},
                                             {"SCHILY.xattr.user.note", "hi"},
                                             {"SCHILY.xattr.trusted.overlay.opaque", "y"},
                                             {"SCHILY.xattr.trusted.overlay.redirect", "/etc"}}}));
    ASSERT_TRUE(outcome) << outcome.error().message;
    const std::string attributes = test::attributes_of(tree("ping").native());
    EXPECT_THAT(attributes, HasSubstr("security.capability="));
    EXPECT_THAT(attributes, HasSubstr("user.note=hi"));
    EXPECT_THAT(attributes, Not(HasSubstr("overlay")));
    EXPECT_EQ(outcome->warnings.size(), 2U);
}

TEST_F(Layer, LeavesOutADeviceThatWouldBeAWhiteout) {
    const auto outcome = apply_base(TarBuilder().add({.name = "x", .type = '3'}).file("y"));
    ASSERT_TRUE(outcome);
    EXPECT_FALSE(fs::exists(fs::symlink_status(tree("x"))));
    EXPECT_EQ(outcome->warnings.size(), 1U);
}

TEST_F(Layer, DoesNotMindWhatComesLaterInItsPlace) {
    ASSERT_TRUE(apply_base(TarBuilder()
                               .file("a", "1")
                               .file("a", "2")
                               .directory("b")
                               .file("b/c")
                               .file("b", "now a file")
                               .file("d")
                               .directory("d")
                               .file("d/e")
                               .hard_link("a", "a")));
    EXPECT_EQ(test::read_file(tree("a")), "2");
    EXPECT_EQ(test::read_file(tree("b")), "now a file");
    EXPECT_TRUE(fs::exists(tree("d/e")));
}

// ---- harm ----

struct Attack {
    const char* name;
    TarBuilder tar;
    bool refused;
};

std::vector<Attack> attacks(const std::string& outside) {
    return {
        {"dots in front", TarBuilder().file("../escaped"), true},
        {"dots inside", TarBuilder().directory("a").file("a/../../escaped"), true},
        {"an absolute name", TarBuilder().file(outside + "/escaped"), false},
        {"through an absolute symlink", TarBuilder().symlink("a", outside).file("a/escaped"), true},
        {"through a relative symlink",
         TarBuilder().symlink("a", "../../../../../../" + outside).file("a/escaped"), true},
        {"through a chain of symlinks",
         TarBuilder().symlink("a", "..").symlink("b", "a/..").file("b/escaped"), false},
        {"a hard link to outside", TarBuilder().hard_link("a", outside + "/victim").file("a", "changed"),
         true},
        {"a hard link with dots", TarBuilder().hard_link("a", "../victim"), true},
        {"a hard link through a symlink", TarBuilder().symlink("s", outside).hard_link("a", "s/victim"),
         true},
        {"a directory swapped for a symlink",
         TarBuilder().directory("a").file("a/b").symlink("a", outside).file("a/escaped"), true},
        {"a directory entry over a symlink",
         TarBuilder().symlink("a", outside).directory("a").file("a/escaped"), false},
        {"a file over a symlink to a file",
         TarBuilder().symlink("a", outside + "/victim").file("a", "changed"), false},
        {"a whiteout of the directory above", TarBuilder().file(".wh..."), true},
        {"a whiteout of nothing", TarBuilder().file("a/.wh."), true},
        {"a hard link to a directory", TarBuilder().directory("a").hard_link("b", "a"), true},
        {"a root that is a symlink", TarBuilder().symlink("./", outside).file("escaped"), true},
    };
}

TEST_F(Layer, NeverWritesOutsideItsRoot) {
    const fs::path outside = directory_ / "outside";
    for (const auto& [form, is_base] : {std::pair(Form::plain, true), std::pair(Form::plain, false),
                                        std::pair(Form::overlay, true), std::pair(Form::overlay, false)})
        for (const Attack& attack : attacks(outside.native())) {
            SCOPED_TRACE(cat(attack.name, is_base ? ", base" : ", not base"));
            fs::remove_all(directory_ / "jail");
            fs::remove_all(outside);
            fs::create_directories(outside);
            test::write_file(outside / "victim", "untouched");
            const auto outcome = apply(attack.tar.bytes(), directory_ / "jail" / "tree", form, is_base);
            if (attack.refused && is_base) {
                EXPECT_FALSE(outcome.has_value());
            }
            EXPECT_EQ(test::read_file(outside / "victim"), "untouched");
            EXPECT_EQ(fs::hard_link_count(outside / "victim"), 1U);
            EXPECT_EQ(std::distance(fs::directory_iterator(outside), {}), 1);
            EXPECT_EQ(std::distance(fs::directory_iterator(directory_ / "jail"), {}), 1);
        }
}

TEST_F(Layer, RefusesAnArchiveThatEndsTooEarly) {
    const std::string whole = TarBuilder().file("a", std::string(100'000, 'x')).bytes();
    EXPECT_EQ(apply(whole.substr(0, 50'000), tree()).error().code, Code::corrupt);
    EXPECT_EQ(apply(whole.substr(0, 700), tree()).error().code, Code::corrupt);
    EXPECT_EQ(apply("this is no tar archive", tree()).error().code, Code::corrupt);
}

TEST_F(Layer, RefusesADiffIdThatIsAnother) {
    fs::create_directories(tree());
    const UniqueFd root = open_file(tree(), O_RDONLY | O_DIRECTORY).value();
    const std::string tar = TarBuilder().file("a").bytes();
    EXPECT_EQ(apply(tar, root.get(), Form::plain, true, module_->sha256("something else")).error().code,
              Code::corrupt);
    EXPECT_TRUE(apply(tar, root.get(), Form::plain, true, module_->sha256(tar)));
}

TEST_F(Layer, SaysThatTheDiskIsFull) {
    fs::create_directories(tree());
    ASSERT_EQ(::mount("tmpfs", tree().c_str(), "tmpfs", 0, "size=256k"), 0);
    const auto outcome = apply(TarBuilder().file("big", std::string(1 << 20, 'x')).bytes(), tree());
    ::umount2(tree().c_str(), MNT_DETACH);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, Code::resource_exhausted);
    EXPECT_EQ(outcome.error().sys_errno, ENOSPC);
}

// ---- layers on layers: the plain and the overlay form come to the same ----

struct Stack {
    const char* name;
    TarBuilder upper;
};

TarBuilder lower_layer() {
    return TarBuilder()
        .directory("./")
        .directory("a", 0700)
        .file("a/one", "1")
        .file("a/two", "2")
        .directory("a/sub")
        .file("a/sub/three", "3")
        .file("f", "f")
        .symlink("link", "a")
        .directory("b")
        .file("b/four")
        .add({.name = "noted", .type = '5', .mode = 0755, .pax = {{"SCHILY.xattr.user.old", "1"}}});
}

std::vector<Stack> stacks() {
    return {
        {"a file removed", TarBuilder().directory("a").file("a/.wh.one")},
        {"a directory removed", TarBuilder().file(".wh.a")},
        {"a directory removed and made anew", TarBuilder().file(".wh.a").directory("a").file("a/new")},
        {"made anew before it is removed", TarBuilder().directory("a").file("a/new").file(".wh.a")},
        {"opaque", TarBuilder().directory("a").file("a/.wh..wh..opq").file("a/new")},
        {"opaque after its siblings",
         TarBuilder().directory("a").directory("a/sub").file("a/sub/new").file("a/.wh..wh..opq")},
        {"the root opaque", TarBuilder().file("new").file(".wh..wh..opq")},
        {"a file in a directory that is not in the layer", TarBuilder().file("a/new")},
        {"a whiteout in a directory that is not in the layer", TarBuilder().file("a/.wh.one")},
        {"a file below a directory that was removed", TarBuilder().file(".wh.a").file("a/new")},
        {"through a symlink below", TarBuilder().file("link/new")},
        {"a symlink replaced by a directory", TarBuilder().directory("link").file("link/new")},
        {"a directory replaced by a file", TarBuilder().file("a", "file")},
        {"a directory replaced by a symlink", TarBuilder().symlink("a", "b").file("a/new")},
        {"a hard link to what is below", TarBuilder().hard_link("g", "f")},
        {"a hard link inside the layer", TarBuilder().file("h", "h").hard_link("i", "h")},
        {"attributes of a directory replaced", TarBuilder().add({.name = "noted",
                                                                 .type = '5',
                                                                 .mode = 0711,
                                                                 .uid = 9,
                                                                 .pax = {{"SCHILY.xattr.user.new", "2"}}})},
        {"attributes of the root replaced", TarBuilder().directory("./", 0700)},
        {"a whiteout of what is not there",
         TarBuilder().file(".wh.nothing").directory("b").file("b/.wh.nor")},
        {"the leftovers of aufs",
         TarBuilder().directory(".wh..wh.plnk").file(".wh..wh.plnk/1.2").file(".wh..wh.aufs")},
    };
}

class StackedLayers : public Layer {
protected:
    // As the engine does it for a driver that takes overlay layers.
    Result<std::vector<std::string>> overlay_tree(const std::string& upper) {
        const fs::path low = directory_ / "low";
        fs::path high = directory_ / "high";
        RT_TRY(apply(lower_layer().bytes(), low, Form::overlay, true));
        RT_TRY_ASSIGN(const LayerOutcome outcome, apply(upper, high, Form::overlay, false));
        if (!outcome.unpacked) {
            fs::remove_all(high);
            fs::create_directories(high);
            fs::create_directories(directory_ / "work");
            inherit(low, high); // as prepare() of the driver does
            const Mount mount{"overlay",
                              "overlay",
                              "",
                              {cat("lowerdir=", low.native()), cat("upperdir=", high.native()),
                               cat("workdir=", (directory_ / "work").native())}};
            RT_TRY_ASSIGN(const UniqueFd root, open_snapshot({mount}, "redo"));
            RT_TRY(apply(upper, root.get(), Form::plain, false));
        } else if (!outcome.has_root_entry) {
            inherit(low, high);
        }
        const fs::path merged = directory_ / "merged";
        fs::create_directories(merged);
        const std::string options = cat("lowerdir=", high.native(), ":", low.native());
        if (::mount("overlay", merged.c_str(), "overlay", MS_RDONLY, options.c_str()) != 0)
            return fail_errno(errno, "mount");
        auto listing = test::list_tree(merged);
        ::umount2(merged.c_str(), MNT_DETACH);
        return listing;
    }
    Result<std::vector<std::string>> plain_tree(const std::string& upper) {
        RT_TRY(apply(lower_layer().bytes(), tree(), Form::plain, true));
        RT_TRY(apply(upper, tree(), Form::plain, false));
        return test::list_tree(tree());
    }
    static void inherit(const fs::path& from, const fs::path& to) {
        struct stat status{};
        ::lstat(from.c_str(), &status);
        ::chmod(to.c_str(), status.st_mode & 07777);
    }
    // Times of directories that changed without being in the layer are not the image's.
    static std::vector<std::string> without_directory_times(std::vector<std::string> lines) {
        for (std::string& line : lines) {
            std::istringstream words(line);
            std::string name, mode, owner, time;
            words >> name >> mode >> owner >> time;
            if (mode.size() == 5 && mode[0] == '4')
                line = cat(name, " ", mode, " ", owner, line.substr(line.find(time) + time.size()));
        }
        return lines;
    }
};

TEST_F(StackedLayers, ComeToTheSameInBothForms) {
    for (const Stack& stack : stacks()) {
        SCOPED_TRACE(stack.name);
        for (const char* name : {"tree", "low", "high", "work", "merged"}) fs::remove_all(directory_ / name);
        const auto plain = plain_tree(stack.upper.bytes());
        const auto overlay = overlay_tree(stack.upper.bytes());
        ASSERT_TRUE(plain) << plain.error().message;
        ASSERT_TRUE(overlay) << overlay.error().message;
        EXPECT_EQ(without_directory_times(*plain), without_directory_times(*overlay));
        for (const std::string& line : *overlay) EXPECT_FALSE(line.find(".wh.") != std::string::npos) << line;
    }
}

TEST_F(StackedLayers, HideWhatIsBelowAsTheSpecificationSays) {
    ASSERT_TRUE(plain_tree(TarBuilder()
                               .file(".wh.f")
                               .directory("a")
                               .directory("a/sub")
                               .file("a/sub/new")
                               .file("a/.wh..wh..opq")
                               .bytes()));
    EXPECT_FALSE(fs::exists(tree("f")));
    EXPECT_FALSE(fs::exists(tree("a/one")));
    EXPECT_FALSE(fs::exists(tree("a/sub/three")));
    EXPECT_TRUE(fs::exists(tree("a/sub/new")));
    EXPECT_TRUE(fs::exists(tree("b/four")));
}

} // namespace
} // namespace rt
